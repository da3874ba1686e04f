from __future__ import annotations

import numpy as np
import pytest

from separation.audio.resampling import resample, resample_blocks

RATES = [(44100, 48000), (48000, 44100), (8000, 44100), (192000, 44100)]


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return np.stack([np.sin(2 * np.pi * f * time) for f in (440.0, 1000.0)]).astype(np.float32)


@pytest.mark.parametrize(("source", "target"), RATES)
def test_a_tone_stays_the_same_tone(source: int, target: int) -> None:
    result, expected = resample(tone(source), source, target), tone(target)
    assert abs(result.shape[1] - expected.shape[1]) <= 1
    inner = slice(target // 20, min(result.shape[1], expected.shape[1]) - target // 20)
    assert np.abs(result[:, inner] - expected[:, inner]).max() < 1e-4


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("size", [1, 777, 1 << 20])
def test_the_size_of_the_blocks_changes_nothing(source: int, target: int, size: int) -> None:
    whole = np.random.default_rng(0).standard_normal((2, 3000)).astype(np.float32)
    blocks = (whole[:, i : i + size] for i in range(0, 3000, size))
    streamed = np.concatenate(list(resample_blocks(blocks, source, target)), axis=1)
    assert np.allclose(streamed, resample(whole, source, target), atol=1e-6)


def test_equal_rates_pass_through_untouched() -> None:
    block = np.ones((1, 5), np.float32)
    assert resample(block, 44100, 44100) is block
    assert next(resample_blocks(iter([block]), 8000, 8000)) is block


def test_nothing_gives_nothing() -> None:
    assert list(resample_blocks(iter([]), 44100, 48000)) == []
    assert resample(np.zeros((2, 0), np.float32), 44100, 48000).shape == (2, 0)
