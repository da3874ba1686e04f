"""A start from a coarse picture: averages of neighbouring frames are factorised first, then H is spread over them.

A step costs `group` times less there, and most of what the atoms look like is already in it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers import extrapolated

GROUP, STEPS, FEWEST = 8, 60, 64  # frames averaged, steps made, frames left at least


def coarse_start(problem: Problem, start: Factors, group: int = GROUP, steps: int = STEPS) -> Factors:
    """Factors to go on from at full rate, `step` as in start; start itself where there are too few frames."""
    count = len(problem.frames)
    if count < group * max(FEWEST, start.W.shape[1]) or problem.weights is not None:
        return start
    frames = _averages(problem.frames, group)
    raised = frames if problem.rule.alpha == 1.0 else frames.pow(problem.rule.alpha)
    short = replace(problem, frames=frames, raised=raised)
    small = Factors(start.W, _averages(start.H.T, group).T)
    *_, last = islice(extrapolated.states(short, small), steps + 1)
    H = last.H.repeat_interleave(group, 1)
    return Factors(last.W, H[:, :count], start.step)


def _averages(rows: Tensor, group: int) -> Tensor:
    """Means of groups of rows; the last group may be smaller."""
    whole = len(rows) // group * group
    means = rows[:whole].reshape(-1, group, rows.shape[1]).mean(1)
    if whole == len(rows):
        return means
    from torch import cat

    return cat((means, rows[whole:].mean(0, keepdim=True)))
