"""Pan and width are matrices with the physics they are named after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from separation.errors import ParameterError
from separation.mix.panning import panned, widened
from separation.mix.render import matrices, render
from separation.mix.state import PAN_LAWS, MixState, Strip
from tests.songs import NAMES, Song

PANS = st.floats(-1, 1)
DECIBELS_ASIDE = {"balance": 0.0, "linear": 6.02, "-4.5 dB": 4.52, "constant-power": 3.01}


def strip_alone(song: Song, strip: Strip, law: str = "balance") -> np.ndarray:
    """What a mixer gives whose song is one stem, here the chords, which stand left of the centre."""
    stem = song.stems["other"].samples
    return render(stem, [stem], MixState((("other", strip),), pan_law=law))


@given(PANS)
def test_the_linear_law_keeps_the_sum_of_the_sides_for_any_stem(pan: float) -> None:
    sides = np.array([[1.0, 0.3, -0.7], [1.0, -0.9, 0.1]])
    assert np.allclose((panned(pan, "linear") @ sides).sum(axis=0), sides.sum(axis=0), atol=1e-12)


def test_a_song_panned_linearly_folds_down_to_the_same_mono(short_song: Song) -> None:
    stem = short_song.stems["other"].samples
    for pan in (-1.0, -0.3, 0.5, 1.0):
        mixed = strip_alone(short_song, Strip(pan=pan), "linear")
        assert np.abs(mixed.sum(axis=0) - stem.sum(axis=0)).max() < 1e-6
        assert np.abs(mixed - stem).max() > 0.01


@given(PANS)
def test_constant_power_keeps_the_energy_of_equal_sides(pan: float) -> None:
    left, right = panned(pan, "constant-power") @ np.ones(2)
    assert left**2 + right**2 == pytest.approx(2.0, abs=1e-12)


@given(PANS)
def test_the_compromise_is_half_way_in_decibels(pan: float) -> None:
    laws = [panned(pan, law) @ np.ones(2) for law in ("linear", "-4.5 dB", "constant-power")]
    assert np.allclose(laws[1] ** 2, laws[0] * laws[2], atol=1e-12)


@pytest.mark.parametrize("law", PAN_LAWS)
def test_every_law_rests_at_the_centre_and_is_silent_on_the_far_side(law: str) -> None:
    assert np.array_equal(panned(0.0, law), np.eye(2))
    for pan, near, far in ((-1.0, 0, 1), (1.0, 1, 0)):
        gains = panned(pan, law) @ np.ones(2)
        assert gains[far] == 0.0
        assert 20 * np.log10(gains[near]) == pytest.approx(DECIBELS_ASIDE[law], abs=0.01)
    for pan in (0.2, 0.7):
        assert np.allclose(panned(-pan, law), panned(pan, law)[::-1, ::-1], atol=1e-12)
    assert np.array_equal(panned(9.0, law), panned(1.0, law))


def test_the_default_law_is_the_balance_of_older_projects() -> None:
    assert MixState().pan_law == "balance"
    assert np.array_equal(panned(0.25, "balance"), np.diag([0.75, 1.0]))


def test_another_law_is_a_sentence() -> None:
    for pan in (0.0, 0.5):
        with pytest.raises(ParameterError, match="balance, linear"):
            panned(pan, "sideways")


def test_no_width_is_half_the_sum_on_both_sides_and_one_is_the_stem(short_song: Song) -> None:
    stem = short_song.stems["other"].samples
    mono = strip_alone(short_song, Strip(width=0.0))
    assert np.array_equal(mono[0], mono[1])
    assert np.allclose(mono[0], stem.sum(axis=0) / 2, atol=1e-7)
    assert np.array_equal(widened(1.0), np.eye(2))
    assert strip_alone(short_song, Strip(width=1.0)).tobytes() == stem.tobytes()


@given(st.floats(0, 2))
def test_width_scales_the_difference_and_keeps_the_sum(width: float) -> None:
    left, right = widened(width) @ np.array([0.8, -0.1])
    assert left + right == pytest.approx(0.7, abs=1e-12)
    assert left - right == pytest.approx(width * 0.9, abs=1e-12)


def test_width_comes_before_pan_and_gain_after() -> None:
    strip = Strip(gain_db=-6.0, pan=1.0, width=0.0)
    wanted = 10 ** (-6 / 20) * np.array([[0.0, 0.0], [0.5, 0.5]])
    assert np.allclose(matrices(MixState((("a", strip),)), ("a",), 2)[0], wanted, atol=1e-15)


def test_a_stem_upside_down_cancels_its_twin(short_song: Song) -> None:
    twin = short_song.stems["drums"].samples
    state = MixState((("one", Strip()), ("two", Strip(invert=True))))
    assert not render(twin + twin, [twin, twin], state).any()
    set_up = Strip(gain_db=-3.0, pan=0.4, width=1.7)
    state = MixState((("one", set_up), ("two", replace(set_up, invert=True))), pan_law="constant-power")
    assert np.abs(render(twin + twin, [twin, twin], state)).max() < 1e-7


@pytest.mark.parametrize("channels", [1, 6])
def test_only_stereo_has_a_width_but_everything_has_a_phase(channels: int) -> None:
    state = MixState((("a", Strip(width=0.0, pan=0.5, invert=True)),), pan_law="linear")
    assert np.array_equal(matrices(state, ("a",), channels)[0], -np.eye(channels))


def test_laws_and_widths_do_not_touch_strips_at_rest(short_song: Song) -> None:
    x = short_song.mixture.samples
    stems = [short_song.stems[name].samples for name in NAMES]
    for law in PAN_LAWS:
        state = MixState(tuple((name, Strip()) for name in NAMES), pan_law=law)
        assert render(x, stems, state).tobytes() == x.tobytes()
