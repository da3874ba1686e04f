"""Divergences between a spectrogram and its model, and the exponents of the steps that descend them.

β-divergence (Févotte & Idier, Neural Computation 2011, eq. 2), any β:
d(x|y) = (x^β + (β−1) y^β − β x y^(β−1)) / (β (β−1)); β = 1 is Kullback–Leibler, x log(x/y) − x + y;
β = 0 is Itakura–Saito, x/y − log(x/y) − 1; β = 2 is half the squared Euclidean distance.

αβ-divergence (Cichocki, Cruces & Amari, Entropy 2011, eq. 13), α > 0:
d(x|y) = −(x^α y^β − α/(α+β) x^(α+β) − β/(α+β) y^(α+β)) / (α β); α = 1 is the β-divergence of β + 1.
A small α listens less to what stands out, such as another source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError

NAMES = {"kl": 1.0, "is": 0.0, "euclidean": 2.0}


@dataclass(frozen=True)
class AlphaBeta:
    """The αβ-divergence, in the letters of its paper: AlphaBeta(1, β − 1) is the β-divergence."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0.0 < self.alpha < math.inf and math.isfinite(self.beta)):
            raise ParameterError(f"The α of an αβ-divergence must be above 0 and β finite; {self} is not.")


Divergence = float | str | AlphaBeta


@dataclass(frozen=True)
class Rule:
    """What a multiplicative step needs: P = V^α Ṽ^(q−α), Q = Ṽ^q, factors ← factors (·P / ·Q)^exponent."""

    alpha: float
    q: float
    exponent: float


def beta_of(divergence: float | str) -> float:
    """β for a name or a number. Raises ParameterError for an unknown name or a β that is not finite."""
    if isinstance(divergence, str):
        if divergence in NAMES:
            return NAMES[divergence]
        raise ParameterError(f"There is no divergence “{divergence}”: use {', '.join(NAMES)} or a number.")
    if math.isfinite(divergence):
        return float(divergence)
    raise ParameterError(f"The divergence β must be a finite number; {divergence} is not.")


def exponent(beta: float) -> float:
    """γ(β), the power of a multiplicative step that never raises the divergence (Févotte & Idier 2011, table 1)."""
    if beta < 1.0:
        return 1.0 / (2.0 - beta)
    return 1.0 if beta <= 2.0 else 1.0 / (beta - 1.0)


def rule_of(divergence: Divergence) -> Rule:
    """The step of a divergence, with the exponent that makes it monotone (Cichocki et al. 2011, eq. 53 for αβ)."""
    if not isinstance(divergence, AlphaBeta):
        beta = beta_of(divergence)
        return Rule(1.0, beta - 1.0, exponent(beta))
    a, b = divergence.alpha, divergence.beta
    power = 1.0 / a  # between the two ends
    if b / a < 1.0 / a - 1.0:
        power = 1.0 / (1.0 - b)
    elif b / a > 1.0 / a:
        power = 1.0 / (a + b - 1.0)
    return Rule(a, a + b - 1.0, power)


def needs_floor(divergence: Divergence) -> bool:
    """Whether an exact zero in V costs infinitely much: then V needs a floor."""
    if isinstance(divergence, AlphaBeta):
        return divergence.alpha + divergence.beta <= 0.0
    return beta_of(divergence) <= 0.0


def divergence(V: Tensor, model: Tensor, kind: Divergence, weights: Tensor | None = None) -> float:
    """Σ weights · d(V | model), in float64 sums. V, model, weights: any one shape, model > 0."""
    if isinstance(kind, AlphaBeta):
        each = _alpha_beta(V, model, kind.alpha, kind.beta)
    else:
        each = _beta(V, model, beta_of(kind))
    if weights is not None:
        each = each.mul_(weights)
    return float(each.sum(dtype=torch.float64))


def _beta(V: Tensor, model: Tensor, beta: float) -> Tensor:
    if beta == 1.0:
        return torch.xlogy(V, V / model).sub_(V).add_(model)
    if beta == 0.0:
        ratio = V / model
        return ratio - ratio.log() - 1.0
    if beta == 2.0:
        return (V - model).square_().mul_(0.5)
    powers = V.pow(beta) + (beta - 1.0) * model.pow(beta) - beta * V * model.pow(beta - 1.0)
    return powers.div_(beta * (beta - 1.0))


def _alpha_beta(V: Tensor, model: Tensor, a: float, b: float) -> Tensor:
    if b == 0.0:
        x = V.pow(a)
        return (torch.xlogy(x, x / model.pow(a)) - x + model.pow(a)).div_(a * a)
    if a + b == 0.0:
        ratio = (V / model).pow_(a)
        return (ratio - ratio.log() - 1.0).div_(a * a)
    c = a + b
    return (V.pow(a) * model.pow(b) - (a / c) * V.pow(c) - (b / c) * model.pow(c)).div_(-a * b)
