"""`unbraid evaluate`: how good stems are beside the true ones, one song or a folder of songs."""

from __future__ import annotations

import argparse
import csv
import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.cli.interruption import Interruption
from separation.cli.terminal import Terminal
from separation.errors import InputError, OutputError
from separation.unfinished import beside

if TYPE_CHECKING:
    import numpy as np

    from separation.progress import Report

HELP = "measure stems against the true ones"
DESCRIPTION = (
    "Measures stems against the true stems of the same names: uSDR, the SDR of BSS Eval v4 (csdr), ISR, SIR, SAR as "
    "medians over seconds, SI-SDR, and the mean distance of log spectra. Both folders hold stems, or folders of stems "
    "with the same names, one per song."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("reference", metavar="REFERENCE_DIR", help="the true stems, or a folder of songs with them")
    parser.add_argument("estimate", metavar="ESTIMATE_DIR", help="what “unbraid separate” wrote, or a folder of those")
    parser.add_argument("--csv", metavar="FILE", help="also write a table, one line per song and stem")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--overwrite", action="store_true", help="replace the table if it is already there")


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """Measure; returns the exit status."""
    from separation.evaluation.report import evaluate, summary
    from separation.progress import Report

    if options.csv and Path(options.csv).exists() and not options.overwrite:
        raise OutputError(f"“{options.csv}” is already there: add --overwrite, or choose another name.")
    pairs = _songs(Path(options.reference), Path(options.estimate))
    found: dict[str, Any] = {}
    with Interruption() as interruption:
        for name, (truth, guess) in pairs.items():
            report = Report(terminal.progress(name), interruption)
            references, estimates, rate = _stems(truth, guess, terminal)
            found[name] = evaluate(references, estimates, rate, partial(_tell, report))
            report(1, 1, "Measured")
    over = summary(list(found.values()))
    if options.csv:
        _write(Path(options.csv), found)
    if options.json:
        terminal.json({"songs": found, **over})
    else:
        for name, rows in (*found.items(), *((how, over[how]) for how in over if len(found) > 1)):
            terminal.result(_table(name, rows))
    return 0


def _songs(reference: Path, estimate: Path) -> dict[str, tuple[Path, Path]]:
    for folder in (reference, estimate):
        if not folder.is_dir():
            raise InputError(f"There is no folder “{folder}”: give a folder of stems, or of songs with stems.")
    both = [p for p in sorted(reference.iterdir()) if p.is_dir() and _files(p) and (estimate / p.name).is_dir()]
    if _files(reference).keys() & _files(estimate).keys() or not both:
        return {reference.name: (reference, estimate)}
    return {p.name: (p, estimate / p.name) for p in both}


def _files(folder: Path) -> dict[str, Path]:
    """Sound files by stem name; the mixture is no stem."""
    from separation.audio.writing import FORMATS

    endings = {format.extension for format in FORMATS.values()}
    paths = (p for p in sorted(folder.iterdir()) if p.suffix.lower() in endings and not p.name.startswith("."))
    return {p.stem: p for p in paths if p.stem != "mixture"}


def _stems(truth: Path, guess: Path, terminal: Terminal) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], int]:
    import numpy as np

    from separation.audio.reading import load

    true, guessed = _files(truth), _files(guess)
    names = [name for name in true if name in guessed]
    if not names:
        raise InputError(f"“{truth}” and “{guess}” have no stem or song in common: files or folders must share names.")
    for name in true.keys() - guessed.keys():
        terminal.say(f"{truth.name}: there is no estimate of “{name}”; it is left out.")
    references, estimates, rates = {}, {}, set()
    for name in names:
        s, found = load(true[name]), load(guessed[name])
        if (s.sample_rate, s.channels) != (found.sample_rate, found.channels):
            raise InputError(f"“{true[name]}” and “{guessed[name]}” differ in rate or channels: convert one of them.")
        rates.add(s.sample_rate)
        length = s.samples.shape[1]
        more = found.samples.shape[1] - length
        if more:
            side, done = ("longer", "cut") if more > 0 else ("shorter", "padded")
            terminal.say(f"{truth.name}: the estimate of “{name}” is {abs(more)} samples {side}; it was {done}.")
        fitted = found.samples[:, :length]
        references[name] = s.samples
        estimates[name] = np.pad(fitted, ((0, 0), (0, length - fitted.shape[1])))
    shapes = {s.shape for s in references.values()}
    if len(rates) > 1 or len(shapes) > 1:
        raise InputError(f"The stems in “{truth}” differ in length, rate or channels: they must be of one song.")
    return references, estimates, rates.pop()


def _tell(report: Report, done: int, total: int) -> None:
    report(done, total, "Measuring")


def _table(song: str, rows: dict[str, Any]) -> str:
    from separation.evaluation.report import FIGURES

    titles = {"usdr": "uSDR", "csdr": "SDR v4", "si_sdr": "SI-SDR", "spectral_distance": "spectra"}
    lines = [f"{song:24s}" + "".join(f"{titles.get(figure, figure.upper()):>9s}" for figure in FIGURES)]
    for name, row in rows.items():
        if row.get("bleed_db") is not None and "usdr" not in row:
            lines.append(f"  {name:22s}   silent in truth; bleed {row['bleed_db']:.1f} dB of the song")
            continue
        cells = (f"{row[figure]:9.2f}" if row.get(figure) is not None else f"{'–':>9s}" for figure in FIGURES)
        lines.append(f"  {name:22s}" + "".join(cells))
    return "\n".join(lines) + "\n"


def _write(path: Path, found: dict[str, Any]) -> None:
    from separation.evaluation.report import FIGURES

    text = io.StringIO(newline="")
    columns = ["song", "stem", *FIGURES, "bleed_db"]
    table = csv.DictWriter(text, columns)
    table.writeheader()
    for song, rows in found.items():
        for name, row in rows.items():
            table.writerow({"song": song, "stem": name, **row})
    unfinished = beside(path.parent)
    try:
        unfinished.write_text(text.getvalue(), encoding="utf-8", newline="")
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(f"“{path}” cannot be written ({error.strerror}): choose another place.") from error
