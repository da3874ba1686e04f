"""`unbraid dictionary`: atoms learnt beforehand. Train them from sounds, look at them, put several into one file."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.cli.terminal import Terminal

if TYPE_CHECKING:
    from separation.nmf.dictionaries.file import Header

HELP = "train, show and merge dictionaries of known sounds"
DESCRIPTION = (
    "A dictionary holds the sounds of instruments for the method “nmf-dictionary”: train one from sounds of your own, "
    "then separate with --set dictionary=FILE."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="train|info|merge")
    train = actions.add_parser(
        "train", help="learn a dictionary from sounds of single instruments",
        description="Learns atoms from sound files. A file's name, or else its folder's, says which instrument it is "
        "(kick/01.wav, vocals.flac) and, if it is one note, which (piano/C4.wav). Files called mixture are left out.",
    )  # fmt: skip
    train.add_argument("sounds", nargs="+", metavar="SOUND", help="folders of sounds, or sound files")
    _written(train)
    train.add_argument("--label", default="", metavar="NAME", help="the instrument of all of them")
    train.add_argument("--atoms", type=int, default=32, metavar="N", help="atoms per instrument at most (default: 32)")
    train.add_argument("--sample-rate", type=int, default=44100, metavar="HZ", help="rate to learn at (default: 44100)")
    train.add_argument("--n-fft", type=int, default=4096, metavar="N", help="samples per window (default: 4096)")
    train.add_argument("--hop", type=int, metavar="N", help="samples between windows (default: a quarter of one)")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="start of every random choice (default: 0)")
    train.add_argument("--licence", default="not stated", metavar="TEXT", help="the licence of the sounds")
    train.add_argument("--provenance", default="", metavar="TEXT", help="where the sounds come from")
    info = actions.add_parser("info", help="what is in dictionaries")
    info.add_argument("dictionaries", nargs="*", metavar="DICTIONARY", help="names or files (default: those shipped)")
    info.add_argument("--json", action="store_true", help="print one JSON object")
    merge = actions.add_parser(
        "merge", help="put several dictionaries into one",
        description="Brings all to the first one's transform; atoms of one instrument that are nearly the same become "
        "one.",
    )  # fmt: skip
    merge.add_argument("dictionaries", nargs="+", metavar="DICTIONARY", help="names or files")
    _written(merge)
    merge.add_argument("--atoms", type=int, metavar="N", help="keep the strongest N atoms of all")


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """Train, show or merge; returns the exit status."""
    if options.action == "info":
        return _info(options, terminal)
    output = _output(options)
    if options.action == "train":
        return _train(options, output, terminal)
    return _merge(options, output, terminal)


def _written(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write (.safetensors)")
    parser.add_argument("--name", default="", help="what to call it (default: the file's name)")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is already there")
    parser.add_argument("--json", action="store_true", help="print one JSON object about what was written")


def _output(options: argparse.Namespace) -> Path:
    """The file to write, checked before any work is done."""
    from separation.errors import OutputError
    from separation.nmf.dictionaries.file import ENDING

    path = Path(options.output)
    if path.suffix != ENDING:
        raise OutputError(f"Dictionaries end with {ENDING}: write -o {path.with_suffix(ENDING)}.")
    if path.is_dir():
        raise OutputError(f"“{path}” is a folder: choose another name with -o.")
    if path.exists() and not options.overwrite:
        raise OutputError(f"“{path}” is already there: choose another name, or add --overwrite.")
    return path


def _train(options: argparse.Namespace, output: Path, terminal: Terminal) -> int:
    from separation.cli.interruption import Interruption
    from separation.errors import ParameterError
    from separation.nmf.dictionaries.dictionary import LABEL, Origin, Transform
    from separation.nmf.dictionaries.file import save
    from separation.nmf.dictionaries.sounds import find_sounds
    from separation.progress import Report

    if not 1 <= options.atoms <= 128:
        raise ParameterError(f"An instrument has 1 to 128 atoms; {options.atoms} will not do.")
    if not 0 <= options.seed < 2**32:
        raise ParameterError(f"A seed lies between 0 and 4294967295; {options.seed} does not.")
    if options.label and not LABEL.fullmatch(options.label):
        raise ParameterError(f"“{options.label}” cannot be a label: stems are named after it.")
    transform = Transform(options.sample_rate, options.n_fft, options.hop or max(options.n_fft // 4, 1))
    with Interruption() as interruption:
        sounds, notices = find_sounds([Path(place) for place in options.sounds], options.label)
        from separation.nmf.dictionaries.training import train

        origin = Origin(options.name or output.stem, options.licence, options.provenance)
        learnt = train(
            sounds, transform=transform, atoms=options.atoms, origin=origin, seed=options.seed,
            report=Report(terminal.progress(origin.name), interruption), notice=notices.append,
        )  # fmt: skip
        save(output, learnt)
    for notice in notices:
        terminal.error(notice)
    _tell(output, options.json, terminal)
    return 1 if notices else 0


def _merge(options: argparse.Namespace, output: Path, terminal: Terminal) -> int:
    from dataclasses import replace

    from separation.cli.interruption import Interruption
    from separation.nmf.dictionaries.choice import chosen
    from separation.nmf.dictionaries.dictionary import concatenated, pruned, without_duplicates
    from separation.nmf.dictionaries.file import load, save
    from separation.nmf.dictionaries.transform import resampled

    with Interruption():
        parts = [load(path) for text in options.dictionaries for path in chosen(text)]
        whole = without_duplicates(concatenated([resampled(part, parts[0].transform) for part in parts]))
        if options.atoms is not None:
            whole = pruned(whole, options.atoms)
        save(output, replace(whole, origin=replace(whole.origin, name=options.name or output.stem)))
    _tell(output, options.json, terminal)
    return 0


def _info(options: argparse.Namespace, terminal: Terminal) -> int:
    from separation.errors import UnbraidError
    from separation.nmf.dictionaries.choice import chosen, shipped
    from separation.nmf.dictionaries.file import load

    records: list[dict[str, Any]] = []
    texts = options.dictionaries or shipped()
    failed = 0
    for text in texts:
        try:
            for path in chosen(text):
                load(path)  # what it says is true
                records.append(_record(path))
        except UnbraidError as error:
            failed += 1
            terminal.error(str(error))
    if options.json:
        terminal.json({"dictionaries": records})
    else:
        for record in records:
            terminal.result(_text(record))
    return 0 if not failed else 2 if failed == len(texts) else 1


def _tell(path: Path, as_json: bool, terminal: Terminal) -> None:
    record = _record(path)
    if as_json:
        terminal.json(record)
    else:
        terminal.result(_text(record))


def _record(path: Path) -> dict[str, Any]:
    from separation.nmf.dictionaries.file import header

    head: Header = header(path)
    return {
        "name": head.name, "path": str(path), "bytes": path.stat().st_size, **asdict(head.transform),
        "divergence": head.divergence, "atoms": {label: head.labels.count(label) for label in head.groups},
        "pitches": sorted({pitch for pitch in head.pitches if pitch >= 0}), "licence": head.origin.licence,
        "provenance": head.origin.provenance, "sha256": head.sha256,
    }  # fmt: skip


def _text(record: dict[str, Any]) -> str:
    atoms = ", ".join(f"{label} {count}" for label, count in record["atoms"].items())
    notes = f"\n    notes: MIDI {record['pitches'][0]} to {record['pitches'][-1]}" if record["pitches"] else ""
    return (
        f"{record['name']} · {record['bytes'] / 1000:.0f} kB · {record['path']}\n    atoms: {atoms}{notes}\n"
        f"    transform: {record['sample_rate']} Hz, windows of {record['n_fft']}, hop {record['hop']}, "
        f"{record['divergence']}\n    licence: {record['licence']}"
        + (f"\n    from: {record['provenance']}" if record["provenance"] else "")
    )
