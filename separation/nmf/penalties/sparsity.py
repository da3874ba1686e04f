"""Few atoms at a time: μ Σ_k ‖w_k‖₂ ‖h_k‖₁, the ℓ1 norm of H as it would be with atoms of length one.

The length is Euclid's (Le Roux, Weninger & Hershey 2015): with the sum ‖w_k‖₁ in its place the penalty would be that on
Σ WH, which Kullback–Leibler pays by making everything quieter, and nothing sparser. For held W the term is linear in H,
so its step is monotone. The slope μ ‖h_k‖₁ w_k/‖w_k‖₂ in the denominators of W's step is monotone for Euclid; for the
other divergences it was in every test up to μ = 10, but not where the penalty far outweighs the fit (KL, μ = 100).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.penalties.strength import checked


@dataclass(frozen=True)
class Sparsity:
    """strength μ > 0: 0.1 to 1 is mild for KL on a spectrogram of mean 1, 10 is strong."""

    strength: float

    def __post_init__(self) -> None:
        checked(self.strength)

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * float((W.norm(dim=0) * H.sum(0)).sum(dtype=torch.float64))

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * W.norm(dim=0)

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * H.sum(0) * W / W.norm(dim=0).clamp(min=1e-30)
