"""Garbage is collected in the window's thread only, while a player is open."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.player import Player


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    gc.unfreeze()
    made = Player()
    yield made
    made.close()
    gc.unfreeze()


class Cycle:
    """Garbage that only collecting finds; says in which thread it went."""

    def __init__(self, gone: list[str]) -> None:
        self.me = self
        weakref.finalize(self, lambda: gone.append(threading.current_thread().name))


def test_a_busy_thread_collects_nothing_and_the_window_does(player: Player, qtbot: QtBot) -> None:
    gone: list[str] = []
    kept: list[list[object]] = []
    Cycle(gone)
    thread = threading.Thread(target=lambda: kept.extend([object()] for _ in range(100_000)))
    thread.start()
    thread.join()
    assert not gone
    qtbot.waitUntil(lambda: bool(gone), timeout=10_000)
    assert gone == [threading.main_thread().name]


def test_the_first_play_settles_what_is_there(player: Player) -> None:
    player.load(np.zeros((100, 2), np.float32), 44100)
    player.play()
    assert gc.get_freeze_count() > 1000
    player.pause()


def test_python_collects_again_after_the_last_player(player: Player, qtbot: QtBot) -> None:
    second = Player()
    second.close()
    assert not gc.isenabled()
    player.close()
    assert gc.isenabled()
