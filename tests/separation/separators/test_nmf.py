"""NMF as a method: as many stems as asked for, sums, levels, seeds, silence, tiny songs."""

from __future__ import annotations

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import nmf
from tests.songs import Song, compose


def run(audio: Audio, **values: int | str) -> np.ndarray:
    return nmf.run(audio, nmf.NmfParameters(**{"iterations": 30, "rank": 12, **values}), SILENT)  # type: ignore[arg-type]


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = short_song.mixture
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), stems / 8, atol=1e-4)
    monkeypatch.setattr(nmf, "FRAMES", 11)  # rendered in many pieces
    np.testing.assert_allclose(run(x), stems, atol=1e-4)


def test_names_follow_the_number_of_sources() -> None:
    stems = separate(compose(1.0).mixture, "nmf", device="cpu", sources=3, rank=8, iterations=5)
    assert list(stems) == ["source 1", "source 2", "source 3"]


def test_two_clear_sources_are_found(song: Song) -> None:
    drums, notes = (song.stems[name].samples for name in ("drums", "vocals"))
    stems = run(song.mixture.with_samples(drums + notes), sources=2, rank=16, iterations=60)
    errors = [[np.square(s - t).sum() / np.square(t).sum() for t in (drums, notes)] for s in stems]
    assert min(errors[0][0] + errors[1][1], errors[0][1] + errors[1][0]) < 0.6


@pytest.mark.parametrize("divergence", ["is", "euclidean"])
def test_the_other_divergences_run(divergence: str) -> None:
    x = compose(1.0).mixture
    np.testing.assert_allclose(run(x, divergence=divergence).sum(0), x.samples, atol=2e-6)


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    x = Audio(np.full((1, count), 0.1, np.float32), 8000)
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=1e-6)
