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


@dataclass(frozen=True, eq=False)
class Wishes:
    """shape: applied to W after each of its updates. hold_W (F, K), hold_H (N, K): True where a factor stays."""

    shape: Shape | None = None
    penalties: Sequence[Penalty] = ()
    hold_W: Tensor | None = None
    hold_H: Tensor | None = None

    @property
    def none(self) -> bool:
        return self.shape is None and not self.penalties and self.hold_W is None and self.hold_H is None

    @property
    def W_is_fixed(self) -> bool:
        return self.hold_W is not None and bool(self.hold_W.all())

    def value(self, W: Tensor, H: Tensor) -> float:
        return sum(penalty.value(W, H) for penalty in self.penalties)

    def added_to_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        """All penalties' terms for H's step, each a float or a full (N, K)."""
        return _both([penalty.on_H(W, H) for penalty in self.penalties], H)

    def shaped(self, W: Tensor, H: Tensor, sums: Sums) -> Sums:
        """The sums for W with the penalties' terms."""
        above, below = _both([penalty.on_W(W, H) for penalty in self.penalties], W)
        return Sums(sums.numerator + above, sums.denominator + below) if self.penalties else sums

    def finish_W(self, before: Tensor, after: Tensor) -> Tensor:
        if self.hold_W is not None:
            after = torch.where(self.hold_W, before, after)
        return self.shape(after) if self.shape is not None else after


NOTHING = Wishes()


def _both(terms: list[tuple[Tensor | float, Tensor | float]], like: Tensor) -> tuple[Tensor | float, Tensor | float]:
    if not terms:
        return 0.0, 0.0
    zero = torch.zeros_like(like)
    above, below = zero, zero
    for more_above, more_below in terms:
        above, below = above + more_above, below + more_below
    return above, below
