"""Strokes on the spectrogram, “this is the voice” or “this is not the bass”, their JSON, and the maps they make.

    {"format": "unbraid strokes", "version": 1, "sources": ["vocals", "drums", "other"],
     "strokes": [{"source": "vocals", "low_hz": 300, "high_hz": 4000, "start_s": 41.2, "end_s": 43.0,
                  "strength_db": 40, "softness": 0.2}]}

A stroke of +40 dB holds all other sources 40 dB down where it lies, one of −40 dB the source itself (the penalties of
Bryan & Mysore, ICML 2013). `sources` is optional: without it, the painted ones in their order, and “other”.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.errors import InputError, OutputError
from separation.unfinished import beside

if TYPE_CHECKING:
    import torch

    from separation.nmf.painting.maps import Maps

FORMAT, VERSION = "unbraid strokes", 1
LARGEST = 16 << 20  # bytes of a file
MOST_STROKES, MOST_SOURCES = 100_000, 16
REST = "other"
NEPER = 20.0 / math.log(10.0)  # dB
BOUNDS = {
    "low_hz": (0.0, 1e6), "high_hz": (0.0, 1e6), "start_s": (0.0, 86400.0), "end_s": (0.0, 86400.0),
    "strength_db": (-100.0, 100.0), "softness": (0.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Stroke:
    """A rectangle. strength_db: above 0 “this is `source`”, below 0 “this is not”. softness: the share that is edge.

    Raises InputError for numbers out of bounds or a rectangle without area.
    """

    source: str
    low_hz: float
    high_hz: float
    start_s: float
    end_s: float
    strength_db: float = 40.0
    softness: float = 0.2

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise InputError(f"“{name}” of a stroke is a number from {low:g} to {high:g}; {value!r} is not.")
        if not isinstance(self.source, str) or not self.source.strip():
            raise InputError("A stroke needs the name of its source, such as “vocals”.")
        if not (self.low_hz < self.high_hz and self.start_s < self.end_s):
            raise InputError(
                f"The stroke for “{self.source}” at {self.start_s:g} s has no area: its low_hz must lie below its "
                "high_hz and its start_s before its end_s."
            )


@dataclass(frozen=True)
class Painting:
    """Strokes, and the names of all sources there are, painted or not."""

    sources: tuple[str, ...]
    strokes: tuple[Stroke, ...] = ()


@dataclass(frozen=True)
class Grid:
    """Where bins and frames of a spectrogram lie: bin f at f · sample_rate / n_fft Hz, frame n at n · hop samples."""

    sample_rate: int
    n_fft: int
    hop: int

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    def frames_of(self, start_s: float, end_s: float) -> tuple[int, int]:
        """First frame, and one past the last, whose windows touch these seconds."""
        reach = self.n_fft / 2
        first = math.floor((start_s * self.sample_rate - reach) / self.hop) + 1
        return max(first, 0), max(math.ceil((end_s * self.sample_rate + reach) / self.hop), 0)


def rasterise(strokes: Sequence[Stroke], sources: Sequence[str], grid: Grid, first: int, last: int) -> Maps:
    """The maps of frames first … last − 1; strokes of the same place add up. Strokes of unknown sources do nothing."""
    import torch

    from separation.nmf.painting.maps import TILE, Maps, tile_of

    names, tiles = list(sources), {}
    hertz = torch.arange(grid.bins, dtype=torch.float64) * (grid.sample_rate / grid.n_fft)
    known = [(stroke, _band(stroke, grid), *_span(stroke, grid)) for stroke in strokes if stroke.source in names]
    for index in range(-(-(last - first) // TILE)):
        begin, end = first + index * TILE, min(first + (index + 1) * TILE, last)
        here = [(stroke, band) for stroke, band, start, stop in known if start < end and stop > begin]
        if not here:
            continue
        low, high = min(band[0] for _, band in here), max(band[1] for _, band in here)
        if low >= high:
            continue
        L = torch.zeros(len(names), end - begin, high - low, dtype=torch.float32)
        seconds = torch.arange(begin, end, dtype=torch.float64) * (grid.hop / grid.sample_rate)
        for stroke, (bottom, top) in here:
            across = _profile(hertz[bottom:top], stroke.low_hz, stroke.high_hz, stroke.softness, float(hertz[1]))
            along = _profile(seconds, stroke.start_s, stroke.end_s, stroke.softness, grid.hop / grid.sample_rate)
            shape = (along[:, None] * across * (abs(stroke.strength_db) / NEPER)).float()
            for s, name in enumerate(names):
                if (name == stroke.source) == (stroke.strength_db < 0):
                    L[s, :, bottom - low : top - low] += shape
        tile = tile_of(L, low)
        if tile is not None:
            tiles[index] = tile
    return Maps(len(names), grid.bins, last - first, tiles)


def changed(before: Sequence[Stroke], after: Sequence[Stroke]) -> tuple[float, float] | None:
    """The seconds within which two sets of strokes differ; None where they do not."""
    old, new = set(before), set(after)
    differing = (old | new) - (old & new)
    if not differing:
        return None
    return min(stroke.start_s for stroke in differing), max(stroke.end_s for stroke in differing)


def load(path: str | os.PathLike[str]) -> Painting:
    """Strokes from a JSON file. Raises InputError, in a sentence, for what is not one."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"“{path.name}” is too large for a file of strokes.")
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"“{path}” cannot be read ({error.strerror}): give a JSON file of strokes.") from None
    except (ValueError, RecursionError):
        raise InputError(f"“{path.name}” is not JSON: give a file of strokes as the studio saves it.") from None
    return from_raw(raw, path.name)


