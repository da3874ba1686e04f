"""What a factor must obey exactly, as projections: the nearest allowed point is all that AO-ADMM asks for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError


@dataclass(frozen=True)
class Constraint:
    """simplex: the columns of W sum to one. most: no activation above this, in V's units, which implies simplex (else W
    could grow instead). atoms: at most so many atoms sound in a frame (an ℓ0 limit), the others are exactly zero.

    Nothing given: the factors are only not negative. Raises ParameterError for a limit below what makes sense.
    """

    simplex: bool = False
    most: float | None = None
    atoms: int | None = None

    def __post_init__(self) -> None:
        if self.most is not None and not self.most > 0.0:
            raise ParameterError(f"The most that an activation may be must be above 0; {self.most} is not.")
        if self.atoms is not None and self.atoms < 1:
            raise ParameterError(f"At least one atom must be free to sound in a frame; {self.atoms} is too few.")

    @property
    def normalised(self) -> bool:
        """Whether the columns of W sum to one."""
        return self.simplex or self.most is not None

    def on_W(self, columns: Tensor) -> Tensor:
        """The nearest allowed W (F, K)."""
        return simplex(columns.T).T if self.normalised else columns.clamp(min=0.0)

    def on_H(self, rows: Tensor, scale: float = 1.0) -> Tensor:
        """The nearest allowed H (n, K); scale times V is what is factorised."""
        allowed = rows.clamp(0.0, None if self.most is None else self.most * scale)
        if self.atoms is None or self.atoms >= rows.shape[1]:
            return allowed
        gain = rows.square() - (rows - allowed).square()  # what is lost in distance by a zero there
        keep = gain.topk(self.atoms, 1).indices
        return torch.zeros_like(allowed).scatter_(1, keep, allowed.gather(1, keep))


def simplex(rows: Tensor) -> Tensor:
    """The nearest row >= 0 that sums to one, for each row (n, m) (Held, Wolfe & Crowder 1974): max(x − θ, 0)."""
    falling = rows.sort(1, descending=True).values
    excess = falling.cumsum(1) - 1.0
    place = torch.arange(1, rows.shape[1] + 1, dtype=rows.dtype, device=rows.device)
    count = (falling * place > excess).sum(1, keepdim=True).clamp(min=1)
    return (rows - excess.gather(1, count - 1) / count).clamp_(min=0.0)
