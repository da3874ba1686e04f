"""File names from templates, and the formats of the dialog against those of the engine."""

from __future__ import annotations

import pytest

from app.dialogs.formats import KINDS, keeps
from app.dialogs.names import MIX, STEMS, file_name
from separation.audio.writing import FORMATS

SONG = {"artist": "Björk", "title": "Jóga", "stem": "vocals", "method": "hybrid", "date": "2026-01-02", "number": "01"}


@pytest.mark.parametrize(
    ("template", "changed", "name"),
    [
        (STEMS, {}, "Björk - Jóga (vocals)"),
        (MIX, {}, "Björk - Jóga (remix)"),
        (STEMS, {"artist": ""}, "Jóga (vocals)"),
        (STEMS, {"title": ""}, "Björk - (vocals)"),
        ("{title} ({method})", {"method": ""}, "Jóga"),
        ("{number} {stem} {date}", {}, "01 vocals 2026-01-02"),
        ("{title}", {"title": "AC/DC: Live?"}, "AC_DC_ Live_"),
        ("{title}", {"title": "../../etc/passwd"}, "_.._etc_passwd"),
        ("{title}", {"title": "..."}, ""),
        ("{title}", {"title": "con"}, "_con"),
        ("{artist}{nobody}", {}, "Björk{nobody}"),
        ("{title}", {"title": "x" * 400}, "x" * 180),
        ("{artist} - {title}", {"artist": "{stem}"}, "{stem} - Jóga"),
    ],
)
def test_names(template: str, changed: dict[str, str], name: str) -> None:
    assert file_name(template, {**SONG, **changed}) == name


def test_the_formats_are_those_of_the_engine() -> None:
    assert {kind.id: (kind.ending, kind.depths) for kind in KINDS if not kind.of_stems} == {
        format.id: (format.extension, format.subtypes) for format in FORMATS.values()
    }


def test_when_sums_can_be_exact() -> None:
    assert keeps("PCM_16", "PCM_16") and keeps("PCM_24", "PCM_16") and keeps("PCM_24", "PCM_24")
    assert not keeps("PCM_16", "PCM_24") and not keeps("FLOAT", "PCM_16") and not keeps("PCM_24", "MPEG_LAYER_III")
