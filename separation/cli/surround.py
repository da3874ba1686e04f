"""The surround beds of `unbraid remix`: the stereo mix of all its other options, taken apart for more loudspeakers."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from separation.cli.arrays import mapped
from separation.cli.interruption import Interruption
from separation.cli.terminal import Terminal
from separation.errors import OutputError

CHOICES = ("5.1", "7.1")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--surround", choices=CHOICES,
        help="a WAV for that many loudspeakers, made from the stereo mix, which its standard fold-down is again; of a "
        "mono song with --upmix",
    )  # fmt: skip


def run(
    options: argparse.Namespace, terminal: Terminal, remix: Callable[[argparse.Namespace, Terminal], int]
) -> int:
    """Have the mix rendered by `remix` in floats, then make the bed of it; returns the exit status."""
    from separation.audio.reading import probe
    from separation.mix.fold_down import level
    from separation.mix.surround_export import export_surround
    from separation.progress import Report
    from separation.project.store import Store

    target = Path(options.output)
    if target.suffix.lower() != ".wav":
        raise OutputError(f"A surround bed is written as WAV: end “{target.name}” with .wav.")
    if target.exists() and not options.overwrite:
        raise OutputError(f"“{target}” is already there: add --overwrite, or choose another name with -o.")
    with contextlib.closing(Store()) as store:
        mix = store.folder / target.name
        asked = {**vars(options), "surround": None, "output": str(mix), "subtype": "FLOAT", "no_recipe": True}
        status = remix(argparse.Namespace(**asked), Terminal(out=io.StringIO()))
        if status:
            return status
        with Interruption() as interruption:
            reading, making = Report(terminal.progress(target.name), interruption).split(1, 8)
            stereo = mapped({"mix": mix}, store, terminal.say, reading)["mix"]
            info = probe(mix)
            done = export_surround(
                target, stereo, options.surround, sample_rate=info.sample_rate, subtype=options.subtype,
                tags=info.tags, overwrite=options.overwrite, report=making,
            )  # fmt: skip
    if done.trim_db < -0.005:
        terminal.say(f"A loudspeaker was {-done.trim_db:.2f} dB over full scale; all were turned down by as much.")
    terminal.say(f"Fold-down: Lo and Ro differ from the stereo mix by at most {level(done.fold_down_db)}.")
    terminal.result(str(target))
    return 0
