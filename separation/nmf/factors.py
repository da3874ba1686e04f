"""The state of a factorisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from separation.nmf.divergences import Divergence


@dataclass(frozen=True, eq=False)
class Factors:
    """A state: W (F, K) spectra of the atoms, H (K, N) when they sound; `step` iterations were made."""

    W: Tensor
    H: Tensor
    step: int = 0

    def loss(
        self, V: Tensor, divergence_name: Divergence = 1.0, check: Callable[[], object] = lambda: None
    ) -> float:
        """Σ d(V | WH) of V (F, N). check: called now and then; what it raises ends the work."""
        from separation.nmf.problem import pose

        problem = pose(V, divergence_name, check=check)
        total = problem.loss(self.W.to(V), self.H.T.to(V) * problem.scale)
        return total / problem.scale ** _degree(divergence_name)


def _degree(kind: Divergence) -> float:
    """d(c x | c y) = c^degree d(x | y)."""
    from separation.nmf.divergences import AlphaBeta, beta_of

    return kind.alpha + kind.beta if isinstance(kind, AlphaBeta) else beta_of(kind)
