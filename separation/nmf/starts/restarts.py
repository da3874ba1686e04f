"""The best of several random starts: each makes a few steps on averages of frames, and the lowest goes on.

A factorisation ends in one of many valleys. STEPS steps tell the deep ones from the others well enough, and on averages
of eight frames they cost an eighth, so five seeds cost less than a sixth of a run of a hundred steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.solvers.coarse import after, shortened, spread
from separation.nmf.starts.random import random_start

STEPS = 20


def best_start(
    problem: Problem, rank: int, seed: int, restarts: int, check: Callable[[], object] = lambda: None
) -> Factors:
    """Factors to go on from, step 0, of the lowest of the seeds seed … seed + restarts − 1.

    check: called at every step; what it raises ends the work.
    """
    short = shortened(problem, rank)
    best, lowest = random_start(short.frames.T, rank, seed), math.inf
    for number in range(seed, seed + restarts):
        last = after(short, random_start(short.frames.T, rank, number), STEPS, check)
        loss = short.loss(last.W, last.H.T.contiguous())
        if loss < lowest:
            best, lowest = last, loss
    whole = best if short is problem else spread(best, len(problem.frames))
    return Factors(whole.W, whole.H)
