"""Atoms that cost: Σ_k μ_k ‖w_k‖₁ ‖h_k‖₁, so that what others can explain as well is left to them.

With KL and one price for all atoms this only scales H (each frame's sum shrinks by 1 + μ); what decides who sounds is
the difference between prices.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from separation.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Prices:
    """each: μ (K,) >= 0, one per atom; 0 for an atom that is free of charge."""

    each: Tensor

    def __post_init__(self) -> None:
        if self.each.ndim != 1 or not bool((self.each >= 0.0).all()):
            raise ParameterError("Atoms have one price each, none of them negative.")

    def value(self, W: Tensor, H: Tensor) -> float:
        return float((self.each * W.sum(0) * H.sum(0)).sum())

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, (self.each * W.sum(0)).expand_as(H)

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, (self.each * H.sum(0)).expand_as(W)
