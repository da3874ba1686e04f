"""A 5.1 or 7.1 bed of a stereo song into a WAV of many channels, and its fold-down measured on what was written.

Nothing clips: where a channel would leave full scale (a loud song's middle is 3 dB louder in one loudspeaker), all of
it is turned down, and the report says by how much. On the file's grid the front sides take the rounding of the other
channels, so the standard fold-down is within half a step of the song. Memory stays that of a few blocks.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from separation.audio.reading import open_stream
from separation.audio.writing import BITS, Writer
from separation.errors import Cancelled, InputError, OutputError
from separation.mix.surround import LAYOUTS, SPEAKERS, bed, folded, fronts
from separation.progress import SILENT, Report


@dataclass(frozen=True)
class Surrounded:
    """What was written. fold_down_db: max |Lo − left|, |Ro − right| of the file as read back, in dBFS; −∞ is exact.

    trim_db: ≤ 0, the gain of everything, the song it is compared with included.
    """

    path: Path
    fold_down_db: float
    trim_db: float = 0.0


def export_surround(
    path: str | os.PathLike[str],
    stereo: np.ndarray,
    layout: str,
    *,
    sample_rate: int,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
    overwrite: bool = False,
    report: Report = SILENT,
) -> Surrounded:
    """Write the bed of a stereo song (T, 2) float32. layout: one of `surround.LAYOUTS`; subtype: PCM_24 if None.

    Raises InputError for a song that is not stereo, OutputError; nothing half-written is left.
    """
    target = Path(path)
    if stereo.shape[1] != 2:
        raise InputError("A surround bed is made from two channels: make stereo of a mono song first, with --upmix.")
    if target.suffix.lower() != ".wav":
        raise OutputError(f"A surround bed is written as WAV: end “{target.name}” with .wav.")
    if target.exists() and not overwrite:
        raise OutputError(f"“{target}” is already there: choose another name, or allow overwriting.")
    measuring, writing, checking = report.split(3, 4, 1)
    bits = BITS.get(subtype or "PCM_24", 0)
    peak = 0.0
    if bits:
        for song, block in _with_song(stereo, bed(stereo, sample_rate, layout, measuring)):
            block[:2] = fronts(song, block, layout)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
    full = 1 << (bits - 1) if bits else 1
    limit = 1 - 2 / full if bits else math.inf  # the fronts may be a step off
    trim = limit / peak if peak > limit else 1.0
    with Writer(
        target, sample_rate=sample_rate, channels=len(LAYOUTS[layout]), format="wav", subtype=subtype,
        tags=tags or {}, speakers=SPEAKERS[layout],
    ) as writer:  # fmt: skip
        for song, block in _with_song(stereo, bed(stereo, sample_rate, layout, writing)):
            if bits:
                whole = np.rint(block * (trim * full))
                whole[:2] = np.rint(fronts(song * (trim * full), whole, layout))
                writer.write_integers(np.clip(whole, -full, full - 1).astype(np.int32), bits)
            else:
                single = block.astype(np.float32)
                single[:2] = fronts(song, single, layout)
                writer.write(single)
    try:
        worst = _error(target, stereo, layout, trim, checking)
    except Cancelled:
        target.unlink(missing_ok=True)
        raise
    decibels = float(20 * np.log10(worst)) if worst else float("-inf")
    return Surrounded(target, decibels, float(20 * math.log10(trim)))


def _with_song(stereo: np.ndarray, blocks: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The song (2, n) float64 beside each block."""
    done = 0
    for block in blocks:
        stop = done + block.shape[1]
        yield np.asarray(stereo[done:stop], np.float64).T, block
        done = stop


def _error(path: Path, stereo: np.ndarray, layout: str, trim: float, report: Report) -> float:
    worst, done = 0.0, 0
    for song, block in _with_song(stereo, open_stream(path).blocks):
        worst = max(worst, float(np.abs(folded(block, layout) - trim * song).max(initial=0.0)))
        done += block.shape[1]
        report(done, len(stereo), "Read back what was written")
    return worst
