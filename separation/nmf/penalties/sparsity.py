"""Few atoms at a time: μ Σ_k ‖w_k‖₁ ‖h_k‖₁, the ℓ1 norm of H as it would be with normalised atoms.

For held W the step of H gets μ ‖w_k‖₁ in its denominator, for held H that of W gets μ ‖h_k‖₁: monotone, for each is
linear in the factor that moves (compare Le Roux, Weninger & Hershey 2015, who normalise inside the step).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.penalties.strength import checked


@dataclass(frozen=True)
class Sparsity:
    """strength μ > 0: 0.01 to 0.1 is mild for KL on a spectrogram of mean 1."""

    strength: float

    def __post_init__(self) -> None:
        checked(self.strength)

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * float((W.sum(0) * H.sum(0)).sum(dtype=torch.float64))

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * W.sum(0)

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * H.sum(0)
