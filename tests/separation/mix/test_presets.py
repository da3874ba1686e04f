"""Presets say who is heard, whatever the stems are called, or say in a sentence why they cannot."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from separation.errors import ParameterError
from separation.mix import presets
from separation.mix.render import render
from separation.mix.state import MixState, Strip, audible
from tests.songs import NAMES, Song

KIT = ("kick", "snare", "hihat", "rest")


def desk(*names: str) -> MixState:
    return MixState(tuple((name, Strip()) for name in names))


def heard(state: MixState) -> tuple[str, ...]:
    return tuple(name for name in state.names if audible(state, name))


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("karaoke", NAMES, ("drums", "bass", "other")),
        ("karaoke", ("vocals", "accompaniment"), ("accompaniment",)),
        ("karaoke", ("Voice", "guitar"), ("guitar",)),
        ("karaoke", ("lead vocals", "backing vocals", "band"), ("band",)),
        ("acapella", NAMES, ("vocals",)),
        ("acapella", ("vocals", "accompaniment"), ("vocals",)),
        ("drums", NAMES, ("drums",)),
        ("drums", ("harmonic", "percussive", "residual"), ("percussive",)),
        ("drums", KIT, ("kick", "snare", "hihat")),
        ("practice:bass", NAMES, ("vocals", "drums", "other")),
        ("practice: bass", NAMES, ("vocals", "drums", "other")),
        ("practice:drums", KIT, ("rest",)),
        ("practice:snare", KIT, ("kick", "hihat", "rest")),
        ("practice:accompaniment", NAMES, ("vocals",)),
        ("practice:source 2", ("source 1", "source 2"), ("source 1",)),
        ("minus-one:bass", NAMES, NAMES),
    ],
)
def test_who_is_heard(text: str, names: tuple[str, ...], left: tuple[str, ...]) -> None:
    assert heard(presets.preset(desk(*names), text)) == left
    assert presets.why_not(desk(*names), text) == ""


def test_the_guide_is_quiet_and_the_others_stay() -> None:
    mixed = presets.minus_one(desk(*NAMES).with_strip("drums", Strip(gain_db=-2.0)), "bass")
    assert [mixed.strip(name).gain_db for name in NAMES] == [0.0, -2.0, -18.0, 0.0]
    kit = presets.minus_one(desk(*KIT), "drums")
    assert [kit.strip(name).gain_db for name in KIT] == [-18.0, -18.0, -18.0, 0.0]


def test_faders_and_pans_stay_and_solos_and_old_mutes_end() -> None:
    state = desk(*NAMES).with_strip("drums", Strip(-3.0, 0.5, True, False, 1.4, True))
    state = replace(state.with_strip("vocals", Strip(solo=True)), master_db=-2.0, pan_law="linear")
    mixed = presets.karaoke(state)
    assert mixed.strip("drums") == Strip(-3.0, 0.5, False, False, 1.4, True)
    assert (mixed.master_db, mixed.pan_law) == (-2.0, "linear")
    assert heard(mixed) == ("drums", "bass", "other")


def test_one_preset_after_another_is_as_if_it_were_the_first() -> None:
    start = desk(*NAMES)
    every = ["karaoke", "acapella", "drums", "practice:bass", "minus-one:other", "minus-one:drums"]
    for first in every:
        for second in every:
            assert presets.preset(presets.preset(start, first), second) == presets.preset(start, second)
    silent = start.with_strip("vocals", Strip(gain_db=-math.inf))
    assert presets.acapella(silent).strip("vocals").gain_db == 0.0


@pytest.mark.parametrize(
    ("text", "names", "advice"),
    [
        ("karaoke", ("harmonic", "percussive"), "Karaoke needs a stem “vocals”; here are harmonic, percussive"),
        ("acapella", KIT, "“vocals”"),
        ("drums", ("vocals", "accompaniment"), "“drums”; here are vocals, accompaniment"),
        ("practice:bass", ("vocals", "accompaniment"), "“bass”"),
        ("practice:accompaniment", KIT, "“accompaniment”"),
        ("karaoke", ("vocals",), "more than that"),
        ("minus-one:vocals", ("vocals",), "more than that"),
        ("practice", NAMES, "practice:vocals"),
        ("practice:", NAMES, "practice:vocals"),
        ("karaoke:bass", NAMES, "takes no stem"),
        ("opera", NAMES, "karaoke, acapella, drums, practice:STEM, minus-one:STEM"),
        ("karaoke", (), "there are no stems"),
        ("practice", (), "name of a stem"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(text: str, names: tuple[str, ...], advice: str) -> None:
    with pytest.raises(ParameterError) as told:
        presets.preset(desk(*names), text)
    assert advice in str(told.value) and str(told.value).endswith(".")
    assert presets.why_not(desk(*names), text) == str(told.value)


def test_karaoke_takes_the_voice_out_of_the_sound_exactly(short_song: Song) -> None:
    x, stems = short_song.mixture.samples, [short_song.stems[name].samples for name in NAMES]
    assert np.array_equal(render(x, stems, presets.karaoke(desk(*NAMES))), x - stems[0])
    assert np.array_equal(render(x, stems, presets.acapella(desk(*NAMES))), stems[0])
