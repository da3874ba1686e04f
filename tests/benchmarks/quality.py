"""How good the stems are: uSDR per song, stem and method on songs whose true stems are known, beside doing nothing.

    python tests/benchmarks/quality.py                       every method on ../shared/audio
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
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation import separate  # noqa: E402
from separation.audio.signal import Audio  # noqa: E402
from separation.catalogue import find, ids  # noqa: E402
from separation.errors import UnbraidError  # noqa: E402

NAMED = ("vocals", "drums", "bass")
KIT = ("kick", "snare", "hihat")
COLUMNS = (*NAMED, "other", "accompaniment", *KIT)
Table = dict[str, float]


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    error = np.square(truth - estimate).sum()
    return float(10 * np.log10((np.square(truth).sum() + 1e-7) / (error + 1e-7)))


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", action="append", help="may be given more than once; all by default")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--songs", default="", help="parts of song names, separated by commas")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    folders = sorted(p.parent for p in options.audio.glob("*/mixture.flac"))
    folders = [f for f in folders if any(part in f.name for part in options.songs.split(","))]
    if not folders:
        print(f"There are no folders with a mixture.flac in {options.audio}: name another with --audio.")
        return 2
    settings = dict(pair.split("=", 1) for pair in options.set)
    songs = {folder.name: read(folder) for folder in folders}
    for method in options.method or ids():
        named = set(find(method).stems) & set(COLUMNS)
        print(f"\n{method + ('' if named else ' *'):28s}" + "".join(f"   {name}" for name in COLUMNS))
        rows, length, seconds = [], 0.0, 0.0
        for name, (mixture, truth) in songs.items():
            started = time.perf_counter()
            try:
                stems = separate(mixture, method, device=options.device, **settings)
            except UnbraidError as error:
                print(error)
                break
            seconds, length = seconds + time.perf_counter() - started, length + mixture.duration
            arrays = {stem: audio.samples.astype(np.float64) for stem, audio in stems.items()}
            rows.append(score(truth, arrays) if named else matched(truth, list(arrays.values())))
            residual = mixture.samples - stems.sum()
            lost = 10 * np.log10(np.square(residual).sum() / np.square(mixture.samples, dtype=np.float64).sum() + 1e-20)
            print(line(name, rows[-1], f"   sum {lost:.0f} dB"), flush=True)
        if rows:
            print(line("mean", means(rows), f"   {length / seconds:.1f} × real time"), flush=True)
    mix = [{name: usdr(stem, mixture.samples) for name, stem in truth.items()} for mixture, truth in songs.values()]
    print("\n" + line("the mixture itself, mean", means(mix)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
