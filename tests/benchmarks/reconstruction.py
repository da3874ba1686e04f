"""What the way back to sound gains where the variances of the stems are true: masks against consistent Wiener filters.

    python tests/benchmarks/reconstruction.py --songs rock,reggae --seconds 10 --strength 0.1

Mean uSDR over the stems of each song: ratio masks on magnitudes, Wiener masks, and consistent stems, once with the
power of every bin known and once with its mean over 3 bins × 9 frames, as a model would know it at best.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from separation.spectral.consistent_wiener import STRENGTH, consistent  # noqa: E402
from separation.spectral.stft import Patch, istft, stft  # noqa: E402
from tests.benchmarks.quality import read, usdr  # noqa: E402

FRAMES = 128  # of a piece


def rows(truth: np.ndarray, strength: float) -> list[float]:
    """uSDR of ratio, Wiener, consistent, and of Wiener and consistent with means of the power; truth (J, C, T)."""
    S = stft(torch.from_numpy(truth.astype(np.float32)))
    X, v = S.sum(0), S.abs().square()
    flat = torch.nn.functional.avg_pool2d(v.flatten(0, 1)[:, None], (3, 9), 1, (1, 4), count_include_pad=False)
    means = flat[:, 0].reshape(v.shape)

    def parts(v: torch.Tensor, strength: float) -> torch.Tensor:
        cut = [slice(at, at + FRAMES) for at in range(0, X.shape[-1], FRAMES)]
        solved = consistent(((Patch(X[..., c]), v[..., c]) for c in cut), strength=strength)
        return torch.cat([patch.spectrum for patch in solved], -1)

    results = [v.sqrt() / v.sqrt().sum(0).clamp(min=1e-20) * X, parts(v, 0.0), parts(v, strength)]
    results += [parts(means, 0.0), parts(means, strength)]
    found = []
    for spectrum in results:
        stems = istft(spectrum, truth.shape[-1]).numpy()
        scores = [usdr(t, s) for t, s in zip(truth, stems, strict=True) if np.square(t).sum() > 1e-3]
        found.append(float(np.mean(scores)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", default="", help="parts of song names, separated by commas")
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--start", type=float, default=8.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--strength", type=float, default=STRENGTH)
    options = parser.parse_args()
    folders = sorted(p.parent for p in options.audio.glob("*/mixture.flac"))
    folders = [f for f in folders if any(part in f.name for part in options.songs.split(","))]
    if not folders:
        print(f"There are no folders with a mixture.flac in {options.audio}: name another with --audio.")
        return 2
    columns = ("ratio", "Wiener", "consistent", "Wiener, means", "consistent, means")
    print(f"{'mean uSDR in dB':28s}" + "".join(f"{name:>19s}" for name in columns))
    table, started = [], time.process_time()
    for folder in folders:
        mixture, truth = read(folder)
        first = int(options.start * mixture.sample_rate)
        last = first + int(options.seconds * mixture.sample_rate)
        table.append(rows(np.stack([stem[:, first:last] for stem in truth.values()]), options.strength))
        print(f"{folder.name:28s}" + "".join(f"{value:19.2f}" for value in table[-1]), flush=True)
    print(f"{'mean':28s}" + "".join(f"{value:19.2f}" for value in np.mean(table, 0)))
    print(f"{time.process_time() - started:.0f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
