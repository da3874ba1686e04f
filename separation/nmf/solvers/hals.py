"""Hierarchical alternating least squares for the Euclidean distance, one atom after the other in closed form.

plain: one sweep over the atoms per product (Cichocki & Phan 2009). accelerated: up to SWEEPS on the same products, for
these cost more than the sweeps (Gillis & Glineur 2012). extrapolated: both factors are also moved on along their last
step, further each time it helps, less where the error rises (Ang & Gillis 2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.products import times
from separation.nmf.tiles import over, tiles
from separation.nmf.updates import FLOOR
from separation.nmf.updates import plain as is_plain

SWEEPS, ENOUGH = 4, 0.1  # sweeps at most; stop once one moves this share of what the first moved
FIRST, BACK, FURTHER, LIMIT = 0.5, 1.5, 1.05, 1.01  # Ang & Gillis 2019: β₀, η, γ, γ̄


def plain(problem: Problem, start: Factors) -> Iterator[Factors]:
    """States without end, the start first; the loss never rises."""
    return _descend(problem, start, 1)


def accelerated(problem: Problem, start: Factors) -> Iterator[Factors]:
    """The same with more sweeps per product; the loss never rises."""
    return _descend(problem, start, SWEEPS)


def extrapolated(problem: Problem, start: Factors, basis: Tensor | None = None) -> Iterator[Factors]:
    """The same with momentum; the loss may rise for a step. basis (F, l): problem.frames are only V's shares of it."""
    if basis is None:
        refuse_others(problem)
    return _extrapolated(problem, start, basis)


def _descend(problem: Problem, start: Factors, sweeps: int) -> Iterator[Factors]:
    refuse_others(problem)

    def states() -> Iterator[Factors]:
        W, H, step = start.W.T.contiguous(), start.H.contiguous(), start.step
        yield Factors(W.T, H, step)
        while True:
            H = next_H(problem.frames, W, H, sweeps)
            W = sweep(W, times(H, H.T), products_for_W(problem.frames, H), sweeps)
            step += 1
            yield Factors(W.T, H, step)

    return states()


def _extrapolated(problem: Problem, start: Factors, basis: Tensor | None) -> Iterator[Factors]:
    frames = problem.frames
    energy = sum(over(frames, lambda a, b: float(frames[a:b].square().sum(dtype=torch.float64))))
    W, H, step = start.W.T.contiguous(), start.H.contiguous(), start.step
    W_ahead, H_ahead, error = W, H, math.inf
    now, most, before = FIRST, 1.0, FIRST
    yield Factors(W.T, H, step)
    while True:
        H_next = next_H(frames, W_ahead, H_ahead, SWEEPS, basis)
        H_ahead = (H_next + now * (H_next - H)).clamp_(min=0.0)
        products = products_for_W(frames, H_ahead)
        if basis is not None:
            products = times(products, basis.T)
        gram = times(H_ahead, H_ahead.T)
        W_next = sweep(W_ahead, gram, products, SWEEPS)
        W_ahead = (W_next + now * (W_next - W)).clamp_(min=0.0)
        inner = (products * W_next).sum(dtype=torch.float64)
        found = energy - 2.0 * float(inner) + float(((times(W_next, W_next.T)) * gram).sum(dtype=torch.float64))
        if found > error:
            W_ahead, H_ahead = W_next, H_next
            most, now = before, now / BACK
        else:
            before = now
            now, most = min(most, FURTHER * now), min(1.0, LIMIT * most)
        W, H, error, step = W_next, H_next, found, step + 1
        yield Factors(W.T, H, step)


def next_H(frames: Tensor, W: Tensor, H: Tensor, sweeps: int, basis: Tensor | None = None) -> Tensor:
    """H (K, N) after its sweeps beside W (K, F); frames (N, F), or (N, l) on a basis (F, l)."""
    gram, seen = times(W, W.T), W if basis is None else times(W, basis)
    shares = over(frames, lambda a, b: sweep(H[:, a:b], gram, times(frames[a:b], seen.T).T.contiguous(), sweeps))
    return torch.cat(shares, 1)


def products_for_W(frames: Tensor, H: Tensor) -> Tensor:
    """H V for H (K, N) and frames (N, F): (K, F)."""

    def part(first: int, last: int) -> Tensor:
        total = torch.zeros(len(H), frames.shape[1], dtype=H.dtype, device=H.device)
        for rows in tiles(frames, first, last):
            total.add_(times(H[:, rows], frames[rows]))
        return total

    return torch.stack(over(frames, part)).sum(0)


def sweep(X: Tensor, gram: Tensor, products: Tensor, sweeps: int) -> Tensor:
    """argmin over X >= 0 of ½ tr(Xᵀ G X) − tr(Bᵀ X), row by row; a new (K, n). gram G (K, K), products B (K, n)."""
    X = X.clone(memory_format=torch.contiguous_format)
    sizes = gram.diagonal().clamp(min=1e-30).tolist()
    first = math.inf
    for count in range(sweeps):
        before = X.clone() if sweeps > 1 else X
        for k, size in enumerate(sizes):
            gradient = torch.addmv(products[k], X.T, gram[k], alpha=-1.0)
            X[k].add_(gradient, alpha=1.0 / size).clamp_(min=FLOOR)
        if sweeps > 1:
            moved = float((X - before).norm())
            first = moved if count == 0 else first
            if moved <= ENOUGH * first and count:
                break
    return X


def refuse_others(problem: Problem) -> None:
    if not is_plain(problem):
        raise ParameterError(
            "Least squares solve the euclidean divergence without weights: choose it, or the solver mu or extrapolated."
        )
