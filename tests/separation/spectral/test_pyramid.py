"""The display pyramid: the same however it is fed, readable while it grows, honest about damage and a full disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation.errors import InputError, OutputError
from separation.spectral import mapped
from separation.spectral.pyramid import FEWEST, Builder, Layout, Pyramid, overview_path
from separation.spectral.scales import decibels, mean_level, row_of
from tests.songs import Song

RATE = 44100


def build(path: Path, samples: np.ndarray, sizes: list[int], threads: int = 1, frames: int | None = None) -> Pyramid:
    """samples (C, T), in blocks of these sizes, over and over."""
    total = samples.shape[1]
    builder = Builder(
        path, sample_rate=RATE, frames=total if frames is None else frames, channels=len(samples), threads=threads
    )
    at = turn = 0
    while at < total:
        count = sizes[turn % len(sizes)]
        builder.feed(np.ascontiguousarray(samples[:, at : at + count].T))
        at, turn = at + count, turn + 1
    builder.close()
    return Pyramid(path)


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_of_any_size_give_the_same_file(song: Song, tmp_path: Path, threads: int) -> None:
    samples = song.mixture.samples
    build(tmp_path / "whole.pyr", samples, [samples.shape[1]])
    build(tmp_path / "parts.pyr", samples, [1, 4097, 65536, 333], threads)
    for kind in ("pyr", "ovw"):
        assert (tmp_path / f"whole.{kind}").read_bytes() == (tmp_path / f"parts.{kind}").read_bytes()


def test_a_full_scale_sine_reads_0_db_in_its_row(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    picture = build(tmp_path / "tone.pyr", np.stack([tone, tone]), [65536])
    level = decibels(picture.level(0)[60:110])
    assert np.abs(level.max(axis=1)).max() <= 1.0
    assert np.abs(level.argmax(axis=1) - row_of(1000.0)).max() <= 2


def test_each_level_halves_the_one_before_up_to_the_top(song: Song, tmp_path: Path) -> None:
    picture = build(tmp_path / "a.pyr", song.mixture.samples, [65536])
    counts = picture.layout.columns
    assert counts[0] == -(-song.mixture.frames // picture.layout.hop) and len(counts) > 1
    assert FEWEST <= counts[-1] < 2 * FEWEST
    for fine, coarse in zip(picture.levels, picture.levels[1:], strict=False):
        pairs = len(fine) // 2
        assert np.array_equal(coarse[:pairs], mean_level(fine[: 2 * pairs : 2], fine[1 : 2 * pairs : 2]))
        if len(fine) % 2:
            assert np.array_equal(coarse[-1], fine[-1])


def test_the_level_for_a_zoom_has_columns_no_wider_than_a_pixel() -> None:
    layout = Layout.of(RATE, RATE * 600)
    for seconds in (0.0001, 0.02, 0.3, 0.6):
        level = layout.level_for(seconds)
        assert layout.column_seconds(level) <= max(seconds, layout.column_seconds())
        assert level == 0 or layout.column_seconds(level + 1) > seconds or level == len(layout.columns) - 1
    assert layout.level_for(1e6) == len(layout.columns) - 1


def test_it_can_be_read_while_it_grows_and_a_shorter_song_is_noted(song: Song, tmp_path: Path) -> None:
    samples, path = song.mixture.samples, tmp_path / "a.pyr"
    builder = Builder(path, sample_rate=RATE, frames=2 * song.mixture.frames, channels=2, threads=1)
    picture = Pyramid(path)
    assert picture.columns_ready == 0 and not picture.complete
    builder.feed(np.ascontiguousarray(samples[:, : RATE * 4].T))
    early = picture.columns_ready
    assert 0 < early <= RATE * 4 // picture.layout.hop
    kept = picture.level(0)[:early].copy()
    builder.feed(np.ascontiguousarray(samples[:, RATE * 4 :].T))
    builder.close()
    assert picture.complete and picture.frames == song.mixture.frames
    assert picture.columns_ready == -(-song.mixture.frames // picture.layout.hop)
    assert np.array_equal(picture.level(0)[:early], kept)
    assert -60 < picture.top_db < 6


@pytest.mark.parametrize("damage", [b"", b"nonsense", bytes(1000)])
def test_what_is_no_picture_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.pyr"
    path.write_bytes(damage)
    with pytest.raises(InputError, match=r"a\.pyr"):
        Pyramid(path)


def test_a_picture_cut_short_is_refused(short_song: Song, tmp_path: Path) -> None:
    path = tmp_path / "a.pyr"
    build(path, short_song.mixture.samples, [65536])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="open the song again"):
        Pyramid(path)


def test_its_room_is_really_taken(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "a.pyr", sample_rate=RATE, frames=RATE * 60, channels=2, threads=1)
    builder.abandon()
    for path in (tmp_path / "a.pyr", overview_path(tmp_path / "a.pyr")):
        assert path.stat().st_blocks * 512 >= path.stat().st_size


@pytest.mark.parametrize("preallocates", [True, False])
def test_no_room_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preallocates: bool) -> None:
    resource = pytest.importorskip("resource")
    if not preallocates:
        monkeypatch.delattr("os.posix_fallocate", raising=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))  # files may not grow beyond 1 MiB
    try:
        with pytest.raises(OutputError, match=r"a\.pyr.*free some space"):
            Builder(tmp_path / "a.pyr", sample_rate=RATE, frames=RATE * 600, channels=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / "a.pyr").exists()


def test_a_file_that_cannot_be_reserved_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.posix_fallocate", raising=False)
    made = mapped.create(tmp_path / "a", 3_000_001)
    assert len(made) == 3_000_001 and not made.any()
