"""One song through the command line: from its file to a folder of stems, with bounded memory.

The stems are written into a hidden folder beside their place and appear together when all are complete. In PCM files
they are integers whose sum is the song's integers (see `stems.quantise`); what is reported as residual is measured on
the files as they were written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from separation import unfinished
from separation.audio.blocks import Blocks, padded, remembered
from separation.audio.reading import SourceInfo, open_stream, probe
from separation.audio.resampling import resample_blocks
from separation.audio.writing import BITS, FORMATS, Writer, subtype_for
from separation.cli.interruption import Interruption
from separation.errors import InputError, OutputError
from separation.progress import Report
from separation.project import recipe
from separation.separator import Plan, separate_stream
from separation.stems import level_db, quantise

BLOCK = 1 << 16


@dataclass(frozen=True)
class Wish:
    """How the stems of a call are to be written. stems: those wanted, all if empty. recipe: whether one is written."""

    format: str = "flac"
    subtype: str | None = None
    stems: tuple[str, ...] = ()
    overwrite: bool = False
    recipe: bool = True


@dataclass(frozen=True)
class Outcome:
    """What was written. residual_db is None when not all stems were: then nothing sums to the song.

    recipe: the file that tells how the stems were made, "" if none was wanted.
    """

    duration: float
    sample_rate: int
    stems: dict[str, str]
    residual_db: float | None
    recipe: str = ""


def take_apart(
    path: Path,
    folder: Path,
    settled: Plan,
    wish: Wish,
    report: Report,
    interruption: Interruption,
    notice: Callable[[str], object],
) -> Outcome:
    """Separate one file into `folder`. Raises UnbraidError or Cancelled, and then leaves nothing behind."""
    info = probe(path)
    names = [name for name in settled.names if not wish.stems or name in wish.stems]
    targets = {name: folder / f"{name}{FORMATS[wish.format].extension}" for name in names}
    _allowed(path, folder, targets, wish.overwrite)
    told = _recipe(info, settled, targets, folder / recipe.NAME, wish.overwrite) if wish.recipe else None
    beside = unfinished.beside(folder.parent)
    separating, checking = report.split(19, 1)
    try:
        beside.mkdir()
        written = {name: beside / target.name for name, target in targets.items()}
        frames = _write(info, written, settled, wish, separating, notice)
        whole = len(names) == len(settled.names)
        residual = _residual(info, list(written.values()), frames, checking) if whole else None
        if told is not None:
            told["song"]["frames"] = frames
            recipe.write(beside / recipe.NAME, told)
            written, targets = {**written, "": beside / recipe.NAME}, {**targets, "": folder / recipe.NAME}
        with interruption.shield():
            _publish(beside, folder, targets, written)
        report(1, 1, "Done")
    except OutputError as error:
        raise OutputError(str(error).replace(str(beside), str(folder.parent))) from error  # the folder a person knows
    except OSError as error:
        raise OutputError(
            f"The stems of “{path.name}” cannot be put into “{folder}” ({error.strerror}): choose another folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside, ignore_errors=True)
    paths = {name: str(target) for name, target in targets.items() if name}
    return Outcome(frames / info.sample_rate, info.sample_rate, paths, residual, str(targets.get("", "")))


def subtype_of(info: SourceInfo, wish: Wish) -> str | None:
    """The sample format for the stems of that song: as wished, else the source's own; None for lossy formats."""
    if wish.subtype or not FORMATS[wish.format].lossless:
        return wish.subtype
    if info.subtype in ("FLOAT", "DOUBLE") and "FLOAT" in FORMATS[wish.format].subtypes:
        return "FLOAT"
    return subtype_for(info.subtype)


def _allowed(path: Path, folder: Path, targets: Mapping[str, Path], overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"“{folder}” is a file: choose another output folder with -o.")
    for target in targets.values():
        if target.exists() and os.path.samefile(target, path):
            raise OutputError(f"A stem would replace the song itself, “{path}”: choose another output folder with -o.")
        if target.exists() and not overwrite:
            raise OutputError(f"“{target}” is already there: add --overwrite, or choose another folder with -o.")


