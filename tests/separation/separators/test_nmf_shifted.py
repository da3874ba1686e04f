"""Shift-invariant NMF as a method: two instruments playing scales part; sums, levels, seeds, silence, tiny songs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import moments, nmf_shifted, shares
from tests.separation.nmf.test_shifted import scales
from tests.songs import Song, compose


def run(audio: Audio, **values: float) -> np.ndarray:
    settled = nmf_shifted.ShiftedParameters(**{"iterations": 20, "octaves": 3.0, **values})  # type: ignore[arg-type]
    return np.concatenate(list(nmf_shifted.stream(audio.stream(), settled, SILENT)), axis=2)


def worse(stems: np.ndarray, truths: list[np.ndarray]) -> float:
    """The worse SDR in dB of two stems, in the better order."""

    def sdr(truth: np.ndarray, found: np.ndarray) -> float:
        return float(10 * np.log10(np.square(truth).sum() / np.square(truth - found).sum()))

    return max(min(sdr(t, stems[j, 0]) for t, j in zip(truths, order, strict=True))
               for order in itertools.permutations(range(len(stems))))  # fmt: skip


def test_two_instruments_playing_scales_part() -> None:
    hollow, bright, rate = scales()
    x = Audio((0.1 * (hollow + bright)).astype(np.float32)[None], rate)
    truths = [0.1 * hollow, 0.1 * bright]
    assert worse(run(x, sources=2, iterations=50, octaves=4.0), truths) > 9.0
    plain = np.stack([a.samples for a in separate(x, "nmf", device="cpu", sources=2, rank=2).values()])
    assert worse(plain, truths) < 3.0


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x, few = short_song.mixture, {"iterations": 4, "octaves": 1.0}
    stems = run(x, **few)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x, **few), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8), **few), stems / 8, atol=1e-4)
    once = replace(x.stream(), again=None)
    settled = nmf_shifted.ShiftedParameters(iterations=4, octaves=1.0)
    np.testing.assert_array_equal(np.concatenate(list(nmf_shifted.stream(once, settled, SILENT)), axis=2), stems)
    monkeypatch.setattr(shares, "FRAMES", 31)  # rendered in many pieces
    np.testing.assert_allclose(run(x, **few), stems, atol=1e-4)


def test_a_song_too_long_to_learn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    hollow, bright, rate = scales()
    x = Audio((0.1 * (hollow + bright)).astype(np.float32)[None], rate)
    monkeypatch.setattr(nmf_shifted, "LEARNT", 80)  # of 95 frames
    monkeypatch.setattr(moments, "MOMENT", 8)
    monkeypatch.setattr(shares, "FRAMES", 40)
    stems = run(x, sources=2, iterations=50, octaves=4.0)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert worse(stems, [0.1 * hollow, 0.1 * bright]) > 9.0


def test_names_follow_the_number_of_sources() -> None:
    stems = separate(compose(1.0).mixture, "nmf-shifted", device="cpu", sources=3, iterations=2)
    assert list(stems) == ["source 1", "source 2", "source 3"]


@pytest.mark.parametrize(("channels", "count", "rate"), [(2, 1, 44100), (1, 5000, 8000), (8, 3000, 48000)])
def test_silence_and_tiny_songs(channels: int, count: int, rate: int) -> None:
    assert not run(Audio(np.zeros((channels, count), np.float32), rate), iterations=2).any()
    x = Audio(np.full((channels, count), 0.1, np.float32), rate)
    np.testing.assert_allclose(run(x, iterations=2).sum(0), x.samples, atol=1e-6)
