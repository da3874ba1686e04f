"""Extrapolated multiplicative updates, BMMe (Hien, Leplat & Gillis 2024, arXiv 2401.06646), with restart.

Each factor steps from where its *growing* entries were heading, so nothing turns negative: Hy = H + a max(H − H', 0),
a = (t − 1)/t⁺, t⁺ = (1 + √(1 + 4t²))/2. Every CHECK steps the loss is looked at; where it rose, the best state comes
back and t starts again at 1. So the loss never rises from check to check, though it may between.

For 0 ≤ β < 1 the first BOLD steps have the exponent 1 in place of 1/(2 − β): it is not proven to descend, is quicker at
first and ends a little higher (Févotte & Idier 2011, section 4.1). Where the loss rises it is given up at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers.mu import step_both
from separation.nmf.solvers.wishes import NOTHING, Wishes

CHECK, BOLD = 10, 60


def states(problem: Problem, start: Factors, wishes: Wishes = NOTHING, check: int = CHECK) -> Iterator[Factors]:
    """States without end, the start first; any divergence, though the theory is for β from 1 to 2."""
    E, H, step = wishes.parameters(start.W), start.H.T.contiguous(), start.step
    E_before, H_before, t = E, H, 1.0
    bold = replace(problem, rule=replace(problem.rule, exponent=1.0)) if _may_be_bold(problem, wishes) else problem
    best, lowest = (E, H), math.inf
    yield Factors(wishes.atoms(E), H.T, step)
    for count in range(1, 1 << 62):
        following = (1.0 + math.sqrt(1.0 + 4.0 * t * t)) / 2.0
        ahead, t = (t - 1.0) / following, following
        now = bold if step < BOLD else problem
        moved = step_both(now, E, H, _ahead(E, E_before, ahead), _ahead(H, H_before, ahead), wishes)
        E_before, H_before, (E, H), step = E, H, moved, step + 1
        if count % check == 0:
            W = wishes.atoms(E)
            loss = problem.loss(W, H) + wishes.value(W, H)
            if loss <= lowest:
                best, lowest = (E, H), loss
            else:
                (E, H), t, bold = best, 1.0, problem
                E_before, H_before = E, H
        yield Factors(wishes.atoms(E), H.T, step)


def _may_be_bold(problem: Problem, wishes: Wishes) -> bool:
    alone = not wishes.penalties and wishes.structure is None
    return alone and problem.rule.alpha == 1.0 and -1.0 <= problem.rule.q < 0.0


def _ahead(now: Tensor, before: Tensor, share: float) -> Tensor:
    return now if share == 0.0 else (now - before).clamp_(min=0.0).mul_(share).add_(now)
