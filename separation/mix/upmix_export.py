"""An upmix into a stereo file, and the fold-down meter on what was written.

Mono song and stems are mixed as the mixer says (faders, mutes, phase), then placed (`mix/upmix.py`). In PCM files
L + R is then twice the mono mix, integer for integer, and nothing clips: where the song leaves no room for the sides
they are turned down, and where the mono mix itself is over full scale all of it is. Memory stays that of a few blocks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from separation.audio.reading import open_stream
from separation.audio.resampling import resample_blocks
from separation.audio.tags import Cover
from separation.audio.writing import BITS, Writer
from separation.errors import Cancelled, InputError, OutputError
from separation.mix.dither import Dither
from separation.mix.fold_down import fold_down_db
from separation.mix.render import matrices, mix_block
from separation.mix.stage import places
from separation.mix.state import MixState, gain
from separation.mix.upmix import Sides, mixed_places, room, sides_apart
from separation.progress import SILENT, Report

NARROW = 0.9  # sides turned down to less than this count as narrowed


@dataclass(frozen=True)
class Upmixed:
    """What was written. fold_down_db: max |(L + R) / 2 − mono mix| of the file as read back, in dBFS; −∞ is exact.

    narrowed: share of the samples at which the song was too near full scale for the whole width. trim_db: ≤ 0, the
    gain of everything where the mono mix was over full scale.
    """

    path: Path
    fold_down_db: float
    narrowed: float = 0.0
    trim_db: float = 0.0


def export_upmix(
    path: str | os.PathLike[str],
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    state: MixState,
    layout: str,
    *,
    sample_rate: int,
    format: str | None = None,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
    cover: Cover | None = None,
    overwrite: bool = False,
    report: Report = SILENT,
) -> Upmixed:
    """Write the stereo upmix of a mono song.

    mixture, stems: (T, 1) float32, or (T, 2): then the song's channels must be equal, and each stem's are averaged.
    layout: one of `stage.LAYOUTS`. subtype: PCM_24 if None, whatever the song has: the sides need the bits.
    Raises InputError for a song that is stereo already, OutputError; nothing half-written is left.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"“{target}” is already there: choose another name, or allow overwriting.")
    song = _Song(mixture, stems, state, layout, sample_rate)
    listening, writing, checking = report.split(1, 4, 1)
    low, high = _extremes(song, listening)
    narrowed = 0
    with Writer(
        target, sample_rate=sample_rate, channels=2, format=format, subtype=subtype, tags=tags or {}, cover=cover
    ) as writer:
        bits = BITS.get(writer.subtype, 24)
        full, bounded = 1 << (bits - 1), writer.subtype != "FLOAT"
        trim = min(1.0, _fit(high, 1 - 1 / full), _fit(-low, 1.0)) if bounded else 1.0
        dither = Dither(bits) if bits < 24 else None
        for start, mid, sides in song.blocks(trim, full):
            inside = slice(song.sides.margin, song.sides.margin + min(song.sides.block, song.frames - start))
            if bounded:
                space = room(np.clip(np.rint(mid), -full, full - 1), full)
                wanted, sides = sides[inside], song.sides.narrowed(sides, space)
                narrowed += int(np.count_nonzero(np.abs(sides[inside]) < NARROW * np.abs(wanted) - 1))
            mid, sides = mid[inside], sides[inside]
            if dither:
                mid, sides = (dither(sound[None] / full)[0] * full for sound in (mid, sides))
            if bounded:
                whole = np.clip(np.rint(mid), -full, full - 1).astype(np.int64)
                space = room(whole, full)
                writer.write_integers(sides_apart(whole, np.clip(np.rint(sides), -space, space).astype(np.int64)), bits)
            else:
                writer.write(sides_apart(mid, np.rint(sides)) / full)
            writing(min(start + song.sides.block, song.frames), song.frames, f"Write {target.name}")
    try:
        error = fold_down_db(_pairs(target, song, trim, checking))
    except Cancelled:
        target.unlink(missing_ok=True)
        raise
    return Upmixed(target, error, narrowed / max(song.frames, 1), float(20 * math.log10(trim)))