def _recipe(
    info: SourceInfo, settled: Plan, stems: Mapping[str, Path], there: Path, overwrite: bool
) -> dict[str, Any]:
    """How the stems are made; together with the recipe that is there, which stems of the same run may join."""
    song = {
        "file": info.path.name, "sha256": recipe.sha256(info.path), "sample_rate": info.sample_rate,
        "channels": info.channels, "frames": info.frames, "title": info.title, "artist": info.artist,
    }  # fmt: skip
    names = settled.names
    told = recipe.of_run(song, settled.method, settled.parameters, names, names[settled.rest], stems)
    if not there.exists():
        return told
    joined = recipe.add_to(there, told)
    if joined is None and not overwrite:
        raise OutputError(
            f"“{there}” tells of another song or other settings: add --overwrite or --no-recipe, or choose another "
            "folder with -o."
        )
    return joined or told


def _write(
    info: SourceInfo, written: Mapping[str, Path], settled: Plan, wish: Wish, report: Report,
    notice: Callable[[str], object],
) -> int:  # fmt: skip
    """Run the separation into files; returns the number of samples."""
    subtype = subtype_of(info, wish)
    bits = BITS.get(subtype or "")
    stream, passed = remembered(open_stream(info.path, notice=notice))
    frames = clipped = 0
    with contextlib.ExitStack() as files:
        writers = {
            settled.names.index(name): files.enter_context(
                Writer(
                    target, sample_rate=info.sample_rate, channels=info.channels, format=wish.format, subtype=subtype,
                    tags=info.tags, cover=info.cover,
                )
            )
            for name, target in written.items()
        }  # fmt: skip
        for block in separate_stream(stream, settled, report):
            report.check()
            mixture = passed.take(block.shape[2])
            frames += mixture.shape[1]
            if bits:
                # not clipped: a song over full scale, as decoders give, often fits once it is spread over stems
                exact = np.rint(mixture.astype(np.float64) * (1 << (bits - 1))).astype(np.int64)
                whole = quantise(block, exact, settled.rest, bits)
                clipped += int(np.count_nonzero(whole.sum(axis=0, dtype=np.int64) != exact))
                for j, writer in writers.items():
                    writer.write_integers(whole[j], bits)
            else:
                for j, writer in writers.items():
                    writer.write(block[j])
    if clipped:
        notice(
            f"“{info.path.name}” is louder than its stems can hold at {clipped} samples, which were clipped: "
            "choose --format wav --subtype FLOAT to keep them."
        )
    if frames == 0:
        raise InputError(f"“{info.path.name}” holds no sound: choose another file.")
    return frames


def _residual(info: SourceInfo, files: list[Path], frames: int, report: Report) -> float:
    """Level of the song minus all its stems, relative to the song, in dB, read from the files."""
    song = Blocks(info.channels, open_stream(info.path).blocks)
    stems = []
    for path in files:
        stream = open_stream(path)
        stems.append(Blocks(stream.channels, resample_blocks(stream.blocks, stream.sample_rate, info.sample_rate)))
    loud = left = 0.0
    for start in range(0, frames, BLOCK):
        report(start, frames, "Checking the sum")
        block = song.take(BLOCK).astype(np.float64)
        rest = block - sum(padded(stem.take(block.shape[1]), block.shape[1]).astype(np.float64) for stem in stems)
        loud += float(np.vdot(block, block))
        left += float(np.vdot(rest, rest))
    return level_db(left, loud)


def _publish(beside: Path, folder: Path, targets: Mapping[str, Path], written: Mapping[str, Path]) -> None:
    if not folder.exists():
        os.replace(beside, folder)  # all stems at once
        return
    for name, target in targets.items():
        os.replace(written[name], target)
