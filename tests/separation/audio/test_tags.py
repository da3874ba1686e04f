from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation.audio import tags
from separation.audio.reading import load, probe
from separation.audio.signal import Audio
from separation.audio.writing import FORMATS, Writer, save

TAGS = {
    "title": "Ünï – title", "artist": "Someone", "album": "A, B", "albumartist": "All", "date": "2013", "genre": "Jazz",
    "tracknumber": "3/9", "composer": "C", "isrc": "USRC17607839", "bpm": "120", "comment": "hello", "copyright": "©",
}  # fmt: skip
COVER = tags.Cover(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "image/png")
SOUND = np.zeros((2, 2000), np.float32)


@pytest.mark.parametrize("format", list(FORMATS))
def test_tags_and_cover_come_back_from_every_format(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{FORMATS[format].extension}"
    with Writer(path, sample_rate=48000, channels=2, tags={**TAGS, "unknown": "left out"}, cover=COVER) as file:
        file.write(SOUND)
    info = probe(path)
    assert (dict(info.tags), info.cover, info.title, info.artist) == (TAGS, COVER, TAGS["title"], TAGS["artist"])
    assert load(path).frames == 2000


def test_a_sound_loaded_and_saved_keeps_its_tags(tmp_path: Path) -> None:
    save(tmp_path / "a.mp3", Audio(SOUND, 44100, tags=TAGS))
    save(tmp_path / "b.flac", load(tmp_path / "a.mp3"))
    assert probe(tmp_path / "b.flac").tags == TAGS


def test_files_without_tags_have_none(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", Audio(SOUND, 44100))
    assert tags.read(tmp_path / "a.wav") == ({}, None)
    (tmp_path / "b.flac").write_bytes(b"no sound at all")
    assert tags.read(tmp_path / "b.flac") == ({}, None)


def test_other_names_for_the_same_thing() -> None:
    found = tags.plain(
        {"TITLE": "t", "album_artist": "a", "Year": "1999", "track": "4", "major_brand": "M4A", "date": ""}
    )
    assert found == {"title": "t", "albumartist": "a", "date": "1999", "tracknumber": "4"}
