"""`unbraid separate`: songs in, a folder of stems for each."""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from separation.catalogue import DEFAULT, ids
from separation.cli.interruption import Interruption
from separation.cli.terminal import Terminal
from separation.errors import Cancelled, InputError, OutputError, ParameterError, UnbraidError

HELP = "take songs apart into stems"
DESCRIPTION = (
    "Takes each INPUT apart and writes DIR/<input name>/<stem>.<ext>. The stems add up to the song: exactly, in WAV "
    f"and FLAC of 16 or 24 bits. Without --method it is “{DEFAULT}”; “unbraid methods” tells what each method gives."
)
FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
SUBTYPES = ("PCM_16", "PCM_24", "FLOAT")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="sound files, or videos with sound, of any kind")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder for the results; made if missing")
    parser.add_argument(
        "--method", default=DEFAULT, metavar="ID", help=f"one of {', '.join(ids())} (default: {DEFAULT})"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter of the method; may be repeated",
    )
    parser.add_argument("--stems", default="", metavar="A,B", help="write only these stems")
    parser.add_argument("--format", choices=FORMATS, default="flac", help="kind of the files (default: flac)")
    parser.add_argument(
        "--subtype",
        choices=SUBTYPES,
        help="sample format for wav and flac (default: the song's, at most 24 bit in flac)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="start of every random choice (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object about what was written")
    parser.add_argument("--overwrite", action="store_true", help="replace stems that are already there")
    parser.add_argument(
        "--no-recipe", action="store_true",
        help="do not write unbraid-recipe.json, which tells how the stems were made, beside them",
    )  # fmt: skip


def run(options: argparse.Namespace, terminal: Terminal) -> int:
    """Separate every input; returns the exit status."""
    with Interruption() as interruption:
        return _run(options, terminal, interruption)


def _run(options: argparse.Namespace, terminal: Terminal, interruption: Interruption) -> int:
    from separation.audio import writing
    from separation.cli import CANCELLED, DONE, SOME_FAILED, USAGE

    kind = writing.FORMATS[options.format]
    if options.subtype and options.subtype not in kind.subtypes:
        possible = f"choose one of {', '.join(kind.subtypes)}" if kind.subtypes else "leave --subtype out"
        raise OutputError(f"{kind.label} cannot hold {options.subtype}: {possible}.")
    values = _assignments(options.set)
    inputs = _inputs(options.inputs, terminal)
    out = Path(options.output)

    from separation.cli.song import Wish, take_apart
    from separation.progress import Report
    from separation.separator import plan

    settled = plan(options.method, device=options.device, seed=options.seed, **values)
    wanted = tuple(name.strip() for name in options.stems.split(",") if name.strip())
    for name in wanted:
        if name not in settled.names:
            raise ParameterError(f"“{settled.method.id}” gives no stem “{name}”: it gives {', '.join(settled.names)}.")
    wish = Wish(options.format, options.subtype, wanted, options.overwrite, not options.no_recipe)
    made = _folder(out)
    started = time.monotonic()
    results: list[dict[str, Any]] = []
    errors: list[Exception] = []
    status, cancelled = DONE, False
    try:
        for k, (path, name) in enumerate(inputs):
            label = f"[{k + 1}/{len(inputs)}] {name}" if len(inputs) > 1 else name
            report = Report(terminal.progress(label), interruption)
            try:
                outcome = take_apart(path, out / name, settled, wish, report, interruption, terminal.say)
            except Exception as error:  # whatever happens to one song, the others are still done
                errors.append(error)
                text = str(error) if isinstance(error, UnbraidError) else _unexpected(path, error)
                terminal.error(text)
                results.append({"input": str(path), "error": text})
                continue
            results.append(
                {
                    "input": str(path), "duration": outcome.duration, "sample_rate": outcome.sample_rate,
                    "stems": outcome.stems, "residual_db": outcome.residual_db, "recipe": outcome.recipe or None,
                }
            )  # fmt: skip
            if not options.json:
                terminal.result(_line(out / name, list(outcome.stems), outcome.residual_db))
    except Cancelled:
        cancelled = True
    finally:
        if made:
            with contextlib.suppress(OSError):
                out.rmdir()  # only if it is empty
    seconds = time.monotonic() - started
    if options.json:
        sound = sum(result.get("duration", 0.0) for result in results)
        terminal.json(
            {
                "method": settled.method.id, "device": settled.parameters.device, "seconds": round(seconds, 3),
                "realtime_factor": round(sound / seconds, 3) if seconds else 0.0, "inputs": results,
            }
        )  # fmt: skip
    if cancelled:
        terminal.say(f"Cancelled: {_count(len(results) - len(errors))} done before, nothing half-written.")
        return CANCELLED
    if errors:
        unreadable = len(errors) == len(inputs) and all(isinstance(error, InputError) for error in errors)
        status = USAGE if unreadable else SOME_FAILED
        if len(inputs) > 1:
            terminal.say(f"{_count(len(inputs) - len(errors))} done, {len(errors)} failed.")
    return status


def _assignments(texts: list[str]) -> dict[str, str]:
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"“{text}” sets nothing: write --set NAME=VALUE, for example --set iterations=100.")
        if name.strip() in ("device", "seed"):
            raise ParameterError(f"“{name.strip()}” has an option of its own: write --{name.strip()} {value}.")
        values[name.strip().replace("-", "_")] = value.strip()
    return values


def _inputs(texts: list[str], terminal: Terminal) -> list[tuple[Path, str]]:
    """Each input once, with a folder name that no other input has.

    Songs of one name, as in a collection of folders that each hold a “mixture”, are told apart by their folders.
    """
    paths: dict[str, Path] = {}
    for text in texts:
        if paths.setdefault(os.path.realpath(text), Path(text)) != Path(text):
            terminal.say(f"“{text}” is the same file as “{paths[os.path.realpath(text)]}”; it is done once.")
    stems = [path.stem.removesuffix(".stem") or "song" for path in paths.values()]
    often = Counter(stem.casefold() for stem in stems)
    used: set[str] = set()
    result = []
    for (real, path), stem in zip(paths.items(), stems, strict=True):
        base = stem if often[stem.casefold()] == 1 else f"{Path(real).parent.name} - {stem}"
        name, number = base, 1
        while name.casefold() in used:
            number += 1
            name = f"{base} ({number})"
        used.add(name.casefold())
        result.append((path, name))
    return result


def _folder(out: Path) -> bool:
    """Make the output folder; returns whether it is new. Raises OutputError if nothing can be written there."""
    try:
        new = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(f"“{out}” is a file: choose a folder with -o.") from None
    except OSError as error:
        raise OutputError(f"The folder “{out}” cannot be made ({error.strerror}): choose another with -o.") from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise OutputError(f"Nothing may be written in “{out}”: choose another folder with -o.")
    return new


def _line(folder: Path, names: list[str], residual_db: float | None) -> str:
    if residual_db is None:
        return f"{folder}: {', '.join(names)}"
    exact = "they add up exactly" if residual_db <= -199 else f"their sum differs by {residual_db:.0f} dB"
    return f"{folder}: {', '.join(names)} ({exact})"


def _count(number: int) -> str:
    return "1 song" if number == 1 else f"{number} songs"


def _unexpected(path: Path, error: Exception) -> str:
    if os.environ.get("UNBRAID_DEBUG"):
        raise error
    if isinstance(error, MemoryError):
        return f"“{path.name}” needs more memory than there is: close other programs, or cut the song into parts."
    return (
        f"“{path.name}” failed in a way nobody foresaw ({type(error).__name__}: {error}): set UNBRAID_DEBUG=1, "
        "try again, and report what is printed."
    )
