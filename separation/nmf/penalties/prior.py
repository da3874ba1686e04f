"""Atoms that stay close to known ones: Σ_k ν_k KL(w⁰_k | w_k), the prior of Dirichlet or Gamma atoms.

Its gradient adds ν W⁰/W to the numerator and ν to the denominator, so that KL's step becomes
W ← (W·(P Hᵀ) + ν W⁰) / (1 Hᵀ + ν): between what the song says and what was known. Monotone with KL.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Prior:
    """known: W⁰ (F, K) > 0 where W is. strength: ν (K,) >= 0; 0 leaves an atom free."""

    known: Tensor
    strength: Tensor

    def __post_init__(self) -> None:
        if self.strength.shape != self.known.shape[1:] or not bool((self.strength >= 0.0).all()):
            raise ParameterError("A prior has one strength per atom, none of them negative.")

    def value(self, W: Tensor, H: Tensor) -> float:
        each = torch.xlogy(self.known, self.known / W.clamp(min=1e-30)) - self.known + W
        return float((each * self.strength).sum(dtype=torch.float64))

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, 0.0

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return self.strength * self.known / W.clamp(min=1e-30), self.strength.expand_as(W)
