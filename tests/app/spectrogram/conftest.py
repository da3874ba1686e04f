"""What the song area hangs on: a real document and real pictures of a song and its stems, a player that only counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.document import Document
from app.spectrogram.area import SongArea
from separation.project.project import Project, Separation, Source
from separation.spectral.pyramid import Builder
from tests.songs import NAMES, Song

RATE = 44100


class Player:
    """Plays nothing, but says where it is."""

    def __init__(self) -> None:
        self.playing, self.position = False, 1.0

    def seek(self, seconds: float) -> None:
        self.position = seconds

    def toggle(self) -> None:
        self.playing = not self.playing


class Desk(QObject):
    """The part of a session that the song area sees."""

    state_changed = Signal(str)
    song_info = Signal(object)
    song_ready = Signal(int)
    stems_ready = Signal(int)

    def __init__(self, folder: Path, frames: int) -> None:
        super().__init__()
        self.document, self.player, self.state = Document(self), Player(), "separated"
        self.folder, self.names = folder, NAMES
        run = Separation("hybrid", (), NAMES, "other", NAMES)
        self.document.reset(Project(source=Source("song.wav", "", RATE, 2, frames), separation=run))

    def pyramid_paths(self) -> dict[str, Path]:
        return {name: self.folder / f"{name}.pyr" for name in ("mixture", *self.names)}

    def without_stems(self) -> None:
        self.names, self.state = (), "opened"
        self.document.reset(replace(self.document.project, separation=None))
        self.state_changed.emit("opened")


@pytest.fixture(scope="session")
def pictures(song: Song, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures of the synthetic song."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, audio in {"mixture": song.mixture, **song.stems}.items():
        builder = Builder(folder / f"{name}.pyr", sample_rate=RATE, frames=audio.frames, channels=2, threads=1)
        builder.feed(np.ascontiguousarray(audio.samples.T))
        builder.close()
    return folder


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, pictures: Path, song: Song) -> Iterator[Desk]:
    theme.install(qapp)
    theme.set_mode("dark")
    made = Desk(pictures, song.mixture.frames)
    yield made
    made.deleteLater()
    theme.set_mode("system")


@pytest.fixture
def area(desk: Desk, qtbot: QtBot) -> SongArea:
    shown = SongArea(desk)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    shown.resize(1127, 540)
    shown.show()
    qtbot.waitExposed(shown)
    qtbot.waitUntil(lambda: shown.view.settled, timeout=5000)
    return shown
