"""Centre extraction: what stands in the middle is taken, wherever the middle is put; sums, pieces, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from separation import separate
from separation.audio.signal import Audio
from separation.errors import InputError
from separation.progress import SILENT
from separation.separators import centre
from separation.spatial.panning import angle, place_mask, ramp
from tests.songs import Song


def run(audio: Audio, size: int = 1 << 18, **values: float) -> np.ndarray:
    return np.concatenate(list(centre.stream(audio.stream(size), centre.CentreParameters(**values), SILENT)), axis=2)


def decibels(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def noise(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(*shape, dtype=torch.complex128, generator=generator)


def test_the_mask_is_the_similarity_written_out_bin_by_bin() -> None:
    X = noise(2, 5, 7)
    mask = place_mask(X)
    for f in range(5):
        for n in range(7):
            left, right = complex(X[0, f, n]), complex(X[1, f, n])
            wanted = 2 * (left * right.conjugate()).real / (abs(left) ** 2 + abs(right) ** 2)
            assert float(mask[f, n]) == pytest.approx(max(wanted, 0.0))


@pytest.mark.parametrize("position", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_a_source_at_the_place_passes_and_one_at_right_angles_does_not(position: float) -> None:
    source, theta = noise(5, 7), angle(position)
    here = torch.stack((np.cos(theta) * source, np.sin(theta) * source))
    assert torch.allclose(place_mask(here, position, around=1), torch.ones(5, 7, dtype=torch.float64))
    there = torch.stack((-np.sin(theta) * source, np.cos(theta) * source))
    assert float(place_mask(there, position).max()) < 1e-12
    assert torch.allclose(place_mask(8 * noise(2, 5, 7), position), place_mask(noise(2, 5, 7), position))


def test_the_bass_rises_smoothly_over_an_octave() -> None:
    gains = ramp(2049, 44100, 120.0)[:, 0]
    hertz = torch.linspace(0, 22050, 2049)
    assert not gains[hertz < 84].any() and (gains[hertz > 170] == 1).all() and (gains.diff() >= 0).all()
    assert (ramp(9, 44100, 0.0) == 1).all()


def test_the_middle_of_a_song(song: Song) -> None:
    voice, other = song.stems["vocals"].samples, song.stems["other"].samples * 2
    hard_left = np.stack((other[0], 0 * other[0]))
    x = song.mixture.with_samples(voice + hard_left)
    middle, sides = run(x)
    np.testing.assert_allclose(middle + sides, x.samples, atol=1e-6)
    assert decibels(voice, middle) > decibels(voice, x.samples) + 5
    assert decibels(hard_left, sides) > decibels(hard_left, x.samples) + 5
    left, _ = run(x, position=-1.0)
    assert decibels(hard_left, left) > 8


def test_pieces_give_the_same_and_levels_scale(song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = song.mixture
    whole = run(x)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), whole / 8, atol=1e-6)
    monkeypatch.setattr(centre, "FRAMES", 13)
    np.testing.assert_allclose(run(x, size=5001), whole, atol=2e-6)


def test_low_sound_stays_with_the_sides() -> None:
    low = np.sin(2 * np.pi * 55 * np.arange(44100) / 44100).astype(np.float32)
    x = Audio(np.stack((low, low)), 44100)
    inner = slice(8192, -8192)  # where the sound is cut off there is some of every frequency
    assert np.abs(run(x)[0][:, inner]).max() < 1e-3 and np.abs(run(x, bass_mono=0.0)[0][:, inner]).max() > 0.99


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    x = Audio(np.full((2, count), 0.1, np.float32), 8000)
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=1e-6)


@pytest.mark.parametrize(("channels", "words"), [(1, "only one channel"), (8, "8 channels")])
def test_other_than_stereo_is_refused_in_a_sentence(channels: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        separate(Audio(np.ones((channels, 100), np.float32), 44100), "centre", device="cpu")
