"""FastMNMF2 as a method: sums, long songs, silence, any number of channels, better than its start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import fastmnmf, unmixing
from tests.songs import Song, compose


def run(audio: Audio, **values: int | str) -> np.ndarray:
    settled = fastmnmf.FastMnmfParameters(**{"iterations": 8, "rank": 10, "sources": 3, **values})  # type: ignore[arg-type]
    return np.concatenate(list(fastmnmf.stream(audio.stream(), settled, SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_it_sums_scales_and_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(1.5, 11025).mixture
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-5)
    np.testing.assert_array_equal(run(x), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), stems / 8, atol=1e-3)
    settled = fastmnmf.FastMnmfParameters(iterations=8, rank=10, sources=3)
    once = list(fastmnmf.stream(replace(x.stream(), again=None), settled, SILENT))
    np.testing.assert_array_equal(np.concatenate(once, axis=2), stems)
    monkeypatch.setattr(unmixing, "LEARNT", 48)  # of 65 frames
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=2e-5)


def test_left_and_right_are_unmixed(short_song: Song) -> None:
    truth = [np.outer(gains, short_song.stems[name].samples[0]).astype(np.float32)
             for name, gains in (("drums", (1.0, 0.3)), ("vocals", (0.3, 1.0)))]  # fmt: skip
    x = short_song.mixture.with_samples(truth[0] + truth[1])
    stems = run(x, sources=2, iterations=20)
    for image in truth:
        assert max(decibels(image, one) for one in stems) > decibels(image, x.samples) + 10


@pytest.mark.parametrize("count", [1, 3000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 8000)).any()
    for channels in (1, 2, 8):
        x = Audio(np.full((channels, count), 0.1, np.float32), 8000)
        np.testing.assert_allclose(run(x, iterations=2).sum(0), x.samples, atol=1e-5)


def test_channels_that_are_the_same_and_bins_without_sound() -> None:
    x = Audio(np.full((2, 20000), 0.25, np.float32), 22050)
    stems = run(x, iterations=40)
    assert np.isfinite(stems).all()
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=1e-4)
