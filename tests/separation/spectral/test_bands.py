"""Bands: single bins below the knee, means above, every bin its band's value on the way back."""

from __future__ import annotations

import torch

from separation.spectral.bands import Bands


def test_bins_below_the_knee_stay_and_bands_above_are_means() -> None:
    bands = Bands.of(2048, 44100)
    power = torch.rand(2, 3, 1025, generator=torch.Generator().manual_seed(0))
    mean = bands.mean(power)
    single = int(5000 / 44100 * 2048) + 1
    torch.testing.assert_close(mean[..., :single], power[..., :single])
    for band in (single + 5, single + 60, len(bands) - 1):
        inside = bands.of_bin == band
        torch.testing.assert_close(mean[..., band], power[..., inside].mean(-1))
    assert int(bands.sizes.sum()) == 1025 and len(bands) < 400


def test_a_mask_of_ones_comes_back_as_ones_and_shares_add_up() -> None:
    bands = Bands.of(1024, 22050)
    torch.testing.assert_close(bands.back(torch.ones(4, len(bands))), torch.ones(4, 513))
    shares = torch.rand(3, len(bands), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(bands.back(shares / shares.sum(0)).sum(0), torch.ones(513))


def test_at_a_low_rate_every_bin_is_a_band() -> None:
    assert len(Bands.of(512, 8000)) == 257
