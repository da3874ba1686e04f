from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter, welch

from tests.separation.audio.test_stretching import RATE, stretched

FORMANTS = (660.0, 1700.0, 2400.0)


def vowel(low: float, high: float, seconds: float = 3.0) -> np.ndarray:
    """Pulses whose pitch glides from `low` to `high` hertz, through three formants and a tube's higher ones."""
    pitch = np.linspace(low, high, round(seconds * RATE))
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0.0)
    sound = lfilter([1.0], [1.0, -0.97], pulses)
    for formant in (*FORMANTS, *range(3500, 20_000, 1000)):
        radius = np.exp(-np.pi * (50 + 0.04 * formant) / RATE)
        sound = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2], sound)
    return np.asarray(0.3 * sound / np.abs(sound).max())


def formants(sound: np.ndarray) -> list[float]:
    """Where the smoothed spectrum is the loudest within a third around each formant."""
    hertz, power = welch(sound, RATE, nperseg=8192)
    smooth = gaussian_filter1d(10 * np.log10(gaussian_filter1d(power, 60 / hertz[1]) + 1e-20), 30 / hertz[1])
    peaks = np.flatnonzero((smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])) + 1
    return [float(hertz[min(peaks, key=lambda p: abs(hertz[p] - f))]) for f in FORMANTS]


def pitch(sound: np.ndarray) -> float:
    """Median of the strongest periods of 60 ms each, in hertz."""
    found = []
    for at in range(9000, len(sound) - 9000, 4000):
        part = sound[at : at + 2646] * np.hanning(2646)
        again = np.fft.irfft(np.abs(np.fft.rfft(part, 8192)) ** 2)[: RATE // 60]
        found.append(RATE / (RATE // 500 + int(np.argmax(again[RATE // 500 :]))))
    return float(np.median(found))


def spectrum(sound: np.ndarray) -> np.ndarray:
    """Smoothed level in dB from 250 Hz to 8 kHz."""
    hertz, power = welch(sound, RATE, nperseg=8192)
    return np.asarray(10 * np.log10(gaussian_filter1d(power, 80 / hertz[1]) + 1e-20)[(hertz > 250) & (hertz < 8000)])


@pytest.mark.parametrize("semitones", [-5.0, 3.0, 5.0])
def test_a_vowel_keeps_its_formants_when_it_is_transposed(semitones: float) -> None:
    sound = vowel(95, 130)
    result = stretched(sound, tempo=0.9, semitones=semitones, kind="voice")[0]
    assert pitch(result) == pytest.approx(pitch(sound) * 2 ** (semitones / 12), rel=0.02)
    assert formants(result) == pytest.approx(formants(sound), rel=0.02)  # 5 % are allowed
    assert abs(20 * np.log10(result.std() / sound.std())) < 3


@pytest.mark.parametrize(("low", "decibels"), [(95.0, 0.5), (190.0, 1.0), (280.0, 1.5)])
@pytest.mark.parametrize("semitones", [-5.0, 5.0])
def test_a_transposed_voice_sounds_as_if_it_had_sung_so(low: float, decibels: float, semitones: float) -> None:
    sound, ratio = vowel(low, 1.35 * low), 2 ** (semitones / 12)
    wanted = spectrum(vowel(ratio * low, ratio * 1.35 * low))
    assert np.std(spectrum(stretched(sound, semitones=semitones, kind="voice")[0]) - wanted) < decibels
    assert np.std(spectrum(stretched(sound, semitones=semitones)[0]) - wanted) > 4  # transposed plainly
