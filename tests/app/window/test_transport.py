"""The transport with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.window.transport import Transport
from tests.app.mixer.conftest import Desk, desk

__all__ = ["desk"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transport(desk: Desk, qtbot: QtBot) -> Transport:
    shown = Transport(desk)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    shown.resize(1440, 60)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_play_and_start(transport: Transport, desk: Desk, qtbot: QtBot) -> None:
    QTest.mouseClick(transport.play, LEFT)
    assert desk.player.playing and transport.play.accessibleName() == "Pause"
    qtbot.waitUntil(lambda: transport.clock.text == "0:47.00", timeout=2000)
    QTest.mouseClick(transport.start, LEFT)
    assert desk.player.position == 0.0
    assert transport.clock.text == "0:00.00"
    desk.player.playing = False
    qtbot.waitUntil(lambda: transport.play.accessibleName() == "Play", timeout=2000)


def test_the_loop_goes_off_and_comes_back_where_it_was(transport: Transport, desk: Desk) -> None:
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop == (47.0, 51.0)
    assert transport.loop_range.text() == "0:47.00 – 0:51.00"
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop is None
    assert transport.loop_range.text() == "off"
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop == (47.0, 51.0)
    desk.document.undo()
    assert not transport.loop.isChecked()


def test_original_is_there_only_with_stems(transport: Transport, desk: Desk) -> None:
    transport.version.setFocus()
    QTest.keyClick(transport.version, Qt.Key.Key_Right)
    assert desk.player.original
    desk.state = "opened"
    desk.state_changed.emit("opened")
    assert not transport.version.isVisible()
    assert not desk.player.original
