"""How many atoms a song needs: relevance determination (Tan & Févotte, TPAMI 2013, ℓ1), on a few frames.

Every atom pays for its size relative to its relevance λ_k = (‖w_k‖₁ + ‖h_k‖₁ + b)/(F + N + a + 1), so atoms that
explain little fade to the least relevance b/(F + N + a + 1). Those that do not are counted.
"""

from __future__ import annotations

import math

from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.divergences import Divergence
from separation.nmf.problem import pose
from separation.nmf.solvers.mu import step_both
from separation.nmf.solvers.wishes import Wishes
from separation.nmf.starts.random import random_start
from separation.nmf.tiles import alone

FRAMES, STEPS, SHAPE, ALIVE = 600, 300, 10.0, 1e-2


class _Relevance:
    def __init__(self, strength: float, b: float, shape: float) -> None:
        self.strength, self.b, self.shape = strength, b, shape

    def relevance(self, W: Tensor, H: Tensor) -> Tensor:
        return (W.sum(0) + H.sum(0) + self.b) / (len(W) + len(H) + self.shape + 1.0)

    def value(self, W: Tensor, H: Tensor) -> float:
        return self.strength * (len(W) + len(H) + self.shape + 1.0) * float(self.relevance(W, H).log().sum())

    def on_H(self, W: Tensor, H: Tensor) -> tuple[Tensor | float, Tensor | float]:
        return 0.0, self.strength / self.relevance(W, H)

    on_W = on_H


def suggest_rank(
    V: Tensor, most: int = 64, *, divergence: Divergence = 1.0, strength: float = 0.1, seed: int = 0
) -> int:
    """How many of `most` atoms stay relevant in V (F, N) >= 0. strength φ: more of it, fewer atoms."""
    if not 0.0 < strength < math.inf:
        raise ParameterError(f"The strength must be a finite number above 0; {strength} is not.")
    group = max(1, V.shape[1] // FRAMES)
    if group > 1:
        whole = V.shape[1] // group * group
        V = V[:, :whole].reshape(V.shape[0], -1, group).mean(2)
    V = V / V.mean().clamp(min=1e-30)
    problem = pose(V, divergence)
    most = min(most, *V.shape)
    start = random_start(V, most, seed)
    # with V's mean at one: W and H of one size each, as the prior means them
    scale = (start.H.mean() / start.W.mean()).sqrt()
    W, H = start.W * scale, start.H.T.contiguous() / scale
    prior = _Relevance(strength, math.sqrt((SHAPE - 1.0) * (SHAPE - 2.0) / most), SHAPE)
    wishes = Wishes(penalties=(prior,))

    def descend() -> tuple[Tensor, Tensor]:
        w, h = W, H
        for _ in range(STEPS):
            w, h = step_both(problem, w, h, w, h, wishes)
        return w, h

    least = prior.b / (len(W) + len(H) + SHAPE + 1.0)
    return max(1, int((prior.relevance(*alone(problem.frames, descend)) / least - 1.0 > ALIVE).sum()))
