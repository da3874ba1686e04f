"""What mixer and transport hang on: a real document with a separated song, and a player that only counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.document import Document
from separation.project.project import Project, Separation, Source

STEMS = ("vocals", "drums", "bass", "other")
SONG = Source("song.flac", "", 48000, 2, 48000 * 248)
RUN = Separation("hybrid", (), STEMS, "other", STEMS, residual_db=-140.0)


class Player:
    """Plays nothing, but can say where it is and how loud."""

    def __init__(self) -> None:
        self.playing, self.position, self.original = False, 47.0, False
        self.peaks: dict[str, object] = {}

    def levels(self) -> dict[str, object]:
        return self.peaks

    def toggle(self) -> None:
        self.playing = not self.playing

    def seek(self, seconds: float) -> None:
        self.position = seconds

    def set_original(self, on: bool) -> None:
        self.original = on


class Desk(QObject):
    """The part of a session that mixer and transport see."""

    state_changed = Signal(str)
    stems_ready = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.document = Document(self)
        self.player = Player()
        self.state = "separated"
        self.document.reset(Project(source=SONG, separation=RUN))

    def stem_arrays(self) -> dict[str, object]:
        return dict.fromkeys(STEMS)


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    theme.install(qapp)
    made = Desk()
    yield made
    made.deleteLater()
