"""Penalty maps of painted sources, kept only where something was painted (Bryan & Mysore, ICML 2013).

L_s(f, n) ≥ 0 says how unlikely source s is in bin f of frame n; in use it is M_s = exp(−L_s), 1 where nobody painted.
Frames are cut into tiles; a painted tile holds one band of bins for all sources. The rest of the song costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError

TILE = 64  # frames
STRONGEST = 12.0  # of L, −104 dB: beyond it a source is as good as forbidden, and float32 still tells it from nothing


@dataclass(frozen=True, eq=False)
class Tile:
    """Bins low … high − 1. M: per source (n, high − low) frame by frame, None where the source is free."""

    low: int
    high: int
    M: tuple[Tensor | None, ...]


@dataclass(frozen=True, eq=False)
class Maps:
    """The maps of all sources over bins × frames; `tiles` by number, tile i from frame 64 i on. Never written to."""

    sources: int
    bins: int
    frames: int
    tiles: Mapping[int, Tile]

    def pieces(self, first: int, last: int) -> Iterator[tuple[slice, Tile | None]]:
        """Frames first … last − 1 cut at the tiles, each piece with its part of the map."""
        while first < last:
            index = first // TILE
            stop = min(last, (index + 1) * TILE)
            tile = self.tiles.get(index)
            if tile is not None:
                inside = slice(first - index * TILE, stop - index * TILE)
                tile = Tile(tile.low, tile.high, tuple(m if m is None else m[inside] for m in tile.M))
            yield slice(first, stop), tile
            first = stop

    def to(self, like: Tensor) -> Maps:
        """The same maps with the kind of numbers and on the device of `like`."""
        return Maps(
            self.sources, self.bins, self.frames,
            {i: Tile(t.low, t.high, tuple(m if m is None else m.to(like) for m in t.M)) for i, t in self.tiles.items()},
        )  # fmt: skip


def unpainted(sources: int, bins: int, frames: int) -> Maps:
    """Maps that hinder nobody."""
    return Maps(sources, bins, frames, {})


def maps_of(L: Tensor) -> Maps:
    """Maps of penalties L (J, F, N) >= 0, any shape a hand can draw. Raises ParameterError where they cannot be."""
    if L.ndim != 3 or not (float(L.min()) >= 0.0 and bool(torch.isfinite(L).all())):
        raise ParameterError("Penalties have the shape sources × bins × frames, and are finite and not negative.")
    sources, bins, frames = L.shape
    tiles = {}
    for index in range(-(-frames // TILE)):
        tile = tile_of(L[:, :, index * TILE : (index + 1) * TILE].mT)
        if tile is not None:
            tiles[index] = tile
    return Maps(sources, bins, frames, tiles)


def tile_of(L: Tensor, low: int = 0) -> Tile | None:
    """The tile of penalties L (J, n, band), whose first bin is `low`; None where all are zero."""
    rows = torch.nonzero(L.amax((0, 1)) > 0.0)[:, 0]
    if not len(rows):
        return None
    first, last = int(rows[0]), int(rows[-1]) + 1
    M = tuple(
        torch.exp(-one[:, first:last].clamp(max=STRONGEST)) if bool((one > 0.0).any()) else None for one in L
    )  # fmt: skip
    return Tile(low + first, low + last, M)
