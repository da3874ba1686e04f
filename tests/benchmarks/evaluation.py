"""BSS Eval v4 against museval: the same figures, and how much sooner, on songs with true stems.

    pip install --no-deps --target /tmp/evalpeers museval
    python tests/benchmarks/evaluation.py --peers /tmp/evalpeers [--audio DIR] [--songs rock,lithium] [--seconds 180]

The estimates are the true stems with 15 % of the others, an echo and noise; shorter songs begin again until `seconds`.
Exits 1 where a figure differs by more than 0.01 dB, or the ratio of processor time is under 20.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation.evaluation.bss_eval import bss_eval  # noqa: E402


def sounds(folder: Path, seconds: float) -> tuple[np.ndarray, np.ndarray, int]:
    """References and estimates (J, C, T)."""
    paths = [p for p in sorted(folder.glob("*.flac")) if p.stem != "mixture"]
    read = [soundfile.read(p, always_2d=True) for p in paths]
    rate = read[0][1]
    length = round(seconds * rate)
    x = np.stack([np.tile(samples.T, (1, -(-length // len(samples))))[:, :length] for samples, _ in read])
    rng = np.random.default_rng(0)
    y = np.einsum("ij,jct->ict", np.eye(len(x)) + 0.15 * rng.random((len(x), len(x))), x)
    y[:, :, 5:] += 0.1 * y[:, :, :-5]
    return x, y + 1e-3 * rng.standard_normal(y.shape), rate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--songs", default="rock,lithium")
    parser.add_argument("--seconds", type=float, default=180.0)
    options = parser.parse_args()
    where = importlib.util.spec_from_file_location("metrics", options.peers / "museval" / "metrics.py")
    assert where and where.loader
    museval = importlib.util.module_from_spec(where)
    where.loader.exec_module(museval)
    fine = True
    for part in options.songs.split(","):
        folder = next(p.parent for p in sorted(options.audio.glob("*/mixture.flac")) if part in p.parent.name)
        x, y, rate = sounds(folder, options.seconds)
        began = time.process_time()
        ours = bss_eval(x, y, window=rate, hop=rate)
        mine, began = time.process_time() - began, time.process_time()
        theirs = museval.bss_eval(x.transpose(0, 2, 1), y.transpose(0, 2, 1), window=rate, hop=rate)
        took = time.process_time() - began
        apart = max(
            float(np.nanmax(np.abs(getattr(ours, name) - theirs[k])))
            for k, name in enumerate(("sdr", "isr", "sir", "sar"))
        )
        ratio = took / mine
        print(
            f"{folder.name}: {len(x)} stems, {x.shape[2] / rate:.0f} s: {mine:.1f} s against {took:.1f} s, "
            f"{ratio:.1f} × sooner (target 20); furthest apart {apart:.1e} dB (target 0.01)",
            flush=True,
        )
        fine &= ratio >= 20 and apart <= 0.01
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