class _Song:
    """The mono song and its stems as the mixer has them, in windows that may reach over the song's ends."""

    def __init__(
        self, mixture: np.ndarray, stems: Mapping[str, np.ndarray], state: MixState, layout: str, sample_rate: int
    ) -> None:
        self.frames, self.sample_rate = len(mixture), sample_rate
        stems = stems or {"mixture": mixture}
        names = tuple(stems)
        self._mixture, self._stems = mixture, tuple(stems.values())
        self._matrices = matrices(state, names, 1)
        self._master = gain(state.master_db)
        self.sides = Sides(mixed_places(places(names, layout), names, state), names, sample_rate)
        if mixture.shape[1] > 2:
            raise InputError(f"This song has {mixture.shape[1]} channels: an upmix makes stereo of mono songs.")

    def mid(self, start: int, stop: int) -> np.ndarray:
        """The mono mix, float32 (n,). Raises InputError where the song's channels differ."""
        block = self._cut(self._mixture, start, stop)
        if block.shape[0] == 2 and not np.array_equal(block[0], block[1]):
            moment = (max(start, 0) + int(np.argmax(block[0] != block[1]))) / self.sample_rate
            raise InputError(
                f"This song is stereo already (its sides differ at {moment:.2f} s): an upmix makes stereo of mono "
                "songs; to widen this one, use the width of its stems."
            )
        return mix_block(
            block[:1], [self._mono(stem, start, stop)[None] for stem in self._stems], self._matrices, self._matrices,
            master=(self._master, self._master),
        )[0]  # fmt: skip

    def blocks(self, trim: float, full: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Where a block starts, and M and S in steps of `full`, float64, with the margin around the block."""
        margin, scale = self.sides.margin, trim * full
        levels = self._matrices[:, 0, 0] * self._master
        for start in range(0, self.frames, self.sides.block):
            stop = min(start + self.sides.block, self.frames)
            window = [
                level * self._mono(stem, start - margin, stop + margin)
                for stem, level in zip(self._stems, levels, strict=True)
            ]
            yield start, self.mid(start - margin, stop + margin) * np.float64(scale), self.sides(window) * scale

    def _mono(self, array: np.ndarray, start: int, stop: int) -> np.ndarray:
        return np.asarray(self._cut(array, start, stop).mean(axis=0, dtype=np.float64))

    def _cut(self, array: np.ndarray, start: int, stop: int) -> np.ndarray:
        """(C, stop − start), silent where there is no song."""
        inside = np.asarray(array[max(start, 0) : max(min(stop, self.frames), 0)]).T
        return np.pad(inside, ((0, 0), (max(-start, 0), max(stop - self.frames, 0))))


def _fit(peak: float, limit: float) -> float:
    return limit / peak if peak > limit else 1.0


def _extremes(song: _Song, report: Report) -> tuple[float, float]:
    """The lowest and the highest value of the mono mix, 0 included."""
    low = high = 0.0
    for start in range(0, song.frames, song.sides.block):
        stop = min(start + song.sides.block, song.frames)
        mid = song.mid(start, stop)
        low, high = min(low, float(mid.min())), max(high, float(mid.max()))
        report(stop, song.frames, "Measure the peak")
    return low, high


def _pairs(path: Path, song: _Song, trim: float, report: Report) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What is in the file, and what it should fold down to, block by block."""
    stream = open_stream(path, song.sides.block)
    done = 0
    for block in resample_blocks(stream.blocks, stream.sample_rate, song.sample_rate):
        block = block[:, : song.frames - done]
        stop = done + block.shape[1]
        yield block, song.mid(done, stop) * np.float64(trim)
        done = stop
        report(done, song.frames, "Read back what was written")
    if done < song.frames:
        yield np.zeros((2, 0)), song.mid(done, song.frames) * np.float64(trim)
