"""What a caller may wish of the factors beside a good fit; the multiplicative solvers grant all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from separation.nmf.updates import Sums

Shape = Callable[[Tensor], Tensor]


class Penalty(Protocol):
    """A cost beside the fit, given by the positive parts of its gradient. H is (N, K), W (F, K)."""

    def value(self, W: Tensor, H: Tensor) -> float:
        """What is added to the loss."""

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        """What joins numerator and denominator of H's step; each broadcasts to (N, K)."""

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        """The same for W's step; each broadcasts to (F, K)."""


class Structure(Protocol):
    """W is not free but made of parameters E, linearly and without negative numbers. W and E are (F, K)."""

    def joining(self, W: Tensor, hold: Tensor | None) -> Structure:
        """The same, on W's device and of its kind; atoms that `hold` (F, K) holds whole become their own parameters.

        Raises ParameterError for another number of bins or atoms.
        """

    def inside(self, W: Tensor) -> Tensor:
        """The E whose W comes closest."""

    def atoms(self, E: Tensor) -> Tensor:
        """W."""

    def pulled(self, sums: Sums) -> Sums:
        """The sums that move E, from those that would move W."""


@dataclass(frozen=True, eq=False)
class Wishes:
    """shape: applied to W after each of its updates. hold_W (F, K), hold_H (N, K): True where a factor stays.

    structure: what W is made of; solvers then move its parameters, as they would move W.
    """

    shape: Shape | None = None
    penalties: Sequence[Penalty] = ()
    hold_W: Tensor | None = None
    hold_H: Tensor | None = None
    structure: Structure | None = None

    @property
    def none(self) -> bool:
        wishes = (self.shape, self.hold_W, self.hold_H, self.structure)
        return not self.penalties and all(wish is None for wish in wishes)

    @property
    def W_is_fixed(self) -> bool:
        return self.hold_W is not None and bool(self.hold_W.all())

    def value(self, W: Tensor, H: Tensor) -> float:
        return sum(penalty.value(W, H) for penalty in self.penalties)

    def added_to_H(self, W: Tensor, H: Tensor, alpha: float = 1.0) -> tuple[Tensor | float, Tensor | float]:
        """All penalties' terms for H's step, each a float or a full (N, K).

        alpha: of the divergence, whose gradient is the difference of the sums over α.
        """
        return _both([penalty.on_H(W, H) for penalty in self.penalties], H, alpha)

    def shaped(self, W: Tensor, H: Tensor, sums: Sums, alpha: float = 1.0) -> Sums:
        """The sums that move W, or its parameters, with the penalties' terms."""
        if self.penalties:
            above, below = _both([penalty.on_W(W, H) for penalty in self.penalties], W, alpha)
            sums = Sums(sums.numerator + above, sums.denominator + below)
        return sums if self.structure is None else self.structure.pulled(sums)

    def parameters(self, W: Tensor) -> Tensor:
        """What moves: W itself, or the parameters of its structure."""
        return W if self.structure is None else self.structure.inside(W)

    def atoms(self, E: Tensor) -> Tensor:
        """W of what moves."""
        return E if self.structure is None else self.structure.atoms(E)

    def finish_W(self, before: Tensor, after: Tensor) -> Tensor:
        if self.hold_W is not None:
            after = torch.where(self.hold_W, before, after)
        return self.shape(after) if self.shape is not None else after


NOTHING = Wishes()


def _both(
    terms: list[tuple[Tensor | float, Tensor | float]], like: Tensor, alpha: float
) -> tuple[Tensor | float, Tensor | float]:
    if not terms:
        return 0.0, 0.0
    zero = torch.zeros_like(like)
    above, below = zero, zero
    for more_above, more_below in terms:
        above, below = above + more_above, below + more_below
    return (above, below) if alpha == 1.0 else (alpha * above, alpha * below)
