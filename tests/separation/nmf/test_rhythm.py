"""Drums, bass and the rest: masks that sum to one, and that put clear cases where they belong."""

from __future__ import annotations

import torch

from separation.nmf.rhythm import make_bands, rhythm_masks, rule_masks
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.songs import Song

RATE = 44100


def test_bands_take_every_bin_once_and_smoothing_keeps_a_flat_spectrum_flat() -> None:
    bands = make_bands(2049, RATE)
    assert torch.equal(bands.pool.sum(0), torch.ones(2049))
    assert (torch.diff(bands.of_bin) >= 0).all() and len(bands.pool) < 400
    flat = bands.pool.sum(1)
    torch.testing.assert_close(bands.smooth @ flat, flat, rtol=1e-4, atol=1e-4)


def test_masks_sum_to_one_and_do_not_depend_on_the_level(short_song: Song) -> None:
    V = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy())))
    bands = make_bands(len(V), RATE)
    masks = rhythm_masks(V, bands, RATE)
    torch.testing.assert_close(masks.sum(0), torch.ones_like(V), rtol=0, atol=1e-5)
    assert masks.min() >= 0.0
    torch.testing.assert_close(rhythm_masks(0.25 * V, bands, RATE), masks, rtol=0, atol=1e-3)
    assert torch.equal(rhythm_masks(V, bands, RATE), masks)


def test_silence_is_shared_equally() -> None:
    V = torch.zeros(2049, 20)
    assert torch.equal(rhythm_masks(V, make_bands(2049, RATE), RATE), torch.full((3, 2049, 20), 1 / 3))


def test_each_part_gets_most_of_its_own_energy(song: Song) -> None:
    parts = [torch.from_numpy(song.stems[name].samples.copy()) for name in ("drums", "bass", "other")]
    V = magnitude(stft(torch.stack(parts).sum(0)))
    for masks in (rule_masks(V, RATE), rhythm_masks(V, make_bands(len(V), RATE), RATE)):
        for j, part in enumerate(parts):
            power = magnitude(stft(part)).square()
            kept = [float((mask * power).sum() / power.sum()) for mask in masks]
            assert max(range(3), key=kept.__getitem__) == j  # the chords' lowest notes do lie where basses play
