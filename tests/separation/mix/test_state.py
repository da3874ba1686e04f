from __future__ import annotations

import math

import pytest

from separation.mix.state import MINUS_INFINITY, MixState, Strip, audible, gain

NAMES = ("vocals", "drums", "bass")
STATE = MixState(tuple((name, Strip()) for name in NAMES))


def test_an_unknown_stem_is_untouched_and_audible() -> None:
    assert MixState().strip("vocals") == Strip()
    assert audible(MixState(), "vocals")


def test_a_strip_keeps_its_place_and_the_old_state_stays_as_it_was() -> None:
    louder = STATE.with_strip("drums", Strip(gain_db=3.0))
    assert louder.names == NAMES
    assert louder.strip("drums").gain_db == 3.0
    assert STATE.strip("drums").gain_db == 0.0
    assert louder.with_strip("piano", Strip()).names == (*NAMES, "piano")


def test_solos_add_up_and_mute_wins() -> None:
    two = STATE.with_strip("vocals", Strip(solo=True)).with_strip("drums", Strip(solo=True))
    assert [audible(two, name) for name in NAMES] == [True, True, False]
    muted = two.with_strip("drums", Strip(solo=True, mute=True))
    assert [audible(muted, name) for name in NAMES] == [True, False, False]


def test_when_stems_change_only_their_own_strips_stay() -> None:
    state = STATE.with_strip("bass", Strip(solo=True)).only(("vocals", "other"))
    assert state.names == ("vocals", "other")
    assert audible(state, "other")


@pytest.mark.parametrize(("db", "linear"), [(0.0, 1.0), (MINUS_INFINITY, 0.0)])
def test_the_ends_of_a_fader_are_exact(db: float, linear: float) -> None:
    assert gain(db) == linear


def test_twenty_decibels_are_ten_times() -> None:
    assert math.isclose(gain(20.0), 10.0)
    assert math.isclose(gain(-6.0) * gain(6.0), 1.0)
