"""What the tests of the session and its projects share: a short song as a file, a session, and waiting for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.session import Session
from tests.songs import Song


@pytest.fixture
def song_file(short_song: Song, tmp_path: Path) -> Path:
    path = tmp_path / "a song – é.wav"
    soundfile.write(path, short_song.mixture.samples.T, 44100, subtype="PCM_16")
    return path


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    yield made
    made.close()