def save(path: str | os.PathLike[str], painting: Painting) -> None:
    """Write strokes as JSON; the file appears whole or not at all. Raises OutputError."""
    path = Path(path)
    unfinished = beside(path.parent)
    try:
        unfinished.write_text(json.dumps(to_raw(painting), ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(f"“{path}” cannot be written ({error.strerror}): choose another place.") from error


def to_raw(painting: Painting) -> dict[str, Any]:
    """JSON values of strokes."""
    return {
        "format": FORMAT, "version": VERSION, "sources": list(painting.sources),
        "strokes": [asdict(stroke) for stroke in painting.strokes],
    }  # fmt: skip


def from_raw(raw: object, name: str = "This file") -> Painting:
    """Strokes of JSON values. Raises InputError for a wrong kind, an unknown name or a number out of bounds."""
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InputError(f"“{name}” holds no strokes: it must begin with the format “{FORMAT}”.")
    if raw.get("version") != VERSION:
        raise InputError(f"“{name}” was made by another version of Unbraid: this one reads version {VERSION}.")
    listed = raw.get("strokes", [])
    if not isinstance(listed, list) or len(listed) > MOST_STROKES or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"“{name}” must have a list “strokes” of at most {MOST_STROKES} objects.")
    known = {field.name for field in fields(Stroke)}
    strokes = []
    for number, one in enumerate(listed, 1):
        try:
            if not one.keys() <= known:
                strange = ", ".join(sorted(one.keys() - known))
                raise InputError(f"a stroke has {', '.join(sorted(known))}, not {strange}.")
            strokes.append(Stroke(**one))
        except TypeError:
            raise InputError(
                f"Stroke {number} of “{name}” lacks one of source, low_hz, high_hz, start_s and end_s."
            ) from None
        except InputError as error:
            raise InputError(f"Stroke {number} of “{name}”: {error}") from None
    sources = raw.get("sources")
    if sources is None:
        painted = dict.fromkeys(stroke.source for stroke in strokes)
        sources = [*painted, *([] if REST in painted else [REST])]
    if not isinstance(sources, list) or not all(isinstance(one, str) and one.strip() for one in sources):
        raise InputError(f"“sources” of “{name}” must be a list of names.")
    if not all(one[0] != "." and all(c.isprintable() and c not in '/\\:*?"<>|' for c in one) for one in sources):
        raise InputError(f"A source of “{name}” has a name that no file may have: use letters, digits and spaces.")
    if len({one.casefold() for one in sources}) != len(sources) or not 2 <= len(sources) <= MOST_SOURCES:
        raise InputError(f"“{name}” must name 2 to {MOST_SOURCES} different sources.")
    strangers = [stroke.source for stroke in strokes if stroke.source not in sources]
    if strangers:
        raise InputError(f"“{name}” has a stroke for “{strangers[0]}”, which is not among its sources.")
    return Painting(tuple(sources), tuple(strokes))


def _span(stroke: Stroke, grid: Grid) -> tuple[int, int]:
    """Frames that the stroke may touch."""
    step = grid.hop / grid.sample_rate
    return math.floor(stroke.start_s / step - 0.5), math.ceil(stroke.end_s / step + 0.5) + 1


def _band(stroke: Stroke, grid: Grid) -> tuple[int, int]:
    """Bins that the stroke may touch."""
    width = grid.sample_rate / grid.n_fft
    low, high = math.floor(stroke.low_hz / width - 0.5), math.ceil(stroke.high_hz / width + 0.5) + 1
    return min(max(low, 0), grid.bins), min(max(high, 0), grid.bins)


def _profile(places: torch.Tensor, low: float, high: float, softness: float, step: float) -> torch.Tensor:
    """1 within low … high, 0 half a step outside it; a raised cosine inwards over the soft share of its width."""
    import torch

    edge = softness * (high - low) / 2
    depth = torch.minimum(places - low, high - places) + step / 2
    if edge <= step:
        return (depth > 0).to(places)
    return torch.sin((depth / edge).clamp(0.0, 1.0) * (math.pi / 2)).square()
