"""REPET-SIM: a voice over a loop is found; sums, pieces, levels, silence, any number of channels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import repet
from tests.songs import compose


def run(audio: Audio, size: int = 1 << 18, **values: float) -> np.ndarray:
    return np.concatenate(list(repet.stream(audio.stream(size), repet.RepetParameters(**values), SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_a_voice_over_a_loop() -> None:
    song = compose(8.0)
    bar = sum(song.stems[name].samples[:, :44100] for name in ("drums", "other"))
    loop = np.tile(bar, (1, 8))
    time = np.arange(loop.shape[1]) / 44100
    glide = np.cumsum(300 + 60 * time + 8 * np.sin(2 * np.pi * 5 * time)) / 44100  # never the same note again
    tone = sum(np.sin(2 * np.pi * h * glide) / h for h in range(1, 8))
    voice = np.tile(0.05 * tone, (2, 1)).astype(np.float32)
    x = song.mixture.with_samples(loop + voice)
    vocals, backing = run(x)
    np.testing.assert_allclose(vocals + backing, x.samples, atol=1e-6)
    assert decibels(voice, vocals) > 6 and decibels(loop, backing) > 6


def test_long_songs_pass_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(6.0).mixture
    whole = run(x)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), whole / 8, atol=1e-5)
    monkeypatch.setattr(repet, "OWN", 1.3)
    np.testing.assert_allclose(run(x, size=5001), whole, atol=1e-4)  # each still sees all of it
    monkeypatch.setattr(repet, "AROUND", 1.0)
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=1e-6)


def test_below_the_voice_nothing_is_taken() -> None:
    x = compose(3.0).stems["bass"]
    assert np.square(run(x, voice_from=500.0)[0]).sum() < 0.2 * np.square(run(x, voice_from=0.0)[0]).sum() + 1e-3


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    for channels in (1, 8):
        x = Audio(np.full((channels, count), 0.1, np.float32), 8000)
        np.testing.assert_allclose(run(x).sum(0), x.samples, atol=1e-6)


def test_a_real_song(real_song: Callable[[str], dict[str, Audio]]) -> None:
    song = real_song("musicdelta_reggae")
    voice = song["vocals"].samples[:, : 6 * 44100]
    x = song["mixture"].with_samples(song["mixture"].samples[:, : 6 * 44100])
    stems = separate(x, "repet", device="cpu")
    assert decibels(voice, stems["vocals"].samples) > max(decibels(voice, x.samples), 0.0) + 2
