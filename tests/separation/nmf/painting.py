"""A person with a brush, simulated: a handful of rectangles where a true stem is almost all there is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch

from separation.nmf.painting.strokes import Grid, Stroke
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft

BANDS = (0, 60, 90, 130, 180, 250, 350, 500, 700, 1000, 1400, 2000, 2800, 4000, 5600, 8000, 11000, 16000)


def person(stems: Mapping[str, np.ndarray], grid: Grid, count: int = 8, cell: float = 0.4) -> list[Stroke]:
    """The `count` loudest cells of `cell` seconds × half an octave, of each stem (C, T), that are its own by 70 %."""
    power = {
        name: magnitude(stft(torch.from_numpy(np.array(x)), grid.n_fft, grid.hop)).square() for name, x in stems.items()
    }
    length = next(iter(stems.values())).shape[1] / grid.sample_rate
    step, width = grid.hop / grid.sample_rate, grid.sample_rate / grid.n_fft
    found: dict[str, list[tuple[float, Stroke]]] = {name: [] for name in stems}
    for start in np.arange(0.0, length - cell, cell):
        frames = slice(int(np.ceil(start / step)), int((start + cell) / step))
        for low, high in pairwise(BANDS):
            rows = slice(int(np.ceil(low / width)), int(high / width))
            level = {name: float(p[rows, frames].sum()) for name, p in power.items()}
            for name, own in level.items():
                if own > 0.7 * sum(level.values()) + 1e-9:
                    found[name].append((own, Stroke(name, low, high, float(start), float(start + cell))))
    best = {name: sorted(cells, key=lambda one: -one[0])[:count] for name, cells in found.items()}
    return [stroke for cells in best.values() for _, stroke in cells]
