"""The computable signals of ITU-R BS.2217 and EBU Tech 3341, and what must not change a reading."""

from __future__ import annotations

import numpy as np
import pytest

from separation.audio.loudness import LoudnessMeter, TruePeak, loudness, true_peak
from separation.audio.signal import Audio
from tests.songs import Song

RATE = 48000


def tone(db: float, seconds: float, *, hertz: float = 1000.0, rate: int = RATE) -> np.ndarray:
    return 10 ** (db / 20) * np.sin(2 * np.pi * hertz / rate * np.arange(round(seconds * rate)))


def stereo(*parts: tuple[float, float]) -> np.ndarray:
    mono = np.concatenate([tone(db, seconds) for db, seconds in parts])
    return np.stack([mono, mono])


def measured(samples: np.ndarray, rate: int = RATE) -> LoudnessMeter:
    meter = LoudnessMeter(rate, samples.shape[0])
    meter.feed(samples)
    return meter


@pytest.mark.parametrize("rate", [16000, 44100, 48000, 96000])
def test_a_full_scale_tone_in_one_channel_reads_minus_3_01(rate: int) -> None:
    one = np.stack([tone(0.0, 5.0, hertz=997.0, rate=rate), np.zeros(5 * rate)])
    assert measured(one, rate).integrated == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize(
    "parts",
    [
        [(-23.0, 20.0)],  # EBU Tech 3341 case 1
        [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],  # case 3
        [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],  # case 4
        [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],  # case 5
    ],
)
def test_ebu_cases_read_minus_23(parts: list[tuple[float, float]]) -> None:
    assert measured(stereo(*parts)).integrated == pytest.approx(-23.0, abs=0.1)


def test_case_2_momentary_and_short_term_follow_the_tone() -> None:
    meter = measured(stereo((-33.0, 5.0)))
    assert meter.momentary == pytest.approx(-33.0, abs=0.1)
    assert meter.short_term == pytest.approx(-33.0, abs=0.1)
    meter.feed(stereo((-20.0, 0.5)))
    assert meter.momentary == pytest.approx(-20.0, abs=0.1)
    assert -33.0 < meter.short_term < -20.0


def test_case_6_surround_channels_weigh_more() -> None:
    levels = (-28.0, -28.0, -24.0, -30.0, -30.0)
    assert measured(np.stack([tone(db, 20.0) for db in levels])).integrated == pytest.approx(-23.0, abs=0.1)


def test_the_bass_channel_of_a_surround_mix_does_not_count() -> None:
    five = [tone(-28.0, 2.0)] * 3
    quiet, loud = ([*five, lfe, *five[:2]] for lfe in (0 * five[0], tone(0.0, 2.0, hertz=50.0)))
    assert measured(np.stack(loud)).integrated == measured(np.stack(quiet)).integrated


def test_gain_moves_every_reading_by_as_much(song: Song) -> None:
    x = song.mixture.samples
    loud, quiet = measured(x, 44100), measured(0.1 * x, 44100)
    for reading in ("momentary", "short_term", "integrated"):
        assert getattr(loud, reading) - getattr(quiet, reading) == pytest.approx(20.0, abs=1e-3)


def test_blocks_of_any_size_give_the_same_reading(short_song: Song) -> None:
    x = short_song.mixture.samples
    whole, pieces = measured(x, 44100), LoudnessMeter(44100, 2)
    start = 0
    for size in [1, 63, 64, 65, 1000, 0, 20000, 10**6]:
        pieces.feed(x[:, start : start + size])
        start += size
    assert pieces.integrated == pytest.approx(whole.integrated, abs=1e-9)
    assert loudness(short_song.mixture) == pytest.approx(whole.integrated, abs=1e-9)


def test_the_weighting_is_the_cascade_of_the_standard() -> None:
    from scipy.signal import lfilter

    from separation.audio.loudness import _KWeighting

    noise = np.random.default_rng(0).standard_normal((2, 9999))
    # table 1 and table 2 of BS.1770-5, for 48 kHz
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585]
    highpass = [1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621]
    assert np.allclose(_KWeighting(RATE, 2)(noise), lfilter(*highpass, lfilter(*shelf, noise)), atol=1e-6)


def test_silence_and_too_little_sound_have_no_loudness() -> None:
    assert measured(np.zeros((2, RATE))).integrated == float("-inf")
    assert measured(np.ones((1, 10))).momentary == float("-inf")
    assert loudness(Audio(np.zeros((1, 0)), RATE)) == float("-inf")


def test_reset_forgets() -> None:
    meter = measured(stereo((-10.0, 2.0)))
    meter.reset()
    meter.feed(stereo((-30.0, 1.0)))
    assert meter.integrated == pytest.approx(-30.0, abs=0.1)


def test_a_peak_between_the_samples_is_found() -> None:
    n = np.arange(4000)
    between = (np.sin(np.pi / 2 * n + np.pi / 4) * np.hanning(4000))[None]  # every sample at −3 dB of the crest
    assert np.abs(between).max() < 0.7072
    assert true_peak(between) == pytest.approx(1.0, abs=0.01)


def test_a_true_peak_is_never_under_the_sample_peak(short_song: Song) -> None:
    x = short_song.mixture.samples
    assert true_peak(x) >= np.abs(x).max()
    meter = TruePeak(2)
    for start in range(0, x.shape[1], 777):
        meter.feed(x[:, start : start + 777])
    assert meter.value == pytest.approx(true_peak(x), abs=1e-9)
