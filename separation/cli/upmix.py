"""The upmix of `unbraid remix`: which of its options ask for one, and what is told about the file."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from separation.cli.arrays import mapped
from separation.cli.interruption import Interruption
from separation.cli.terminal import Terminal
from separation.errors import InputError, ParameterError
from separation.mix.speed import NATURAL, Speed
from separation.mix.stage import LAYOUTS
from separation.mix.state import MixState

if TYPE_CHECKING:
    import numpy as np

    from separation.mix.upmix_export import Upmixed
    from separation.progress import Report

BLOCK = 1 << 16
PRESETS = {"upmix": "natural", "upmix-wide": "wide", "upmix-1950s": "stage"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--upmix", choices=LAYOUTS,
        help="make stereo of a mono song, whose sides add up to it again: natural, wide, or a band on its stage around "
        "1955; the same as --preset upmix, upmix-wide, upmix-1950s, but beside another preset. --pan moves a stem from "
        "its place, --width makes it wider or narrower than there",
    )  # fmt: skip


def wanted(options: argparse.Namespace) -> str:
    """The layout that is asked for, "" if none; takes the preset out of the options if it is an upmix."""
    if options.preset in PRESETS:
        if options.upmix:
            raise ParameterError(f"“{options.preset}” and --upmix say the same: give one of them.")
        options.upmix, options.preset = PRESETS[options.preset], None
    if options.upmix and options.pan_law not in (None, "linear"):
        raise ParameterError("An upmix pans by the linear law, the only one that folds down exactly: omit --pan-law.")
    return str(options.upmix or "")


def folder(
    paths: Mapping[str, Path], mixture: Path | None, state: MixState, layout: str, speed: Speed, kept: list[str],
    target: Path, subtype: str | None, terminal: Terminal,
) -> None:  # fmt: skip
    """Write the upmix of the stems in a folder; without a song's file their sum is the song."""
    import numpy as np

    from separation.audio.reading import probe
    from separation.mix.upmix_export import export_upmix
    from separation.progress import Report
    from separation.project.store import Store

    sources = {**paths, **({"mixture": mixture} if mixture else {})}
    infos = {name: probe(path) for name, path in sources.items()}
    first = next(iter(infos.values()))
    for info in infos.values():
        if (info.sample_rate, info.channels) != (first.sample_rate, first.channels):
            raise InputError(f"“{info.path.name}” and “{first.path.name}” differ in rate or channels: separate again.")
    with Interruption() as interruption, contextlib.closing(Store()) as store:
        reading, stretching, mixing = Report(terminal.progress(target.name), interruption).split(
            1, 0 if speed == NATURAL else 3, 3
        )
        arrays = mapped(sources, store, terminal.say, reading)
        song = arrays.pop("mixture", None)
        if song is None:
            frames = len(next(iter(arrays.values())))
            song = store.create("sum", frames, first.channels)
            for start in range(0, frames, 1 << 16):
                part = slice(start, start + (1 << 16))
                song[part] = sum(np.asarray(stem[part], np.float64) for stem in arrays.values())
        if speed != NATURAL:
            song, arrays = stretched(
                song, arrays, speed, store.create, sample_rate=first.sample_rate, keep_pitch=kept, report=stretching
            )
        done_with = export_upmix(
            target, song, arrays, state, layout, sample_rate=first.sample_rate, subtype=subtype, tags=first.tags,
            cover=first.cover, overwrite=True, report=mixing,
        )  # fmt: skip
    tell(done_with, terminal)


def stretched(
    mixture: np.ndarray, stems: Mapping[str, np.ndarray], speed: Speed,
    create: Callable[[str, int, int], np.ndarray], *, sample_rate: int, keep_pitch: list[str], report: Report,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """`stretched_arrays` of a song whose channels stay equal where they were."""
    from separation.mix.stretched import stretched_arrays

    song, parts = stretched_arrays(
        mixture, stems, speed, create, sample_rate=sample_rate, keep_pitch=keep_pitch, report=report
    )
    parts_of_song = (mixture[at : at + BLOCK] for at in range(0, len(mixture), BLOCK))
    if all(bool((part == part[:, :1]).all()) for part in parts_of_song):
        for at in range(0, len(song), BLOCK):
            song[at : at + BLOCK] = song[at : at + BLOCK].mean(axis=1, keepdims=True)
    return song, parts


def tell(done: Upmixed, terminal: Terminal) -> None:
    """What was measured on the file, as sentences."""
    from separation.mix.fold_down import told

    if done.trim_db < -0.005:
        terminal.say(f"The mono mix was {-done.trim_db:.2f} dB over full scale; all of it was turned down by as much.")
    if done.narrowed > 0:
        share = f"{done.narrowed:.1%}" if done.narrowed >= 0.001 else "less than 0.1%"
        terminal.say(f"The song is so near full scale that its sides are narrower for {share} of the time.")
    terminal.say(told(done.fold_down_db))
