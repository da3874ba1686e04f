"""How many atoms a song needs: automatic relevance determination (Tan & Févotte, TPAMI 35(7), 2013), on a few frames.

Each atom k has a relevance λ_k, the scale of a prior on its spectrum and its activation, and pays φ c log λ_k at the
best λ_k for what it is. So atoms that explain little fade to the least relevance b/c, and the others are counted.
For any divergence; the step of each factor majorises this price by its tangent, so fit plus price never rise.

"l1" (exponential prior): λ_k = (‖w_k‖₁ + ‖h_k‖₁ + b)/c, c = F + N + a + 1; φ/λ_k joins the denominators of a
multiplicative step, whose exponent stays γ(β). b = √((a − 1)(a − 2) mean(V)/K).
"l2" (half-normal prior): λ_k = (‖w_k‖²/2 + ‖h_k‖²/2 + b)/c, c = (F + N)/2 + a + 1; φ w/λ_k joins them, and the exponent
is 1/(3 − β) up to β = 2, above that 1/(β − 1). b = π (a − 1) mean(V)/(2K).

φ stands for the spread of V about its model, which grows as V^β does; here it is strength · mean(V^β), V's mean
being 1, so that one strength serves every divergence (above β = 2, where this grows too fast, V^(1 + β/2)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.divergences import AlphaBeta, Divergence, beta_of
from separation.nmf.problem import Problem, pose
from separation.nmf.solvers.mu import step_both
from separation.nmf.solvers.wishes import Wishes
from separation.nmf.starts.random import random_start
from separation.nmf.tiles import alone

FRAMES, STEPS, SHAPE = 600, 300, 10.0
ALIVE, AUDIBLE = 1e-2, 3e-3  # relevance above the least: a share of the least, and of the largest
Check = Callable[[], object]


class _Exponential:
    """The ℓ1 prior; a penalty, `of` the most atoms. V's mean is 1."""

    def __init__(self, strength: float, most: int) -> None:
        self.strength, self.b = strength, math.sqrt((SHAPE - 1.0) * (SHAPE - 2.0) / most)

    def count(self, W: Tensor, H: Tensor) -> float:
        return len(W) + len(H) + SHAPE + 1.0

    def relevance(self, W: Tensor, H: Tensor) -> Tensor:
        return (W.sum(0) + H.sum(0) + self.b) / self.count(W, H)

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * self.count(W, H) * float(self.relevance(W, H).log().sum())

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength / self.relevance(W, H)

    on_W = on_H


class _HalfNormal:
    """The ℓ2 prior."""

    def __init__(self, strength: float, most: int) -> None:
        self.strength, self.b = strength, math.pi * (SHAPE - 1.0) / (2.0 * most)

    def count(self, W: Tensor, H: Tensor) -> float:
        return (len(W) + len(H)) / 2.0 + SHAPE + 1.0

    def relevance(self, W: Tensor, H: Tensor) -> Tensor:
        return ((W.square().sum(0) + H.square().sum(0)) / 2.0 + self.b) / self.count(W, H)

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * self.count(W, H) * float(self.relevance(W, H).log().sum())

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * H / self.relevance(W, H)

    def on_W(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength * W / self.relevance(W, H)


PRIORS: dict[str, type[_Exponential] | type[_HalfNormal]] = {"l1": _Exponential, "l2": _HalfNormal}


def suggest_rank(
    V: Tensor,
    most: int = 64,
    *,
    divergence: Divergence = 1.0,
    prior: str = "l1",
    strength: float = 0.15,
    seed: int = 0,
    check: Check = lambda: None,
) -> int:
    """How many of `most` atoms stay relevant in V (F, N) >= 0, at least 1, from averages of up to 600 groups of frames.

    prior: "l1" or "l2"; l2 spares loud atoms and thins out quiet ones, so it often finds fewer. strength: more of it,
    fewer atoms. check: called at every step; what it raises ends the work.
    """
    if not 0.0 < strength < math.inf:
        raise ParameterError(f"The strength must be a finite number above 0; {strength} is not.")
    if prior not in PRIORS:
        raise ParameterError(f"There is no prior “{prior}” on the size of atoms: use {' or '.join(PRIORS)}.")
    if prior == "l2" and isinstance(divergence, AlphaBeta):
        raise ParameterError("The prior l2 has a step for β-divergences only: use the prior l1 with an αβ-divergence.")
    if most < 1:
        raise ParameterError(f"At least one atom must be allowed; {most} is too few.")
    problem = _short(V, divergence)
    most = min(most, *problem.frames.shape)
    degree = _degree(divergence)
    spread = float(problem.frames.pow(degree if degree <= 2.0 else 1.0 + degree / 2.0).mean())
    price = PRIORS[prior](strength * spread, most)
    if prior == "l2":
        beta = problem.rule.q + 1.0
        power = 1.0 / (3.0 - beta) if beta <= 2.0 else 1.0 / (beta - 1.0)
        problem = replace(problem, rule=replace(problem.rule, exponent=power))
    start = random_start(problem.frames.T, most, seed)
    scale = (start.H.mean() / start.W.mean()).sqrt()  # W and H of one size each, as the priors mean them
    wishes = Wishes(penalties=(price,))

    def descend() -> tuple[Tensor, Tensor]:
        w, h = start.W * scale, start.H.T.contiguous() / scale
        for _ in range(STEPS):
            check()
            w, h = step_both(problem, w, h, w, h, wishes)
        return w, h

    W, H = alone(problem.frames, descend)
    above = price.relevance(W, H) * price.count(W, H) / price.b - 1.0
    return max(1, int((above > max(ALIVE, AUDIBLE * float(above.max()))).sum()))


def _short(V: Tensor, divergence: Divergence) -> Problem:
    """Averages of neighbouring frames of V, with mean 1."""
    group = max(1, V.shape[1] // FRAMES)
    whole = V.shape[1] // group * group
    V = V[:, :whole].reshape(V.shape[0], -1, group).mean(2) if group > 1 else V
    return pose(V / V.mean().clamp(min=1e-30), divergence)


def _degree(kind: Divergence) -> float:
    return kind.alpha + kind.beta if isinstance(kind, AlphaBeta) else beta_of(kind)
