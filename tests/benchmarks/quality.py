"""How good the stems are: uSDR per song, stem and method on songs whose true stems are known, beside doing nothing.

    python tests/benchmarks/quality.py --write docs/quality.md     every method on ../shared/audio and its drum loops
    python tests/benchmarks/quality.py --method hybrid --songs rock,reggae --audio DIR --set bass_top=200

A song is a folder with mixture.flac and its stems. uSDR = 10 log10((Σ s² + 1e-7) / (Σ (s − e)² + 1e-7)) over the
whole song and all channels (Mitsufuji et al. 2021). Stems with other names than vocals, drums,
bass and those of a kit count as "other"; where a song has no bass stem, the estimated bass counts as "other" too; where
the drums are one stem, those of a kit count as drums. Methods that know no instruments are matched stem by stem to the
truth in the way that is best for them (an upper bound, marked *).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation import separate  # noqa: E402
from separation.audio.signal import Audio  # noqa: E402
from separation.catalogue import find, ids  # noqa: E402
from separation.errors import UnbraidError  # noqa: E402
from separation.evaluation.sdr import usdr  # noqa: E402

NAMED = ("vocals", "drums", "bass")
KIT = ("kick", "snare", "hihat")
COLUMNS = (*NAMED, "other", "accompaniment", *KIT)
LOOPS = {"nmf-dictionary": {"dictionary": "drums"}}  # what a person would choose for a loop of drums
Table = dict[str, float]


def read(folder: Path) -> tuple[Audio, dict[str, np.ndarray]]:
    """The mixture, and the true stems in float64, folded to vocals, drums, bass, other."""
    import soundfile

    truth: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.flac")):
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
        if path.stem == "mixture":
            mixture = Audio(samples.T.astype(np.float32), rate)
        else:
            name = path.stem if path.stem in NAMED + KIT else "other"
            truth[name] = truth.get(name, 0) + samples.T
    return mixture, truth


def score(truth: Mapping[str, np.ndarray], stems: Mapping[str, np.ndarray]) -> Table:
    """uSDR of the stems that have a name in common with the truth."""
    truth, stems = dict(truth), dict(stems)
    if "accompaniment" in stems:
        truth["accompaniment"] = np.sum([s for name, s in truth.items() if name != "vocals"], axis=0)
    if "bass" in stems and "bass" not in truth:
        stems["other"] = stems["other"] + stems.pop("bass")
    if "drums" in truth and "drums" not in stems and set(KIT) <= stems.keys():
        stems["drums"] = np.sum([stems.pop(name) for name in KIT], axis=0)
    sounding = {name for name, stem in truth.items() if np.square(stem).sum() > 1e-9}
    return {name: usdr(truth[name], stems[name]) for name in COLUMNS if name in sounding & stems.keys()}


def matched(truth: Mapping[str, np.ndarray], stems: Sequence[np.ndarray]) -> Table:
    """uSDR when every estimate is given to one true stem (or to none), in the way with the best mean."""
    names = list(truth)
    table = np.array([[usdr(truth[name], stem) for stem in stems] for name in names])
    padded = np.concatenate((table, np.zeros((len(names), len(names)))), axis=1)  # silence scores 0 dB
    orders = itertools.permutations(range(padded.shape[1]), len(names))
    best = max(orders, key=lambda order: padded[range(len(names)), order].sum())
    return {name: float(padded[k, best[k]]) for k, name in enumerate(names)}


def means(rows: Sequence[Mapping[str, float]]) -> Table:
    columns = {name: [row[name] for row in rows if name in row] for name in COLUMNS}
    return {name: float(np.mean(values)) for name, values in columns.items() if values}


def line(label: str, row: Mapping[str, float], end: str = "") -> str:
    cells = (f"{row[name]:{len(name) + 3}.2f}" if name in row else " " * (len(name) + 3) for name in COLUMNS)
    return f"{label:28s}" + "".join(cells) + end


@dataclass(frozen=True)
class Measured:
    """rows: uSDR per song and stem. speed: seconds of sound per second. refused: why it could not run."""

    rows: dict[str, Table]
    speed: float = 0.0
    refused: str = ""


def measure(
    method: str, songs: Mapping[str, tuple[Audio, dict[str, np.ndarray]]], device: str, settings: Mapping[str, str]
) -> Measured:
    """All songs by one method, told line by line."""
    named = set(find(method).stems) & set(COLUMNS)
    print(f"\n{method + ('' if named else ' *'):28s}" + "".join(f"   {name}" for name in COLUMNS))
    rows: dict[str, Table] = {}
    length = seconds = 0.0
    for name, (mixture, truth) in songs.items():
        loop = set(truth) <= set(KIT)
        started = time.perf_counter()
        try:
            stems = separate(mixture, method, device=device, **{**(LOOPS.get(method, {}) if loop else {}), **settings})
        except UnbraidError as error:
            print(error)
            return Measured(rows, refused=str(error))
        if not loop:
            seconds, length = seconds + time.perf_counter() - started, length + mixture.duration
        arrays = {stem: audio.samples.astype(np.float64) for stem, audio in stems.items()}
        row = score(truth, arrays) if named or arrays.keys() >= set(KIT) else matched(truth, list(arrays.values()))
        residual = mixture.samples - stems.sum()
        lost = 10 * np.log10(np.square(residual).sum() / np.square(mixture.samples, dtype=np.float64).sum() + 1e-20)
        print(line(name, row, f"   sum {lost:.0f} dB"), flush=True)
        if row:
            rows[name] = row
    print(line("mean", means(list(rows.values())), f"   {length / max(seconds, 1e-9):.1f} × real time"), flush=True)
    return Measured(rows, length / max(seconds, 1e-9))


def page(found: Mapping[str, Measured], mixtures: Mapping[str, Table]) -> str:
    """The tables as a page of the documentation."""
    loops = {name for name, row in mixtures.items() if set(row) <= set(KIT)}
    songs = [name for name in mixtures if name not in loops]
    columns = ("vocals", "drums", "bass", "other", "accompaniment")

    def cells(row: Mapping[str, float], names: Sequence[str]) -> str:
        return " | ".join(f"{row[name]:.2f}" if name in row else "–" for name in names)

    def over(rows: Mapping[str, Table], which: Collection[str]) -> Table:
        return means([row for name, row in rows.items() if name in which])

    def label(method: str) -> str:
        return f"`{method}`" + ("" if set(find(method).stems) & set(COLUMNS) else " *")

    lines = [INTRODUCTION, "## Means over the songs\n", f"| method | {' | '.join(columns)} |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for method, measured in found.items():
        if measured.refused:
            lines.append(f"| {label(method)} |{' – |' * len(columns)}")
        elif (row := over(measured.rows, songs)) or any(name in songs for name in measured.rows):
            lines.append(f"| {label(method)} | {cells(row, columns)} |")
    lines.append(f"| the mixture itself | {cells(over(mixtures, songs), columns)} |\n")
    lines += [f"`{method}`: {measured.refused}\n" for method, measured in found.items() if measured.refused]
    if loops:
        lines += ["## Drum loops\n", f"| method | loop | {' | '.join(KIT)} |", "|---" * (len(KIT) + 2) + "|"]
        for method, measured in found.items():
            for name in sorted(name for name in loops & measured.rows.keys() if measured.rows[name]):
                chosen = "".join(f" {key}={value}" for key, value in LOOPS.get(method, {}).items())
                lines.append(f"| {label(method)}{chosen} | {name} | {cells(measured.rows[name], KIT)} |")
        lines.append("")
    lines.append("## Song by song\n")
    for method, measured in found.items():
        rows = {name: row for name, row in measured.rows.items() if name in songs}
        shown = [name for name in columns if any(name in row for row in rows.values())]
        if shown:
            lines += [f"### {label(method)}\n", f"| song | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]
            lines += [f"| {name} | {cells(row, shown)} |" for name, row in rows.items()]
            lines.append("")
    return "\n".join(lines)


INTRODUCTION = """# Quality of the methods

