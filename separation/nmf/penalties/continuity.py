"""Activations that change slowly: λ Σ_k Σ_n (h_n − h_{n−1})² / (‖h_k‖²/N) (Virtanen 2007, eq. 8).

Does not depend on the scale of an atom. The step takes the positive and negative parts of the gradient to denominator
and numerator; it is not proven monotone, but was in every run of its tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.penalties.strength import checked


@dataclass(frozen=True)
class Continuity:
    """strength λ > 0: 10 to 100 is mild, a tenth of the loss per bin and frame is strong."""

    strength: float

    def __post_init__(self) -> None:
        checked(self.strength)

    def value(self, W: Tensor, H: Tensor) -> float:
        rises = (H[1:] - H[:-1]).square().sum(0, dtype=torch.float64)
        return self.strength * len(H) * float((rises / _energy(H)).sum())

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        energy = _energy(H).to(H)
        count = self.strength * len(H)
        rises = (H[1:] - H[:-1]).square().sum(0)
        neighbours, beside = torch.zeros_like(H), torch.full((len(H), 1), 2.0, dtype=H.dtype, device=H.device)
        neighbours[1:] += H[:-1]
        neighbours[:-1] += H[1:]
        beside[0] = beside[-1] = 1.0
        above = 2.0 * count * (neighbours / energy + H * (rises / energy.square()))
        return above, 2.0 * count * beside * H / energy

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, 0.0


def _energy(H: Tensor) -> Tensor:
    return H.square().sum(0, dtype=torch.float64).clamp(min=1e-30)
