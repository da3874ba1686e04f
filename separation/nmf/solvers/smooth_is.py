"""Itakura–Saito with activations that change slowly: exact steps under `penalties.smooth` (Févotte, ICASSP 2011).

With p_n = h̃_n² (Wᵀ P)_n and q_n = (Wᵀ Q)_n the loss lies below Σ p_n/h_n + q_n h_n. Given its neighbours each frame's
h_n then has a closed form: √((p_n + λ h_{n−1})/(q_n + λ/h_{n+1})) inside, the positive root of a quadratic at either
end. Even frames do not touch each other, nor do odd ones, so two vector steps go over all of them. Atoms are brought
to a sum of one after each step and their activations take the scale, which changes neither loss nor penalties.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers.wishes import NOTHING, Wishes
from separation.nmf.updates import FLOOR, stepped, sums_for_H, sums_for_W


def states(problem: Problem, start: Factors, wishes: Wishes = NOTHING, strength: float = 1.0) -> Iterator[Factors]:
    """States without end, the start first; loss + penalties never rise. strength: λ. Raises ParameterError."""
    if problem.rule.alpha != 1.0 or problem.rule.q != -1.0:
        raise ParameterError("Smooth activations exist for the divergence is: choose it, or the penalty Continuity.")
    if not bool((start.H > 0.0).all()):
        raise ParameterError(
            "Smooth activations cannot hold exact zeros, which no decibels lead to: start without them, "
            "or use the penalty Continuity."
        )
    H = start.H.T.contiguous()
    for penalty in wishes.penalties:
        if isinstance(penalty.on_H(start.W, H)[0], Tensor):
            raise ParameterError(
                f"Smooth activations have no exact step beside {type(penalty).__name__}: leave one of them out."
            )
    return _states(problem, start, wishes, strength)


def _states(problem: Problem, start: Factors, wishes: Wishes, strength: float) -> Iterator[Factors]:
    E, H, step = wishes.parameters(start.W), start.H.T.contiguous(), start.step
    W = wishes.atoms(E)
    free = torch.ones_like(W[0], dtype=torch.bool)  # atoms whose scale may move
    for hold in (wishes.hold_W, wishes.hold_H):
        if hold is not None:
            free &= ~hold.any(0)
    yield Factors(W, H.T, step)
    while True:
        H = next_H(problem, W, H, wishes, strength)
        if not wishes.W_is_fixed:
            sums = wishes.shaped(W, H, sums_for_W(problem, W, H))
            E = wishes.finish_W(E, stepped(E, sums, problem.rule.exponent, FLOOR))
            scale = torch.where(free, wishes.atoms(E).sum(0), 1.0).clamp(min=1e-30)
            E, H = E / scale, H * scale
        W, step = wishes.atoms(E), step + 1
        yield Factors(W, H.T, step)


def next_H(problem: Problem, W: Tensor, H: Tensor, wishes: Wishes, strength: float) -> Tensor:
    """H (N, K) after its even and then its odd frames have moved."""
    sums, count = sums_for_H(problem, W, H), len(H)
    p, q = sums.numerator * H.square(), sums.denominator + wishes.added_to_H(W, H)[1]
    new = H.clone()
    for parity in (0, 1):
        rows = torch.arange(parity, count, 2, device=H.device)
        before, after = rows[rows > 0], rows[rows < count - 1]
        above, below = p[rows], q[rows]
        above[len(rows) - len(before) :] += strength * new[before - 1]
        below[: len(after)] += strength / new[after + 1]
        moved = (above / below).sqrt()
        if count > 1 and parity == 0:
            root = (strength**2 + 4.0 * below[0] * above[0]).sqrt()
            moved[0] = (strength + root) / (2.0 * below[0])
        if count > 1 and parity == (count - 1) % 2:
            root = (strength**2 + 4.0 * below[-1] * above[-1]).sqrt()
            moved[-1] = 2.0 * above[-1] / (strength + root)
        new[rows] = moved.clamp_(min=FLOOR * problem.tiny)
        if wishes.hold_H is not None:
            new = torch.where(wishes.hold_H, H, new)
    return new
