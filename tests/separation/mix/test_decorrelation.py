"""Decorrelators: flat, unlike their input in every band, unlike each other, and short."""

from __future__ import annotations

import numpy as np
import pytest

from separation.mix.decorrelation import decorrelator

CASES = [(44100, 0.03, 120.0), (48000, 0.03, 120.0), (44100, 0.008, 2000.0), (8000, 0.03, 120.0)]


def spectrum(sample_rate: int, seed: int, seconds: float, lowest: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and the response, by a plain transform with lag 0 put where it belongs."""
    filter = decorrelator(sample_rate, seed, seconds, lowest)
    size = 1 << 16
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    shift = np.exp(2j * np.pi * frequencies / sample_rate * filter.centre)
    return frequencies, np.fft.rfft(filter.response, size) * shift


def third_octaves(frequencies: np.ndarray, lowest: float, top: float) -> list[np.ndarray]:
    centres = [c for c in 1000.0 * 2.0 ** (np.arange(-9, 14) / 3) if lowest * 1.2 < c < top]
    return [(frequencies >= c * 2 ** (-1 / 6)) & (frequencies < c * 2 ** (1 / 6)) for c in centres]


@pytest.mark.parametrize(("sample_rate", "seconds", "lowest"), CASES)
@pytest.mark.parametrize("seed", [0, 5, 4_000_000_000])
def test_third_octaves_are_flat_and_unlike_the_input(
    sample_rate: int, seconds: float, lowest: float, seed: int
) -> None:
    frequencies, response = spectrum(sample_rate, seed, seconds, lowest)
    bands = third_octaves(frequencies, max(lowest, 200.0), 0.4 * sample_rate)
    assert len(bands) >= 3
    for band in bands:
        power = np.mean(np.abs(response[band]) ** 2)
        assert abs(10 * np.log10(power)) <= 1.5
        assert abs(response[band].real.mean()) / np.sqrt(power) < 0.4  # a pulse itself has 1


def test_the_noise_is_unlike_its_input_unlike_others_and_always_the_same() -> None:
    sound = np.random.default_rng(1).standard_normal(1 << 16)
    made = []
    for seed in range(4):
        filter = decorrelator(44100, seed)
        noise = np.convolve(sound, filter.response)[filter.centre :][: len(sound)]
        assert abs(np.std(noise) - 1) < 0.1
        assert abs(np.corrcoef(sound, noise)[0, 1]) < 0.05
        made.append(noise)
    assert np.abs(np.corrcoef(made) - np.eye(4)).max() < 0.3
    again = decorrelator.__wrapped__(44100, 2)
    assert np.array_equal(again.response, decorrelator(44100, 2).response)


def test_half_of_the_energy_comes_in_ten_milliseconds() -> None:
    for sample_rate, seconds, lowest in CASES:
        filter = decorrelator(sample_rate, 3, seconds, lowest)
        grown = np.cumsum(filter.response**2) / np.sum(filter.response**2)
        assert grown[filter.centre + min(round(0.01 * sample_rate), round(seconds * sample_rate) - 1)] > 0.5
        assert len(filter.response) - filter.centre <= round(seconds * sample_rate)
