from __future__ import annotations

import math

import pytest

from separation.catalogue import methods
from separation.errors import ParameterError
from separation.mix.speed import NATURAL, Speed, kind, semitones


@pytest.mark.parametrize(
    ("tempo", "key"), [(0.24, 0.0), (2.01, 0.0), (1.0, 12.1), (1.0, -13.0), (math.nan, 0.0), (1.0, math.nan)]
)
def test_a_speed_has_bounds(tempo: float, key: float) -> None:
    with pytest.raises(ParameterError):
        Speed(tempo, key)


def test_the_natural_speed() -> None:
    assert Speed() == NATURAL and NATURAL.natural
    assert not Speed(0.9).natural and not Speed(1.0, 0.01).natural


def test_drums_are_never_transposed() -> None:
    for name in ("drums", "Kick", "snare 2", "hihat", "Hi-Hat", "toms", "cymbals", "percussive", "drums_left"):
        assert kind(name) == "drums" and semitones(name, Speed(1.0, 3.0)) == 0
    for name in ("vocals", "Lead vocals", "voice"):
        assert kind(name) == "voice" and semitones(name, Speed(1.0, 3.0)) == 3
    for name in ("bass", "other", "harmonic", "conundrums", "source 1"):
        assert kind(name) == "tonal" and semitones(name, Speed(1.0, -0.12)) == -0.12
    assert semitones("bass", Speed(1.0, 3.0), ["bass"]) == 0


def test_stems_of_all_methods_have_a_kind() -> None:
    kinds = {name: kind(name) for method in methods() for name in method.stems}
    assert kinds["drums"] == kinds["percussive"] == "drums" and kinds["vocals"] == "voice" and kinds["bass"] == "tonal"
