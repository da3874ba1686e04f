"""A start from a coarse picture: averages of neighbouring frames are factorised first, then H is spread over them.

A step costs `group` times less there, and most of what the atoms look like is already in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor, cat

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers import extrapolated

GROUP, STEPS, FEWEST = 8, 60, 64  # frames averaged, steps made, frames left at least


def coarse_start(
    problem: Problem,
    start: Factors,
    group: int = GROUP,
    steps: int = STEPS,
    check: Callable[[], object] = lambda: None,
) -> Factors:
    """Factors to go on from at full rate, `step` as in start; start itself where there are too few frames.

    check: called at every step; what it raises ends the work.
    """
    short = shortened(problem, start.W.shape[1], group)
    if short is problem:
        return start
    small = Factors(start.W, _averages(start.H.T, group).T)
    return replace(spread(after(short, small, steps, check), len(problem.frames), group), step=start.step)


def after(problem: Problem, start: Factors, steps: int, check: Callable[[], object]) -> Factors:
    """The state after so many extrapolated steps."""
    for state in extrapolated.states(problem, start):
        check()
        if state.step == start.step + steps:
            return state
    raise AssertionError("states never end")


def shortened(problem: Problem, rank: int, group: int = GROUP) -> Problem:
    """The problem on averages of `group` frames; the same one where too few would be left, or frames have weights."""
    if len(problem.frames) < group * max(FEWEST, rank) or problem.weights is not None:
        return problem
    frames = _averages(problem.frames, group)
    raised = frames if problem.rule.alpha == 1.0 else frames.pow(problem.rule.alpha)
    return replace(problem, frames=frames, raised=raised)


def spread(short: Factors, count: int, group: int = GROUP) -> Factors:
    """Factors of averages as factors of `count` frames: each activation is repeated."""
    return Factors(short.W, short.H.repeat_interleave(group, 1)[:, :count], short.step)


def _averages(rows: Tensor, group: int) -> Tensor:
    """Means of groups of rows; the last group may be smaller."""
    whole = len(rows) // group * group
    means = rows[:whole].reshape(-1, group, rows.shape[1]).mean(1)
    return means if whole == len(rows) else cat((means, rows[whole:].mean(0, keepdim=True)))
