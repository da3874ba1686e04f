"""Atoms learnt from a stream of blocks, in memory that does not depend on its length (Lefèvre, Bach & Févotte 2011).

For each block H is fitted to the atoms so far; its sums for W join those of the past, which fade:
Itakura–Saito A ← ρA + W²·(P Hᵀ), B ← ρB + Q Hᵀ, W = √(A/B); KL A ← ρA + W·(P Hᵀ), B ← ρB + 1 Hᵀ, W = A/B.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.divergences import beta_of
from separation.nmf.factors import Factors
from separation.nmf.problem import Problem, check_rank, pose
from separation.nmf.solvers.wishes import Penalty, Wishes
from separation.nmf.starts.random import random_start
from separation.nmf.updates import FLOOR, Sums, stepped, sums_for_W, sweep

INNER = 30  # steps of H per block
YOUNG = 20  # blocks
Terms = tuple[Tensor | float, Tensor | float]
QUIET = 1e-4  # blocks this much below the loudest mean so far (−80 dB) teach nothing


def states(
    blocks: Iterable[Tensor],
    rank: int,
    *,
    divergence: float | str = 1.0,
    seed: int = 0,
    fade: float = 0.95,
    penalties: Sequence[Penalty] = (),
) -> Iterator[Factors]:
    """One state per block V (F, n): the atoms W (F, K), columns summing to one, and the block's H (K, n).

    fade: ρ in the long run, how much the past counts against one more block; at first it counts less, for it came
    from worse atoms (ρ step / (step + YOUNG)). Ends with the blocks.
    penalties: on H, while it is fitted.
    Raises ParameterError for another divergence than kl and is, InputError if every block was silent or for a bad one.
    """
    beta = beta_of(divergence)
    if beta not in (0.0, 1.0) or not 0.0 < fade <= 1.0:
        raise ParameterError("Learning from a stream knows the divergences kl and is, and a fade above 0 and up to 1.")
    return _states(blocks, rank, beta, seed, fade, Wishes(penalties=tuple(penalties)))


def _states(
    blocks: Iterable[Tensor], rank: int, beta: float, seed: int, fade: float, wishes: Wishes
) -> Iterator[Factors]:
    W: Tensor | None = None
    above = below = torch.zeros(())
    loudest, step = 0.0, 0
    for block in blocks:
        level = float(block.mean()) if block.numel() else 0.0
        if level <= QUIET * loudest and level >= 0.0:  # NaN and negative ones go on, to be refused
            continue
        loudest = max(loudest, level)
        problem = pose(block, beta)
        if W is None:
            check_rank(block.shape, rank)
            W = random_start(problem.frames.T, rank, seed).W
            W = W / W.sum(0)
        H = torch.full((block.shape[1], rank), problem.tiny * 1e12 * block.shape[0] / rank, dtype=W.dtype).to(W)
        H = _fitted(problem, W, H, wishes)
        sums, power = sums_for_W(problem, W, H), 2.0 if beta == 0.0 else 1.0
        share = 1.0 if beta == 0.0 else 1.0 / problem.scale
        past = fade * step / (step + YOUNG)
        above = past * above.to(W) + share * W.pow(power) * sums.numerator
        below = past * below.to(W) + share * sums.denominator
        W = (above / below.clamp(min=1e-30)).pow(1.0 / power).clamp(min=FLOOR)
        size = W.sum(0)
        W, below = W / size, below * size
        above = above / size if beta == 0.0 else above
        step += 1
        yield Factors(W, (H * size / problem.scale).T, step)
    if W is None:
        raise InputError("There was no sound in these blocks: there is nothing in them to take apart.")


def _fitted(problem: Problem, W: Tensor, H: Tensor, wishes: Wishes) -> Tensor:
    for _ in range(INNER):
        more = wishes.added_to_H(W, H)
        H = sweep(problem, W, H, partial(_next, problem, H, more), None)[0]
    return H


def _next(problem: Problem, old: Tensor, more: Terms, rows: slice, above: Tensor, below: Tensor) -> Tensor:
    above, below = (
        one + (each[rows] if isinstance(each, Tensor) else each)
        for one, each in zip((above, below), more, strict=True)
    )
    return stepped(old[rows], Sums(above, below), problem.rule.exponent, FLOOR * problem.tiny)
