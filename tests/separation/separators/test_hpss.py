"""Harmonic/percussive: streaming equals the whole, sums, silence, levels, any rate."""

from __future__ import annotations

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio, Stream
from separation.progress import SILENT
from separation.separators import hpss
from tests.songs import Song, compose


def run(audio: Audio, size: int = 1 << 18, **values: float) -> np.ndarray:
    return np.concatenate(list(hpss.stream(audio.stream(size), hpss.HpssParameters(**values), SILENT)), axis=2)


@pytest.mark.parametrize("smoothing", [False, True])
def test_a_stream_in_pieces_equals_the_whole(song: Song, smoothing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(song.mixture, smoothing=smoothing)
    monkeypatch.setattr(hpss, "FRAMES", 37)  # many patches instead of one
    np.testing.assert_allclose(run(song.mixture, size=5001, smoothing=smoothing), whole, atol=2e-6)
    np.testing.assert_allclose(whole.sum(0), song.mixture.samples, atol=2e-6)


def test_the_parts_add_up_and_scale_with_the_song(short_song: Song) -> None:
    x = short_song.mixture
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 4)), stems / 4, atol=1e-6)
    assert np.abs(run(x, margin=1.0)[2]).max() < 1e-5


def test_hits_and_notes_are_told_apart(song: Song) -> None:
    drums, notes = song.stems["drums"], song.stems["other"]
    stems = run(song.mixture.with_samples(drums.samples + notes.samples), margin=1.0)
    for truth, j in ((notes, 0), (drums, 1)):
        error = np.square(stems[j] - truth.samples).sum()
        assert error < 0.5 * np.square(truth.samples).sum()


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 1), (96000, 2), (22050, 5)])
def test_any_rate_and_any_channels(rate: int, channels: int) -> None:
    song = compose(0.7, rate, channels).mixture
    stems = separate(song, "hpss", device="cpu")
    assert list(stems) == ["harmonic", "percussive", "residual"]
    np.testing.assert_allclose(stems.sum(), song.samples, atol=1e-6)


@pytest.mark.parametrize("count", [1, 100, 50000])
def test_silence_stays_silent(count: int) -> None:
    stems = run(Audio(np.zeros((2, count), np.float32), 44100))
    assert stems.shape == (3, 2, count) and not stems.any()


def test_a_stream_of_unknown_length(short_song: Song) -> None:
    x = short_song.mixture
    blocks = hpss.stream(Stream(x.stream(999).blocks, 44100, 2, 0), hpss.HpssParameters(), SILENT)
    assert sum(b.shape[2] for b in blocks) == x.frames
