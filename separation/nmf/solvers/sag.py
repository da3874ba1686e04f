"""Mini-batches that remember: every block of frames keeps its sums for W, and replaces them when its turn comes.

After Serizel, Essid & Richard (MLSP 2016, SAG-MU). For each block: H by one multiplicative step, then its
A = W^p·(P Hᵀ) and B = Q Hᵀ in place of its old ones, and W = (Σ A / Σ B)^(1/p) over all blocks, at once: W moves BLOCKS
times per pass over V. Itakura–Saito has p = 2, Kullback–Leibler p = 1 (B is then 1 Hᵀ, one row).

Σ A and Σ B are those of a bound of the loss that each block's W and H made (Févotte & Idier 2011, section 4.1), so
neither a new H nor a new W ever raises this bound, and the loss lies under it; the loss itself may rise for a step.
Memory beside V: A of F × K numbers per block, and B as many for Itakura–Saito; W's sums do not grow with the song.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.updates import FLOOR, Sums, stepped, sums_for_W, sweep

BLOCKS, FEWEST = 16, 64  # blocks of V, and frames in one at least


def states(problem: Problem, start: Factors, blocks: int = BLOCKS) -> Iterator[Factors]:
    """States without end, the start first, each after a pass over all blocks; KL and Itakura–Saito."""
    if problem.rule.alpha != 1.0 or problem.rule.q not in (0.0, -1.0):
        raise ParameterError(
            "Stored mini-batches exist for the divergences kl and is: choose one of them or another solver."
        )
    return _states(problem, start, blocks)


@dataclass(eq=False)
class _Block:
    """A share of the frames, its H (n, K), and its A (F, K) and B (F, K) or (1, K)."""

    problem: Problem
    H: Tensor
    above: Tensor
    below: Tensor


def _states(problem: Problem, start: Factors, count: int) -> Iterator[Factors]:
    power = 1.0 if problem.rule.q == 0.0 else 2.0
    W, step = start.W, start.step
    yield Factors(W, start.H, step)
    blocks = [_block(problem, rows, W, start.H.T[rows].contiguous(), power) for rows in _shares(problem, count)]
    while True:
        above = torch.stack([block.above for block in blocks]).sum(0)  # anew: differences would drift
        below = torch.stack([block.below for block in blocks]).sum(0)
        for block in blocks:
            above, below = above - block.above, below - block.below
            _turn(block, W, power)
            above, below = (above + block.above).clamp_(min=0.0), (below + block.below).clamp_(min=0.0)
            W = _atoms(W, above, below, power)
        step += 1
        yield Factors(W, torch.cat([block.H for block in blocks]).T, step)


def _shares(problem: Problem, count: int) -> list[slice]:
    frames = len(problem.frames)
    count = max(1, min(count, frames // FEWEST))
    edges = [frames * i // count for i in range(count + 1)]
    return [slice(edges[i], edges[i + 1]) for i in range(count)]


def _block(problem: Problem, rows: slice, W: Tensor, H: Tensor, power: float) -> _Block:
    share = replace(problem, frames=problem.frames[rows], raised=problem.raised[rows], weights=problem.weight(rows))
    sums = sums_for_W(share, W, H)
    return _Block(share, H, W.pow(power) * sums.numerator, sums.denominator)


def _turn(block: _Block, W: Tensor, power: float) -> None:
    """One step of the block's H beside W, and its sums with that H, in one pass over its tiles."""
    old, rule = block.H, block.problem.rule

    def following(rows: slice, above: Tensor, below: Tensor) -> Tensor:
        return stepped(old[rows], Sums(above, below), rule.exponent, FLOOR * block.problem.tiny)

    block.H, sums = sweep(block.problem, W, old, following, W)
    block.above, block.below = W.pow(power) * sums.numerator, sums.denominator


def _atoms(W: Tensor, above: Tensor, below: Tensor, power: float) -> Tensor:
    ratio = above / below.clamp(min=1e-30)
    new = (ratio.sqrt() if power == 2.0 else ratio).clamp(min=FLOOR)
    return new.masked_fill(W == 0.0, 0.0)
