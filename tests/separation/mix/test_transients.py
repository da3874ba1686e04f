"""Onsets: found where sounds begin, and nowhere else; the gain is down before them and comes back."""

from __future__ import annotations

import numpy as np

from separation.mix.transients import DUCK_DB, HOLD, RELEASE, frame, guard, onsets

RATE = 44100
HOP = frame(RATE)
DUCKED = 10 ** (DUCK_DB / 20)


def test_clicks_and_hits_are_onsets() -> None:
    sound = 1e-4 * np.random.default_rng(0).standard_normal(RATE)
    sound[10_000] += 0.5
    sound[30_000:33_000] += 0.3 * np.sin(0.3 * np.arange(3000)) * np.exp(-np.arange(3000) / 800)
    found = np.flatnonzero(onsets(sound, HOP))
    found = found[found > 100]  # the noise itself begins
    assert 10_000 // HOP in found
    assert 30_000 // HOP in found
    assert all(min(abs(k - 10_000 // HOP), abs(k - 30_000 // HOP)) <= 3 for k in found)


def test_steady_sounds_and_silence_begin_once_or_never() -> None:
    time = np.arange(RATE) / RATE
    for steady in (
        np.random.default_rng(0).standard_normal(RATE),
        np.sin(2 * np.pi * 50 * time),
        np.sin(2 * np.pi * 1000 * time) * (1 + 0.5 * np.sin(2 * np.pi * 5 * time)),
    ):
        assert np.flatnonzero(onsets(steady, HOP)).max() <= 3
    assert not onsets(np.zeros(5000), HOP).any()
    assert np.array_equal(guard(np.zeros(5000), HOP), np.ones(5000))


def test_the_gain_is_down_around_an_onset_and_has_no_steps() -> None:
    sound = np.zeros(RATE)
    sound[20_000] = 1.0
    gain = guard(sound, HOP)
    assert np.allclose(gain[20_000 - HOP // 2 : 20_000 + HOLD * HOP], DUCKED)
    assert np.all(gain[: 20_000 - 3 * HOP] == 1)
    assert np.all(gain[20_000 + (HOLD + RELEASE + 5) * HOP :] == 1)
    assert np.abs(np.diff(gain)).max() <= 1.01 * (1 - DUCKED) / HOP


def test_short_and_slow_sounds() -> None:
    for count in (0, 1, 2, 7):
        assert guard(np.ones(count), HOP).shape == (count,)
    assert frame(8000) == 8
    assert frame(100) == 1
