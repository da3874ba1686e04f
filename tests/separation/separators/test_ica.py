"""ICA as a method: two sounds mixed at different levels are told apart by more than 20 dB; sums, pieces, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.errors import InputError
from separation.progress import SILENT
from separation.separators import ica
from tests.songs import Song


def run(audio: Audio, size: int = 1 << 18) -> np.ndarray:
    return np.concatenate(list(ica.stream(audio.stream(size), ica.IcaParameters(), SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_drums_and_voice_at_two_places(song: Song) -> None:
    truth = [np.outer(gains, song.stems[name].samples[0]).astype(np.float32)
             for name, gains in (("drums", (0.9, 0.5)), ("vocals", (0.3, 0.8)))]  # fmt: skip
    x = song.mixture.with_samples(truth[0] + truth[1])
    found = run(x)
    np.testing.assert_allclose(found.sum(0), x.samples, atol=1e-6)
    for image in truth:
        assert max(decibels(image, one) for one in found) > 20


def test_pieces_levels_and_a_sound_that_passes_only_once(song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = song.mixture
    whole = run(x)
    np.testing.assert_allclose(run(x, 5001), whole, atol=1e-6)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), whole / 8, atol=1e-6)
    once = list(ica.stream(replace(x.stream(), again=None), ica.IcaParameters(), SILENT))
    np.testing.assert_allclose(np.concatenate(once, axis=2), whole, atol=1e-6)
    monkeypatch.setattr(ica, "LEARNT", 1 << 16)  # of 350 thousand instants
    np.testing.assert_allclose(run(x), whole, atol=0.05)


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    x = Audio(np.full((2, count), 0.1, np.float32), 8000)
    stems = separate(x, "ica", device="cpu")
    np.testing.assert_allclose(stems["source 1"].samples + stems["source 2"].samples, x.samples, atol=1e-6)


@pytest.mark.parametrize(("channels", "words"), [(1, "only one channel"), (8, "8 channels")])
def test_other_than_stereo_is_refused_in_a_sentence(channels: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        separate(Audio(np.ones((channels, 100), np.float32), 44100), "ica", device="cpu")
