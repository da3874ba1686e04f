"""Multiplicative updates, H then W, tile by tile (Lee & Seung 2001; Févotte & Idier 2011; Cichocki et al. 2011).

The loss never rises from one state to the next, unless `shape` (a wish about the atoms) is given.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers.wishes import NOTHING, Wishes
from separation.nmf.updates import FLOOR, Sums, stepped, sweep


def states(problem: Problem, start: Factors, wishes: Wishes = NOTHING) -> Iterator[Factors]:
    """States without end, the start first; any divergence, any wish."""
    E, H, step = wishes.parameters(start.W), start.H.T.contiguous(), start.step
    yield Factors(wishes.atoms(E), H.T, step)
    while True:
        E, H = step_both(problem, E, H, E, H, wishes)
        step += 1
        yield Factors(wishes.atoms(E), H.T, step)


def step_both(
    problem: Problem, E: Tensor, H: Tensor, E_from: Tensor, H_from: Tensor, wishes: Wishes = NOTHING
) -> tuple[Tensor, Tensor]:
    """The next E and H: H steps from H_from beside E, then E from E_from beside the new H.

    E is W (F, K), or with a structure its parameters.
    """
    power, low = problem.rule.exponent, FLOOR * problem.tiny
    W = wishes.atoms(E)
    W_from = W if E_from is E else wishes.atoms(E_from)
    above, below = wishes.added_to_H(W, H_from, problem.rule.alpha)

    def following(rows: slice, numerator: Tensor, denominator: Tensor) -> Tensor:
        if wishes.penalties:
            numerator, denominator = numerator + _of(above, rows), denominator + _of(below, rows)
        new = stepped(H_from[rows], Sums(numerator, denominator), power, low)
        return new if wishes.hold_H is None else torch.where(wishes.hold_H[rows], H[rows], new)

    if wishes.W_is_fixed:
        return E, sweep(problem, W, H_from, following, None)[0]
    new, sums = sweep(problem, W, H_from, following, W_from)
    moved = stepped(E_from, wishes.shaped(W_from, new, sums, problem.rule.alpha), power, FLOOR)
    return wishes.finish_W(E, moved), new


def _of(term: Tensor | float, rows: slice) -> Tensor | float:
    return term[rows] if isinstance(term, Tensor) else term
