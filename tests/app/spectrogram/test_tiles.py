"""Tiles put together are the picture painted at once, in every mode; until they are there, a coarser level is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.spectrogram import colours
from app.spectrogram.look import Look
from app.spectrogram.tiles import WIDTH, Tiles
from separation.spectral.pyramid import Builder, Pyramid
from separation.spectral.scales import tilt
from tests.songs import NAMES, Song

LOOKS = (Look(), Look("mix"), Look("stems", frozenset({"drums"})), Look("solo", focus="bass"))


def opened(folder: Path) -> tuple[Pyramid, dict[str, Pyramid]]:
    return Pyramid(folder / "mixture.pyr"), {name: Pyramid(folder / f"{name}.pyr") for name in NAMES}


def whole(song: Pyramid, stems: dict[str, Pyramid], look: Look, dark: bool, level: int) -> np.ndarray:
    top = (song.top_db - tilt(song.layout.rows)).astype(np.float32)
    picture = colours.paint(
        song.level(level), {n: p.level(level) for n, p in stems.items()}, top, dark=dark, weights=look.weights(NAMES),
        focus=look.focus,
    )  # fmt: skip
    return picture.T[::-1]


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.mode)
def test_tiles_are_the_picture_painted_at_once(pictures: Path, look: Look, dark: bool) -> None:
    song, stems = opened(pictures)
    for level in range(len(song.layout.columns)):
        tiles = Tiles()
        columns = song.layout.columns[level]
        tiles.show(song, stems, look, dark, level, 0, columns)
        while tiles.pending:
            tiles.work(1.0)
        pixels, first = tiles.strip()
        assert first == 0
        assert np.array_equal(pixels[:, :columns], whole(song, stems, look, dark, level))


def test_modes_differ_and_solo_dims_the_others(pictures: Path) -> None:
    song, stems = opened(pictures)
    painted = [whole(song, stems, look, True, 0) for look in LOOKS]
    assert all(not np.array_equal(a, b) for k, a in enumerate(painted) for b in painted[:k])
    brightness = [((p >> 8) & 255).astype(int).mean() for p in painted]
    assert brightness[3] < 0.95 * brightness[1]


def test_what_is_seen_comes_first_and_a_coarser_level_until_then(pictures: Path) -> None:
    song, stems = opened(pictures)
    tiles, top = Tiles(), len(song.layout.columns) - 1
    tiles.show(song, stems, Look(), True, 0, 200, 500)
    assert tiles.missing and tiles.work(0.0)  # one tile, and that is one of the coarsest level
    pixels, first = tiles.strip()
    assert first == WIDTH
    assert top >= 1
    begin = WIDTH >> top
    shown = np.repeat(whole(song, stems, Look(), True, top)[:, begin : 2 * begin], 1 << top, axis=1)
    assert np.array_equal(pixels[:, :WIDTH], shown)
    while tiles.missing:
        tiles.work(0.0)
    assert np.array_equal(tiles.strip()[0][:, :WIDTH], whole(song, stems, Look(), True, 0)[:, WIDTH : 2 * WIDTH])


def test_what_is_not_separated_yet_is_grey_and_what_is_not_read_yet_empty(song: Song, tmp_path: Path) -> None:
    builders = {
        name: Builder(tmp_path / f"{name}.pyr", sample_rate=44100, frames=song.mixture.frames, channels=2, threads=1)
        for name in ("mixture", *NAMES)
    }
    frames = song.mixture.frames
    for name, builder in builders.items():
        samples = (song.mixture if name == "mixture" else song.stems[name]).samples
        builder.feed(np.ascontiguousarray(samples[:, : frames * 3 // 4 if name == "mixture" else frames // 2].T))
    mixture, stems = opened(tmp_path)
    ready, coloured = mixture.columns_ready, min(p.columns_ready for p in stems.values())
    assert 0 < coloured < ready < mixture.layout.columns[0]
    tiles = Tiles()
    tiles.show(mixture, stems, Look(), True, 0, 0, mixture.layout.columns[0])
    while tiles.pending:
        tiles.work(1.0)
    pixels, _ = tiles.strip()
    red, green, blue = (((pixels >> s) & 255).astype(int) for s in (16, 8, 0))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    assert spread[:, :coloured].max() > 60
    assert spread[:, coloured:].max() <= 1
    assert green[:, coloured:ready].max() > 100
    assert (pixels[:, ready:] == pixels[0, -1]).all()
    for builder in builders.values():
        builder.abandon()
