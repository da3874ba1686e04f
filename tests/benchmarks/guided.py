"""What strokes are worth: uSDR of the method nmf-painted with the strokes of a simulated person, beside unguided NMF.

    python tests/benchmarks/guided.py [--songs rock,reggae] [--audio DIR] [--start 2] [--seconds 10] [--strokes 8]

The person gives each stem at most eight rectangles, 0.4 s × half an octave, where that stem is almost all there is.
Unguided NMF (the same method without strokes) is matched to the truth in the way that is best for it. “touched” counts
only the seconds in which something was painted.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation import separate  # noqa: E402
from separation.audio.reading import load  # noqa: E402
from separation.audio.signal import Audio  # noqa: E402
from separation.nmf.painting.strokes import Grid, Painting, save  # noqa: E402
from separation.separators.shares import transform  # noqa: E402
from tests.separation.nmf.painting import person  # noqa: E402


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10((np.square(truth).sum() + 1e-7) / (np.square(truth - estimate).sum() + 1e-7)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", default="", help="parts of song names, separated by commas")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--start", type=float, default=2.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--strokes", type=int, default=8)
    options = parser.parse_args()
    folders = sorted(path.parent for path in options.audio.glob("*/mixture.flac"))
    folders = [folder for folder in folders if any(part in folder.name for part in options.songs.split(","))]
    if not folders:
        print(f"There are no folders with a mixture.flac in {options.audio}: name another with --audio.")
        return 2
    print(f"{'':28s}{'all':>10s}{'touched':>10s}   per stem")
    means: dict[str, list[tuple[float, float]]] = {}
    for folder in folders:
        truth: dict[str, np.ndarray] = {}
        for path in sorted(folder.glob("*.flac")):
            if path.stem != "mixture":
                audio = load(path)
                first = round(options.start * audio.sample_rate)
                truth[path.stem] = audio.samples[:, first : first + round(options.seconds * audio.sample_rate)]
        truth = {name: stem for name, stem in truth.items() if np.square(stem).sum() > 1e-3}
        song = Audio(np.sum(list(truth.values()), axis=0), audio.sample_rate)
        strokes = person(truth, Grid(song.sample_rate, *transform(song.sample_rate)), options.strokes)
        here = np.zeros(song.frames, bool)
        for stroke in strokes:
            here[int(stroke.start_s * song.sample_rate) : int(stroke.end_s * song.sample_rate)] = True

        def show(
            label: str, stems: list[np.ndarray], truth: dict[str, np.ndarray] = truth, here: np.ndarray = here,
            folder: Path = folder,
        ) -> None:  # fmt: skip
            each = [usdr(one, stem) for one, stem in zip(truth.values(), stems, strict=True)]
            near = [usdr(one[:, here], stem[:, here]) for one, stem in zip(truth.values(), stems, strict=True)]
            means.setdefault(label, []).append((float(np.mean(each)), float(np.mean(near))))
            cells = ", ".join(f"{name} {x:.1f}" for name, x in zip(truth, each, strict=True))
            print(f"{folder.name[:18]:19s}{label:9s}{np.mean(each):10.2f}{np.mean(near):10.2f}   {cells}", flush=True)

        plain = [one.samples for one in separate(song, "nmf-painted", device="cpu", sources=len(truth)).values()]
        table = np.array([[usdr(one, stem) for stem in plain] for one in truth.values()])
        count = range(len(truth))
        best = max(itertools.permutations(count), key=lambda order: table[list(count), list(order)].sum())
        show("unguided", [plain[k] for k in best])
        with tempfile.TemporaryDirectory() as name:
            save(Path(name) / "strokes.json", Painting(tuple(truth), tuple(strokes)))
            found = separate(song, "nmf-painted", device="cpu", strokes=str(Path(name) / "strokes.json"))
        show("painted", [found[stem].samples for stem in truth])
    for label, rows in means.items():
        print(f"{'mean':19s}{label:9s}{np.mean([r[0] for r in rows]):10.2f}{np.mean([r[1] for r in rows]):10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
