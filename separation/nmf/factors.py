"""The state of a factorisation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from separation.nmf.divergences import Divergence


@dataclass(frozen=True, eq=False)
class Factors:
    """A state: W (F, K) spectra of the atoms, H (K, N) when they sound; `step` iterations were made."""

    W: Tensor
    H: Tensor
    step: int = 0

    def loss(self, V: Tensor, divergence_name: Divergence = 1.0) -> float:
        """Σ d(V | WH) of V (F, N)."""
        from separation.nmf.problem import pose

        problem = pose(V, divergence_name)
        total = problem.loss(self.W.to(V), self.H.T.to(V) * problem.scale)
        return total / problem.scale ** _degree(divergence_name)


def _degree(kind: Divergence) -> float:
    """d(c x | c y) = c^degree d(x | y)."""
    from separation.nmf.divergences import AlphaBeta, beta_of

    return kind.alpha + kind.beta if isinstance(kind, AlphaBeta) else beta_of(kind)
