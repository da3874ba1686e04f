"""How long a stroke of the brush takes: four seconds solved anew, from the strokes to the masks, against 200 ms.

    python tests/benchmarks/painting.py [--song SONG] [--atoms 16] [--iterations 15] [--threads 2] [--rounds 40]

Four sources, 44.1 kHz, 4096/1024, three strokes within the region. Timed is what one stroke costs: the maps, 15 steps
from the present factors, the masks of the four sources and the cross-fade at the region's ends. Once with the atoms of
each source its own, and once with all of them lent to all sources, four times as many. Exits 1 where a median is over
200 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from separation.audio.reading import load  # noqa: E402
from separation.nmf import factorise  # noqa: E402
from separation.nmf.grouped import Grouped, grouped, lent  # noqa: E402
from separation.nmf.painting.maps import unpainted  # noqa: E402
from separation.nmf.painting.resolve import crossfade, region, resolve, shares  # noqa: E402
from separation.nmf.painting.strokes import Grid, Stroke, rasterise  # noqa: E402
from separation.spectral.stft import stft  # noqa: E402

TARGET = 0.2
NAMES = ("vocals", "drums", "bass", "other")
STROKES = (
    Stroke("vocals", 300, 4000, 2.8, 3.2),
    Stroke("drums", 40, 120, 2.9, 3.1),
    Stroke("other", 2000, 9000, 2.85, 3.15, -30),
)


def sound(path: Path | None) -> tuple[torch.Tensor, int]:
    if path is not None:
        audio = load(path)
        return torch.from_numpy(audio.samples.mean(0)[: 6 * audio.sample_rate]), audio.sample_rate
    from tests.songs import compose

    return torch.from_numpy(compose(6.0).mixture.samples.mean(0)), 44100


def stroke(V: torch.Tensor, factors: Grouped, old: torch.Tensor, grid: Grid, iterations: int) -> torch.Tensor:
    first, last = region(*grid.frames_of(2.8, 3.2), V.shape[1], round(2 * grid.sample_rate / grid.hop))
    first, last = first, min(last, first + round(4 * grid.sample_rate / grid.hop))
    maps = rasterise(STROKES, NAMES, grid, first, last)
    new = resolve(V[:, first:last], factors.part(first, last), maps, iterations)
    return crossfade(old[..., first:last], shares(new, maps, 1.5), 11, 11)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--song", type=Path)
    parser.add_argument("--atoms", type=int, default=16)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    x, rate = sound(options.song)
    grid = Grid(rate, 4096, 1024)
    V = stft(x, grid.n_fft, grid.hop).abs()
    fit = factorise(V, 4 * options.atoms, coarse=True, iterations=30)
    plain = grouped(fit.W, fit.H, torch.arange(4).repeat(options.atoms), 4)
    missed = False
    for name, factors in (("own atoms", plain), ("lent atoms", lent(plain))):
        old = shares(factors, unpainted(4, *V.shape), 1.5)
        for _ in range(3):
            stroke(V, factors, old, grid, options.iterations)
        times = []
        for _ in range(options.rounds):
            began = time.perf_counter()
            stroke(V, factors, old, grid, options.iterations)
            times.append(time.perf_counter() - began)
        median, late = statistics.median(times), sorted(times)[int(0.95 * len(times))]
        missed |= median > TARGET
        print(
            f"{name:10s} {factors.W.shape[1]:4d} atoms, {options.iterations} steps, {options.threads} threads: "
            f"median {1e3 * median:.0f} ms, p95 {1e3 * late:.0f} ms (target {1e3 * TARGET:.0f} ms)"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
