"""Activations that change slowly in decibels: λ Σ_k Σ_n d_IS(h_{n−1} | h_n) (Févotte, ICASSP 2011, eq. 6).

d_IS(x|y) = x/y − log(x/y) − 1, so neither the scale of an atom nor the level of a song changes it. It has exact steps
for the Itakura–Saito divergence only, and so a solver of its own: `solvers/smooth_is.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.penalties.strength import checked


@dataclass(frozen=True)
class Smooth:
    """strength λ > 0: 1 to 10 is mild, as many as there are bins is strong."""

    strength: float

    def __post_init__(self) -> None:
        checked(self.strength)

    def value(self, W: Tensor, H: Tensor) -> float:
        """Of H (N, K)."""
        ratio = H[:-1] / H[1:]
        return self.strength * float((ratio - ratio.log() - 1.0).sum(dtype=torch.float64))
