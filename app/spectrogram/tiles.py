"""The picture in tiles of 128 columns, painted in small steps, so that scrolling and zooming never wait.

    tiles.show(song, stems, look, dark, level, first, last)   # columns of a level of the pyramid that are wanted
    tiles.work(0.005)                                         # paint for that long, what is seen first
    pixels, column = tiles.strip()                            # the columns from `column` on, as good as they are now

What is not painted yet is shown from a coarser level. A tile that went out of date (the song is still being read, a
stem was hidden) stays until its successor is painted.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.spectrogram import colours
from app.spectrogram.look import Look
from separation.spectral.pyramid import Pyramid
from separation.spectral.scales import tilt

WIDTH = 128  # columns of a tile
LIMIT = 384  # tiles that are kept: 100 MB at 512 rows
AHEAD = 4  # tiles painted beyond each end when there is nothing else to do

Place = tuple[int, int]  # level, number of the tile
Stamp = tuple[object, ...]


@dataclass(frozen=True)
class Wanted:
    """What is to be shown. ready: columns of the finest level the song has; coloured: those that all stems have."""

    song: Pyramid
    stems: dict[str, Pyramid]
    look: Look
    dark: bool
    level: int
    first: int
    last: int
    ready: int
    coloured: int
    top_db: float

    @property
    def tiles(self) -> range:
        """The tiles of the level that are seen."""
        return range(self.first // WIDTH, max(self.first // WIDTH + 1, -(-self.last // WIDTH)))

    @property
    def base(self) -> Iterator[Place]:
        """The coarsest level: always there."""
        level = len(self.song.layout.columns) - 1
        return ((level, number) for number in range(-(-self.song.layout.columns[level] // WIDTH)))


class Tiles:
    """Paints and keeps tiles, uint32 ARGB (rows, WIDTH), highest row first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, tuple[Stamp, np.ndarray]] = OrderedDict()
        self._wanted: Wanted | None = None
        self._path: Path | None = None
        self._strip: tuple[int, range, np.ndarray] | None = None
        self._drawn: dict[int, int] = {}  # tile of the strip -> identity of what was copied

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._wanted = self._strip = None

    def show(
        self, song: Pyramid, stems: dict[str, Pyramid], look: Look, dark: bool, level: int, first: int, last: int
    ) -> None:
        """Say what is wanted: columns first to last of a level."""
        if song.path != self._path:
            self.clear()
            self._path = song.path
        fit = {n: p for n, p in stems.items() if p.layout.hop == song.layout.hop and p.layout.rows == song.layout.rows}
        coloured = min((p.columns_ready for p in fit.values()), default=0)
        count = song.layout.columns[level]
        first = min(max(0, first), count - 1)
        self._wanted = Wanted(
            song, fit, look, dark, level, first, min(max(last, first + 1), count), song.columns_ready, coloured,
            song.top_db,
        )  # fmt: skip

    def work(self, seconds: float) -> bool:
        """Paint for about that long; whether anything that is seen became better."""
        wanted, better, end = self._wanted, False, time.perf_counter() + seconds
        if wanted is None:
            return False
        for place, seen in self._order(wanted):
            if self._fresh(wanted, place):
                continue
            self._keep(place, (stamp(wanted, place), painted(wanted, place)))
            better = better or seen
            if time.perf_counter() >= end:
                break
        return better

    @property
    def pending(self) -> bool:
        """Whether there is anything left to paint."""
        wanted = self._wanted
        return wanted is not None and not all(self._fresh(wanted, place) for place, _ in self._order(wanted))

    @property
    def missing(self) -> bool:
        """Whether something that is seen is not there at its own resolution."""
        wanted = self._wanted
        return wanted is not None and any((wanted.level, number) not in self._kept for number in wanted.tiles)

    def strip(self) -> tuple[np.ndarray, int]:
        """Pixels (rows, n) of whole tiles around what is wanted, and the column they begin with."""
        wanted = self._wanted
        assert wanted is not None
        if self._strip is None or self._strip[:2] != (wanted.level, wanted.tiles):
            pixels = np.empty((wanted.song.layout.rows, len(wanted.tiles) * WIDTH), np.uint32)
            self._strip, self._drawn = (wanted.level, wanted.tiles, pixels), {}
        pixels = self._strip[2]
        for k, number in enumerate(wanted.tiles):
            known = self._kept.get((wanted.level, number))
            part = known[1] if known else None
            if part is not None and self._drawn.get(number) == id(part):
                continue
            pixels[:, k * WIDTH : (k + 1) * WIDTH] = self._coarser(wanted, number) if part is None else part
            self._drawn[number] = id(part) if part is not None else 0
        return pixels, wanted.tiles.start * WIDTH

    @staticmethod
    def _order(wanted: Wanted) -> Iterator[tuple[Place, bool]]:
        """What to paint, most urgent first, and whether it is seen."""
        seen = wanted.tiles
        if len(wanted.song.layout.columns) - 1 > wanted.level:
            for place in wanted.base:
                yield place, True
        for number in seen:
            yield (wanted.level, number), True
        count = -(-wanted.song.layout.columns[wanted.level] // WIDTH)
        for step in range(AHEAD):
            for number in (seen.stop + step, seen.start - 1 - step):
                if 0 <= number < count:
                    yield (wanted.level, number), False

    def _fresh(self, wanted: Wanted, place: Place) -> bool:
        known = self._kept.get(place)
        return known is not None and known[0] == stamp(wanted, place)

    def _keep(self, place: Place, made: tuple[Stamp, np.ndarray]) -> None:
        self._kept[place] = made
        self._kept.move_to_end(place)
        while len(self._kept) > LIMIT:
            self._kept.popitem(last=False)

    def _coarser(self, wanted: Wanted, number: int) -> np.ndarray | np.uint32:
        """The columns of a tile that is not there, from the nearest coarser level that is."""
        for up in range(1, len(wanted.song.layout.columns) - wanted.level):
            size = WIDTH >> up
            first = number * WIDTH >> up
            known = self._kept.get((wanted.level + up, first // WIDTH))
            if known is not None:
                if size:
                    return np.repeat(known[1][:, first % WIDTH : first % WIDTH + size], 1 << up, axis=1)
                return known[1][:, first % WIDTH : first % WIDTH + 1]
        return nothing(wanted.dark)


def stamp(wanted: Wanted, place: Place) -> Stamp:
    """What a tile depends on."""
    level, number = place
    begin, end = number * WIDTH << level, (number + 1) * WIDTH << level
    return (
        wanted.dark, wanted.look, tuple(p.path for p in wanted.stems.values()), wanted.top_db,
        min(max(begin, wanted.ready), end), min(max(begin, wanted.coloured), end),
    )  # fmt: skip


def painted(wanted: Wanted, place: Place) -> np.ndarray:
    """A tile, (rows, WIDTH), highest row first; columns that are not there yet are empty."""
    level, number = place
    layout = wanted.song.layout
    begin, end = number * WIDTH, min((number + 1) * WIDTH, layout.columns[level])
    ready = min(max(begin, at_level(wanted.ready, level, layout.columns[0])), end)
    coloured = min(max(begin, at_level(wanted.coloured, level, layout.columns[0])), ready)
    stems = {n: p.level(level)[begin:coloured] for n, p in wanted.stems.items() if level < len(p.layout.columns)}
    if len(stems) < len(wanted.stems) or any(len(part) < coloured - begin for part in stems.values()):
        coloured, stems = begin, {}
    top = (np.float32(wanted.top_db) - tilt(layout.rows)).astype(np.float32)
    song, look = wanted.song.level(level), wanted.look
    result = np.full((WIDTH, layout.rows), nothing(wanted.dark), np.uint32)
    if coloured > begin:
        result[: coloured - begin] = colours.paint(
            song[begin:coloured], stems, top, dark=wanted.dark, weights=look.weights(tuple(stems)),
            focus=look.focus if look.mode == "solo" else "",
        )  # fmt: skip
    if ready > coloured:
        result[coloured - begin : ready - begin] = colours.paint(song[coloured:ready], {}, top, dark=wanted.dark)
    return np.ascontiguousarray(result.T[::-1])


def at_level(columns: int, level: int, total: int) -> int:
    """How many columns of a level are there when `columns` of the finest are; the last may be half a pair."""
    return columns >> level if columns < total else -(-columns // (1 << level))


def nothing(dark: bool) -> np.uint32:
    """The colour of silence."""
    return np.uint32(colours.table(dark)[16 * 33])
