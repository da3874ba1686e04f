"""Few sources at a time: λ Σ_n Σ_g log(a + Σ_{k∈g} ‖w_k‖₁ h_kn) (Lefèvre, Bach & Févotte 2011).

The logarithm switches whole groups of atoms off per frame, while atoms within a group may sound together. It lies below
its tangent, so the tangent's slope λ / (a + …) in the denominators makes a monotone step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.penalties.strength import checked


@dataclass(frozen=True)
class Groups:
    """of: the group 0, 1, … of each atom. strength λ > 0. level a > 0: below this sum a group counts as silent."""

    of: Sequence[int]
    strength: float
    level: float = 1.0

    def __post_init__(self) -> None:
        checked(self.strength)
        checked(self.level)
        if not self.of or min(self.of) < 0:
            raise ParameterError("Groups are numbered from 0, one number per atom.")

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * float((self.level + self._sums(W, H)).log().sum(dtype=torch.float64))

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self._slopes(W, H) * W.sum(0)

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, (self._slopes(W, H) * H).sum(0)

    def _sums(self, W: Tensor, H: Tensor) -> Tensor:
        if len(self.of) != H.shape[1]:
            raise ParameterError(f"There are groups for {len(self.of)} atoms of {H.shape[1]}: name one for each.")
        index = torch.tensor(self.of, device=H.device)
        sums = torch.zeros(len(H), max(self.of) + 1, dtype=H.dtype, device=H.device)
        return sums.index_add_(1, index, H * W.sum(0))

    def _slopes(self, W: Tensor, H: Tensor) -> Tensor:
        slopes = self.strength / (self.level + self._sums(W, H))
        return slopes[:, torch.tensor(self.of, device=H.device)]
