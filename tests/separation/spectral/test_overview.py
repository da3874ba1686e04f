"""Peaks and RMS in bins: against the samples themselves, in blocks of any size, and refused where damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation.errors import InputError
from separation.spectral.overview import BINS, OverviewBuilder, OverviewData, bins_of
from tests.songs import Song


@pytest.mark.parametrize("block", [1 << 20, 65536, 17])
def test_bins_hold_peak_and_rms(short_song: Song, tmp_path: Path, block: int) -> None:
    samples = short_song.mixture.samples[:, :20_001]
    path = tmp_path / "a.ovw"
    builder = OverviewBuilder(path, frames=20_001, channels=2)
    for at in range(0, 20_001, block):
        builder.feed(np.ascontiguousarray(samples[:, at : at + block].T))
    builder.close()
    data = OverviewData(path)
    size, bins = bins_of(20_001)
    assert (data.bin_frames, data.bins, data.bins_ready) == (size, bins, bins) and bins <= BINS
    for number in (0, 1, bins // 2, bins - 1):
        part = samples[:, number * size : (number + 1) * size]
        assert data.peaks[number] == np.abs(part).max()
        assert data.rms[number] == pytest.approx(np.sqrt((part.astype(float) ** 2).mean()), rel=1e-5)


def test_it_grows_and_drops_what_is_too_much(short_song: Song, tmp_path: Path) -> None:
    samples = np.ascontiguousarray(short_song.mixture.samples.T)
    builder = OverviewBuilder(tmp_path / "a.ovw", frames=10_000, channels=2)
    data = OverviewData(tmp_path / "a.ovw")
    assert data.bins_ready == 0
    builder.feed(samples[:5_000])
    assert data.bins_ready == 5_000 // data.bin_frames
    builder.feed(samples[5_000:])
    builder.close()
    assert data.bins_ready == data.bins


@pytest.mark.parametrize("damage", [b"", b"nonsense", bytes(64), bytes(1000)])
def test_what_is_no_overview_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "a.ovw").write_bytes(damage)
    with pytest.raises(InputError, match=r"a\.ovw"):
        OverviewData(tmp_path / "a.ovw")
