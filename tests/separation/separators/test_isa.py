"""ISA as a method: sums, levels, pieces, silence, any number of channels; two clear sources are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import isa
from tests.songs import Song


def run(audio: Audio, **values: int | str) -> np.ndarray:
    settled = isa.IsaParameters(**{"rank": 12, **values})  # type: ignore[arg-type]
    return np.concatenate(list(isa.stream(audio.stream(), settled, SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


@pytest.mark.parametrize("grouping", ["sound", "ixegram"])
def test_it_sums_scales_and_repeats_itself(
    grouping: str, short_song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = short_song.mixture
    stems = run(x, grouping=grouping)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x, grouping=grouping), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8), grouping=grouping), stems / 8, atol=1e-3)
    settled = isa.IsaParameters(rank=12, grouping=grouping)
    once = list(isa.stream(replace(x.stream(), again=None), settled, SILENT))
    np.testing.assert_array_equal(np.concatenate(once, axis=2), stems)
    monkeypatch.setattr(isa, "LEARNT", 64)  # of 87 frames
    np.testing.assert_allclose(run(x, grouping=grouping).sum(0), x.samples, atol=2e-6)


def test_two_clear_sources_are_told_apart(song: Song) -> None:
    truth = [song.stems[name].samples for name in ("drums", "vocals")]
    x = song.mixture.with_samples(truth[0] + truth[1])
    stems = run(x, sources=2)
    for image in truth:
        assert max(decibels(image, one) for one in stems) > max(decibels(image, x.samples), 0) + 2


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    for channels in (1, 8):
        for grouping in ("sound", "ixegram"):
            x = Audio(np.full((channels, count), 0.1, np.float32), 8000)
            np.testing.assert_allclose(run(x, grouping=grouping).sum(0), x.samples, atol=1e-6)
