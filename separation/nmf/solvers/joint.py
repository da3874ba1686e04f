"""Joint multiplicative updates: both factors from one model, so one product less (Marmin, Goulart & Févotte 2021).

KL: W ← W · (P Hᵀ)/(1 H⁺ᵀ). Itakura–Saito: W ← W · √((P (H²/H⁺)ᵀ)/(Q H⁺ᵀ)). H⁺ is the next H, P and Q the old model's.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.products import times
from separation.nmf.tiles import over, tiles
from separation.nmf.updates import FLOOR, Sums, gather, powers, stepped, total


def states(problem: Problem, start: Factors) -> Iterator[Factors]:
    """States without end, the start first; KL and Itakura–Saito, for which the loss never rises."""
    if problem.rule.alpha != 1.0 or problem.rule.q not in (0.0, -1.0):
        raise ParameterError("Joint updates exist for the divergences kl and is: choose one of them or another solver.")
    return _states(problem, start)


def _states(problem: Problem, start: Factors) -> Iterator[Factors]:
    W, H, step = start.W, start.H.T.contiguous(), start.step
    yield Factors(W, H.T, step)
    while True:
        W, H = _step(problem, W, H)
        step += 1
        yield Factors(W, H.T, step)


def _step(problem: Problem, W: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
    power, low, kl = problem.rule.exponent, FLOOR * problem.tiny, problem.rule.q == 0.0
    new, columns = torch.empty_like(H), W.sum(0, keepdim=True)

    def part(first: int, last: int) -> list[Tensor | None]:
        found: list[Tensor | None] = [None, None]
        for rows in tiles(problem.frames, first, last):
            problem.check()
            P, Q = powers(problem, rows, H[rows], W)
            new[rows] = stepped(H[rows], Sums(times(P, W), columns if Q is None else times(Q, W)), power, low)
            old = H[rows] if kl else H[rows].square().div_(new[rows].clamp(min=1e-12 * problem.tiny))
            gather(found, P, Q, new[rows], for_P=old)
        return found

    found = over(problem.frames, part)
    sums = total(found, new.sum(0, keepdim=True) if found[0][1] is None else None)
    return stepped(W, sums, power, FLOOR), new
