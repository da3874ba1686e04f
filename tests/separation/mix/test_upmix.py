"""S of an upmix: the plain sum of the formula, correlation by width, mono bass, guarded hits, room for the sides."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest

from separation.mix.decorrelation import decorrelator
from separation.mix.stage import Place
from separation.mix.state import MixState, Strip
from separation.mix.transients import guard
from separation.mix.upmix import Sides, high_pass, mixed_places, room, sides_apart

RATE = 44100


def sides_of(stems: list[np.ndarray], places: list[Place], names: list[str], rate: int = RATE) -> np.ndarray:
    """S of whole stems, put together from blocks as a file is written."""
    sides, count = Sides(places, names, rate), len(stems[0])
    result = np.zeros(count)
    for start in range(0, count, sides.block):
        stop = min(start + sides.block, count)
        window = []
        for stem in stems:
            at, end = start - sides.margin, stop + sides.margin
            window.append(np.pad(stem[max(at, 0) : end], (max(-at, 0), max(end - count, 0))))
        result[start:stop] = sides(window)[sides.margin : sides.margin + stop - start]
    return result


def same(sound: np.ndarray, kernel: np.ndarray, centre: int) -> np.ndarray:
    return np.convolve(sound, kernel)[centre : centre + len(sound)]


def test_blocks_are_the_plain_sum_of_the_formula() -> None:
    random = np.random.default_rng(0)
    rate = 8000
    count = 2 * Sides([], [], rate).block + 1234  # three blocks
    stems = [random.standard_normal(count) * np.abs(np.sin(np.arange(count) / 2500)) for _ in range(2)]
    stems[1][70_000] += 9
    stems[0][65_536:] *= 20
    places = [Place(-0.4, 0.5), Place(0.7, 0.8)]
    wanted = np.zeros(count)
    high = high_pass(rate)
    for place, name, stem in zip(places, ("a", "b"), stems, strict=True):
        noise = decorrelator(rate, zlib.crc32(name.encode()), place.seconds, place.lowest)
        wide = math.tan(place.width * math.pi / 4) * same(stem * guard(stem, 8), noise.response, noise.centre)
        wanted += same(wide - place.pan * stem, high, len(high) // 2)
    got = sides_of(stems, places, ["a", "b"], rate)
    inner = slice(len(high), -len(high))  # the plain sum cuts the noise off at both ends before it filters
    assert np.abs(got - wanted)[inner].max() < 1e-9
    assert wanted.std() > 0.1


@pytest.mark.parametrize("width", [0.2, 0.5, 0.8, 1.0])
def test_correlation_follows_the_width(width: float) -> None:
    mono = np.random.default_rng(1).standard_normal(4 * RATE)
    left, right = sides_apart(mono, sides_of([mono], [Place(0.0, width)], ["other"]))
    g = math.tan(width * math.pi / 4)
    assert np.corrcoef(left, right)[0, 1] == pytest.approx((1 - g**2) / (1 + g**2), abs=0.05)
    assert 20 * np.log10(left.std() / right.std()) == pytest.approx(0, abs=0.5)


def test_bass_is_mono_and_pans_are_linear_above() -> None:
    time = np.arange(RATE) / RATE
    inner = slice(8000, -8000)
    for frequency in (40.0, 80.0, 119.0):
        tone = np.sin(2 * np.pi * frequency * time)
        sides = sides_of([tone, tone], [Place(-1.0, 1.0), Place(0.5, 1.0)], ["a", "b"])
        assert np.abs(sides[inner]).max() < 10 ** (-50 / 20)
    for frequency in (210.0, 1000.0, 9000.0):
        tone = np.sin(2 * np.pi * frequency * time)
        left, right = sides_apart(tone, sides_of([tone], [Place(0.5)], ["a"]))
        assert np.abs(left - 0.5 * tone)[inner].max() < 0.002
        assert np.abs(right - 1.5 * tone)[inner].max() < 0.002


@pytest.mark.parametrize("place", [Place(0, 0.5), Place(0, 1.0), Place(0, 0.8, 2000.0, 0.008)])
def test_a_click_stays_a_click(place: Place) -> None:
    for name in ("other", "drums", "piano"):
        click = np.zeros(RATE)
        click[RATE // 2] = 0.5
        both = sides_apart(click, sides_of([click], [place], [name]))
        early = slice(RATE // 2 - 10, RATE // 2 + round(0.005 * RATE))
        for side in both:
            assert abs(10 * np.log10(np.sum(side[early] ** 2) / np.sum(click**2))) < 3
        late = both[:, RATE // 2 + round(0.005 * RATE) :]
        assert 10 * np.log10(np.sum(late**2, axis=1).max() / np.sum(click**2)) < -11.5


def test_a_stem_sounds_alike_in_any_company() -> None:
    random = np.random.default_rng(2)
    one, two = random.standard_normal((2, 20_000))
    place = Place(0.2, 0.6)
    together = sides_of([one, two], [place, place], ["piano", "strings"])
    apart = sides_of([one], [place], ["piano"]) + sides_of([two], [place], ["strings"])
    assert np.abs(together - apart).max() < 1e-9


def test_sides_are_turned_down_only_near_peaks() -> None:
    sides = Sides([], [], RATE)
    wanted = 3000.0 * np.sin(np.arange(20_000) / 5)
    space = np.full(20_000, 8000.0)
    space[10_000:10_050] = 100.0
    kept = sides.narrowed(wanted, space)
    assert np.all(np.abs(kept) <= space + 1e-9)
    reach = 2 * round(0.002 * RATE) + 1
    assert np.array_equal(kept[: 10_000 - reach], wanted[: 10_000 - reach])
    assert np.array_equal(kept[10_050 + reach :], wanted[10_050 + reach :])
    assert np.array_equal(sides.narrowed(wanted, np.full(20_000, 8000.0)), wanted)
    assert np.all(sides.narrowed(wanted, np.zeros(20_000)) == 0)


def test_room_is_what_integers_leave() -> None:
    mid = np.array([-128, -100, 0, 1, 100, 127])
    space = room(mid, 128)
    for sides in (space, -space):
        both = sides_apart(mid, sides)
        assert both.min() >= -128
        assert both.max() <= 127
        assert np.array_equal(both.sum(axis=0), 2 * mid)
    assert list(space) == [0, 28, 127, 126, 27, 0]


def test_the_mixer_moves_places() -> None:
    state = MixState((("a", Strip(pan=0.3, width=2.0)), ("b", Strip())))
    moved = mixed_places((Place(-0.5, 0.4), Place(0.2, 0.3)), ("a", "b"), state)
    assert (moved[0].pan, moved[0].width) == pytest.approx((-0.2, 0.8))
    assert moved[1] == Place(0.2, 0.3)
