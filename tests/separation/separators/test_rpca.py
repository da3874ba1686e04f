"""Robust PCA as a method: a moving voice over steady notes; sums, pieces that meet smoothly, levels, silence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import rpca
from tests.songs import compose


def run(audio: Audio, size: int = 1 << 18, **values: float) -> np.ndarray:
    return np.concatenate(list(rpca.stream(audio.stream(size), rpca.RpcaParameters(**values), SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_a_glide_over_steady_notes() -> None:
    time = np.arange(4 * 44100) / 44100
    notes = sum(np.sin(2 * np.pi * f * time) for f in (196.0, 246.9, 293.7)) * (0.6 + 0.4 * np.cos(2 * np.pi * time))
    glide = np.cumsum(350 + 90 * time + 15 * np.sin(2 * np.pi * 5 * time)) / 44100
    voice = sum(np.sin(2 * np.pi * h * glide) / h for h in range(1, 6))
    notes, voice = (np.tile(0.1 * x, (2, 1)).astype(np.float32) for x in (notes, voice))
    x = Audio(notes + voice, 44100)
    vocals, backing = run(x)
    np.testing.assert_allclose(vocals + backing, x.samples, atol=1e-6)
    assert decibels(voice, vocals) > 8 and decibels(notes, backing) > 8


def test_pieces_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(4.0).mixture
    whole = run(x)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), whole / 8, atol=2e-4)
    monkeypatch.setattr(rpca, "OWN", 1.5)
    parts = run(x, size=5001)
    np.testing.assert_allclose(parts.sum(0), x.samples, atol=1e-6)
    assert decibels(whole[0], parts[0]) > 5


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
    stems = separate(x, "rpca", device="cpu")
    assert decibels(voice, stems["vocals"].samples) > max(decibels(voice, x.samples), 0.0) + 1
