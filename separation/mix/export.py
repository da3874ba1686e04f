"""Mix and stems from mapped arrays into files, and the proof of what was written: every file is read back.

Stems in 16 or 24 bits add up to the song's integers exactly (`stems.quantise`): one of them, the rest, takes the
rounding of the others. A mix over full scale is not clipped silently: formats that cannot hold it get the whole mix
turned down by as much as it is over, and the report says so (`over="trim"`, the default); `over="clip"` keeps the
level and says how far it was over. Float files keep everything. A mix that does not lie on the steps of 16 bits is
dithered on the way there; stems never are. Memory stays that of a few blocks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from separation.audio.reading import open_stream
from separation.audio.resampling import resample_blocks
from separation.audio.tags import Cover
from separation.audio.writing import BITS, FORMATS, Writer
from separation.errors import Cancelled, OutputError
from separation.mix.dither import Dither
from separation.mix.render import matrices, mix_block
from separation.mix.state import MixState, gain
from separation.progress import SILENT, Report
from separation.stems import SILENCE_DB, integers, level_db, quantise

BLOCK = 1 << 16  # frames


@dataclass(frozen=True)
class Export:
    """What was written, as measured on the files themselves.

    paths: by stem name; a mix is called "mix". residual_db: level of what the files lack, relative to what they should
    hold; −200 is an exact sum. peak_db: sample peak of the mix before `trim_db` (≤ 0) was applied; −∞ for silence.
    """

    paths: dict[str, Path] = field(default_factory=dict)
    residual_db: float = SILENCE_DB
    peak_db: float = float("-inf")
    trim_db: float = 0.0

    @property
    def exact(self) -> bool:
        return self.residual_db <= SILENCE_DB + 1e-6


def export_mix(
    path: str | os.PathLike[str],
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    state: MixState,
    *,
    sample_rate: int,
    format: str | None = None,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
    cover: Cover | None = None,
    span: tuple[int, int] | None = None,
    over: Literal["trim", "clip"] = "trim",
    overwrite: bool = False,
    report: Report = SILENT,
) -> Export:
    """Write the mix the mixer plays.

    mixture, stems: (T, C) float32. format: a key of FORMATS; by the ending of `path` if None. subtype: PCM_24 if None.
    span: frames (from, to) to write; all if None. Raises OutputError; nothing half-written is left.
    """
    target = Path(path)
    _free([target], overwrite)
    start, stop = part_of(len(mixture), span)

    def blocks(level: float = 1.0) -> Iterator[np.ndarray]:
        return _mixed(mixture, stems, state, start, stop, level)

    measuring, writing, checking = report.split(1, 3, 1)
    peak = 0.0
    for block, done in _counted(blocks()):
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        measuring(done, stop - start, "Measure the peak")
    holds_more = subtype == "FLOAT"
    trim = 1 / peak if peak > 1 and over == "trim" and not holds_more else 1.0
    with Writer(
        target, sample_rate=sample_rate, channels=mixture.shape[1], format=format, subtype=subtype, tags=tags or {},
        cover=cover,
    ) as writer:  # fmt: skip
        dither = Dither() if writer.subtype == "PCM_16" else None
        for block, done in _counted(blocks(trim)):
            writer.write(dither(block) if dither else block)
            writing(done, stop - start, f"Write {target.name}")
    with _removed_on_cancel([target]):
        residual = _residual(blocks(trim), [target], sample_rate, stop - start, checking)
    decibels = float(20 * np.log10(peak)) if peak else float("-inf")
    return Export({"mix": target}, residual, decibels, float(20 * np.log10(trim)))


def export_stems(
    folder: str | os.PathLike[str],
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    *,
    rest: str,
    sample_rate: int,
    format: str = "flac",
    subtype: str | None = None,
    names: tuple[str, ...] = (),
    prefix: str = "",
    tags: Mapping[str, str] | None = None,
    cover: Cover | None = None,
    span: tuple[int, int] | None = None,
    overwrite: bool = False,
    report: Report = SILENT,
) -> Export:
    """Write stems as `folder/<prefix><name>.<ext>`, untouched by the mixer; together they are the mixture.

    rest: the stem that takes the rounding. names: only these; the residual then compares them with themselves.
    span: frames (from, to) to write; all if None. The folder is made if it is not there.
    """
    if format not in FORMATS:
        raise OutputError(f"There is no format “{format}”: choose one of {', '.join(FORMATS)}.")
    kind = FORMATS[format]
    chosen = names or tuple(stems)
    settled = (subtype or "PCM_24") if kind.lossless else None
    paths = {name: Path(folder) / f"{prefix}{name}{kind.extension}" for name in chosen}
    _free(list(paths.values()), overwrite)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"There is no folder “{folder}” and it cannot be made: choose another.") from error
    bits, order, (start, stop) = BITS.get(settled or ""), tuple(stems), part_of(len(mixture), span)
    writing, checking = report.split(3, 1)
    with ExitStack() as open_files:
        writers = {
            name: open_files.enter_context(
                Writer(paths[name], sample_rate=sample_rate, channels=mixture.shape[1], format=format,
                       subtype=settled, tags={**(tags or {}), "title": _title(tags, name)}, cover=cover)
            )
            for name in chosen
        }  # fmt: skip
        for at in range(start, stop, BLOCK):
            part = slice(at, min(at + BLOCK, stop))
            block = np.stack([np.asarray(stems[name][part]).T for name in order])
            if bits:
                whole = quantise(block, integers(np.asarray(mixture[part]).T, bits), order.index(rest), bits)
            for name, writer in writers.items():
                j = order.index(name)
                if bits:
                    writer.write_integers(whole[j], bits)
                else:
                    writer.write(block[j])
            writing(part.stop - start, stop - start, f"Write {len(writers)} stems")
    wanted = [mixture] if set(chosen) == set(order) else [stems[name] for name in chosen]
    sums = (
        np.asarray(sum(np.asarray(array[at : min(at + BLOCK, stop)], np.float64).T for array in wanted))
        for at in range(start, stop, BLOCK)
    )
    with _removed_on_cancel(list(paths.values())):
        return Export(paths, _residual(sums, list(paths.values()), sample_rate, stop - start, checking))


def part_of(frames: int, span: tuple[int, int] | None) -> tuple[int, int]:
    """The frames (from, to) that are to be written. Raises OutputError if there are none between them."""
    start, stop = span or (0, frames)
    if not 0 <= start < stop <= frames:
        raise OutputError(f"There is no sound from frame {start} to {stop} of {frames}: choose another part.")
    return start, stop


def _mixed(
    mixture: np.ndarray, stems: Mapping[str, np.ndarray], state: MixState, start: int, stop: int, level: float
) -> Iterator[np.ndarray]:
    settled = matrices(state, tuple(stems), mixture.shape[1])
    master = gain(state.master_db) * level
    for at in range(start, stop, BLOCK):
        part = slice(at, min(at + BLOCK, stop))
        inside = [np.asarray(stem[part]).T for stem in stems.values()]
        yield mix_block(np.asarray(mixture[part]).T, inside, settled, settled, master=(master, master))


def _residual(wanted: Iterator[np.ndarray], paths: list[Path], sample_rate: int, frames: int, report: Report) -> float:
    """Level of `wanted` minus the sum of the files, relative to `wanted`, in dB."""
    read = [_even(_at_rate(path, sample_rate)) for path in paths]
    lacking = whole = 0.0
    for block, done in _counted(wanted):
        rest = np.asarray(block, np.float64)
        whole += float(np.square(rest).sum())
        for blocks in read:
            found = next(blocks, np.zeros((rest.shape[0], 0), np.float32))[:, : rest.shape[1]]
            rest = rest - np.pad(found, ((0, 0), (0, rest.shape[1] - found.shape[1])))
        lacking += float(np.square(rest).sum())
        report(done, max(frames, 1), "Read back what was written")
    return level_db(lacking, whole)


def _at_rate(path: Path, sample_rate: int) -> Iterator[np.ndarray]:
    stream = open_stream(path, BLOCK)
    return resample_blocks(stream.blocks, stream.sample_rate, sample_rate)


def _even(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same samples in blocks of BLOCK, the last one shorter."""
    kept: list[np.ndarray] = []
    for block in blocks:
        kept.append(block)
        if sum(b.shape[1] for b in kept) >= BLOCK:
            whole = np.concatenate(kept, axis=1)
            cut = whole.shape[1] // BLOCK * BLOCK
            yield from (whole[:, at : at + BLOCK] for at in range(0, cut, BLOCK))
            kept = [whole[:, cut:]]
    if kept:
        yield np.concatenate(kept, axis=1)


def _counted(blocks: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, int]]:
    """Blocks, and how many samples there were up to the end of each."""
    done = 0
    for block in blocks:
        done += block.shape[1]
        yield block, done


def _free(paths: list[Path], overwrite: bool) -> None:
    taken = next((path for path in paths if path.exists()), None)
    if taken is not None and not overwrite:
        raise OutputError(f"“{taken}” is already there: choose another name, or allow overwriting.")


def _title(tags: Mapping[str, str] | None, stem: str) -> str:
    title = (tags or {}).get("title", "")
    return f"{title} ({stem})" if title else stem


@contextmanager
def _removed_on_cancel(paths: list[Path]) -> Iterator[None]:
    """Files that are whole but unwanted go when the person says stop."""
    try:
        yield
    except Cancelled:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