uSDR in dB (10 log10 of the true stem's energy over that of the error, whole song, both channels) with every parameter
at its default, on eight excerpts of 13 to 20 s with true stems. Songs without a stem are left out of its mean. The
structure of `hybrid` was chosen with these songs in view, so its figures are partly optimistic. The mixture's stems
add up exactly in all of them. Methods marked * know no instruments: each of their stems is given to the true one it
fits best, so their figures are upper bounds. Written by `python tests/benchmarks/quality.py --write docs/quality.md`.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", action="append", help="may be given more than once; all by default")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--songs", default="", help="parts of song names, separated by commas")
    shared = ROOT.parent / "shared" / "audio"
    parser.add_argument("--audio", type=Path, action="append", help="folders of songs; may be given more than once")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables there, as a page in Markdown")
    options = parser.parse_args()
    places = options.audio or [shared, shared / "teaching"]
    folders = [p.parent for place in places for p in sorted(place.glob("*/mixture.flac"))]
    folders = [f for f in folders if any(part in f.name for part in options.songs.split(","))]
    if not folders:
        print(f"There are no folders with a mixture.flac in {', '.join(map(str, places))}: name another with --audio.")
        return 2
    settings = dict(pair.split("=", 1) for pair in options.set)
    songs = {folder.name: read(folder) for folder in folders}
    found = {method: measure(method, songs, options.device, settings) for method in options.method or ids()}
    mixtures = {
        name: {stem: usdr(array, mixture.samples) for stem, array in truth.items()}
        for name, (mixture, truth) in songs.items()
    }
    print("\n" + line("the mixture itself, mean", means(list(mixtures.values()))))
    if options.write:
        options.write.write_text(page(found, mixtures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
