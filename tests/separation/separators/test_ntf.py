"""NTF as a method: what plays left and right is told apart; sums, long songs, silence, any number of channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import ntf
from tests.songs import Song


def run(audio: Audio, **values: int | str) -> np.ndarray:
    settled = ntf.NtfParameters(**{"iterations": 30, "rank": 12, **values})  # type: ignore[arg-type]
    return np.concatenate(list(ntf.stream(audio.stream(), settled, SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = short_song.mixture
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), stems / 8, atol=1e-4)
    once = replace(x.stream(), again=None)
    settled = ntf.NtfParameters(iterations=30, rank=12)
    np.testing.assert_array_equal(np.concatenate(list(ntf.stream(once, settled, SILENT)), axis=2), stems)
    monkeypatch.setattr(ntf, "LEARNT", 64)  # of 87 frames
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=2e-6)


def test_left_and_right_by_place(song: Song) -> None:
    truth = [np.outer(gains, song.stems[name].samples[0]).astype(np.float32)
             for name, gains in (("drums", (1.0, 0.1)), ("vocals", (0.1, 1.0)))]  # fmt: skip
    x = song.mixture.with_samples(truth[0] + truth[1])
    stems = run(x, grouping="place", sources=2, iterations=60)
    for image in truth:
        assert max(decibels(image, one) for one in stems) > decibels(image, x.samples) + 10


@pytest.mark.parametrize("count", [1, 5000])
@pytest.mark.parametrize("grouping", ["sound", "place"])
def test_silence_and_tiny_songs(count: int, grouping: str) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100), grouping=grouping).any()
    for channels in (1, 8):
        x = Audio(np.full((channels, count), 0.1, np.float32), 8000)
        np.testing.assert_allclose(run(x, grouping=grouping).sum(0), x.samples, atol=1e-6)
