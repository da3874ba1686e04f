"""The sums behind every multiplicative step, gathered tile by tile (Févotte & Idier 2011, eq. 20).

H ← H · ((Wᵀ P) / (Wᵀ Q))^γ with P = V^α Ṽ^(q−α), Q = Ṽ^q, Ṽ = WH, and the same for W by transposition. For KL, Q = 1
and Wᵀ Q is a sum of columns; for Euclid P = V, and Wᵀ Q = WᵀW H needs no model at all. Here H is (N, K).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.problem import Problem
from separation.nmf.products import times
from separation.nmf.tiles import over, tiles

FLOOR = 1e-16  # keeps factors out of the denormals, where arithmetic is many times slower

NextRows = Callable[[slice, Tensor, Tensor], Tensor]  # rows, numerators (n, K), denominators → the next H there


@dataclass(frozen=True, eq=False)
class Sums:
    """Numerators and denominators of a step: (F, K) for W, (N, K) for H; a denominator may be one row (1, K)."""

    numerator: Tensor
    denominator: Tensor


def sums_for_H(problem: Problem, W: Tensor, H: Tensor) -> Sums:
    """What moves H (N, K) while W (F, K) is held."""
    numerator, denominator = torch.empty_like(H), torch.empty_like(H)

    def keep(rows: slice, above: Tensor, below: Tensor) -> Tensor:
        numerator[rows], denominator[rows] = above, below
        return H[rows]

    _pass(problem, W, H, keep, None)
    return Sums(numerator, denominator)


def sums_for_W(problem: Problem, W: Tensor, H: Tensor) -> Sums:
    """What moves W (F, K) while H (N, K) is held."""
    return _pass(problem, None, H, None, W)[1]


def sweep(problem: Problem, W: Tensor, H: Tensor, following: NextRows, W_next: Tensor | None) -> tuple[Tensor, Sums]:
    """One pass over V: the next H, tile by tile, and at once the sums for W_next with that H. W_next None: no sums."""
    return _pass(problem, W, H, following, W_next)


def stepped(factor: Tensor, sums: Sums, exponent: float, floor: float) -> Tensor:
    """factor · (numerator / denominator)^exponent; exact zeros stay zero."""
    return _raised(factor, sums.numerator / sums.denominator.clamp(min=1e-30), exponent, floor)


def _raised(factor: Tensor, ratio: Tensor, exponent: float, floor: float) -> Tensor:
    if exponent == 0.5:
        ratio = ratio.sqrt_()
    elif exponent != 1.0:
        ratio = ratio.pow_(exponent)
    new = ratio.mul_(factor).clamp_(min=floor)
    return new.masked_fill_(factor == 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class _Stills:
    """Denominators that need no pass over V: KL's sums, Euclid's Gram matrices."""

    columns: Tensor | None
    gram_W: Tensor | None
    H: Tensor

    def for_H(self, rows: Tensor) -> Tensor:
        if self.gram_W is not None:
            return times(rows, self.gram_W)
        assert self.columns is not None
        return self.columns

    def for_W(self, W: Tensor) -> Tensor:
        return self.H.sum(0, keepdim=True) if self.columns is not None else times(W, times(self.H.T, self.H))


def _stills(problem: Problem, W: Tensor, H: Tensor) -> _Stills:
    return _Stills(
        W.sum(0, keepdim=True) if problem.rule.q == 0.0 else None, times(W.T, W) if plain(problem) else None, H
    )


def plain(problem: Problem) -> bool:
    return problem.rule.q == 1.0 and problem.rule.alpha == 1.0 and problem.weights is None


def _pass(
    problem: Problem, W: Tensor | None, H: Tensor, following: NextRows | None, W_next: Tensor | None
) -> tuple[Tensor, Sums]:
    """H first, where there is a rule for it, then the sums of W_next, in one pass over the tiles."""
    new = torch.empty_like(H) if following is not None else H
    still = _stills(problem, W, H) if W is not None else None

    def part(first: int, last: int) -> list[Tensor | None]:
        found: list[Tensor | None] = [None, None]
        for rows in tiles(problem.frames, first, last):
            problem.check()
            if following is not None and W is not None and still is not None:
                P, Q = powers(problem, rows, H[rows], W)
                below = still.for_H(H[rows]) if Q is None else times(Q, W)
                new[rows] = following(rows, times(P, W), below)
            if W_next is not None:
                P, Q = powers(problem, rows, new[rows], W_next)
                gather(found, P, Q, new[rows])
        return found

    found = over(problem.frames, part)
    if W_next is None:
        return new, Sums(new[:0], new[:0])
    return new, total(found, _stills(problem, W_next, new).for_W(W_next) if found[0][1] is None else None)


def powers(problem: Problem, rows: slice, H: Tensor, W: Tensor) -> tuple[Tensor, Tensor | None]:
    """P and Q of a tile; Q is None where its sums are known without it."""
    rule, V = problem.rule, problem.raised[rows]
    if plain(problem):
        return V, None
    model = times(H, W.T, problem.shift)
    Q: Tensor | None
    if rule.q == 0.0:
        Q = None
        P = torch.div(V, model if rule.alpha == 1.0 else model.pow_(rule.alpha), out=model)
    elif rule.q == -rule.alpha:  # Itakura–Saito
        Q = model.pow_(rule.q) if rule.q != -1.0 else model.reciprocal_()
        P = (V * Q).mul_(Q)
    else:
        Q = model.pow(rule.q)
        P = torch.div(V, model if rule.alpha == 1.0 else model.pow_(rule.alpha), out=model).mul_(Q)
    weight = problem.weight(rows)
    if weight is not None:
        P = P * weight if P is V else P.mul_(weight)
        Q = weight if Q is None else Q.mul_(weight)
    return P, Q


def gather(found: list[Tensor | None], P: Tensor, Q: Tensor | None, H: Tensor, for_P: Tensor | None = None) -> None:
    """Adds Hᵀ P (or for_Pᵀ P) and Hᵀ Q, each (K, F): the wide side last, where the product is quicker."""
    for index, each in enumerate((P, Q)):
        if each is not None:
            rows = for_P if index == 0 and for_P is not None else H
            more, before = times(rows.T, each), found[index]
            found[index] = more if before is None else before.add_(more)


def total(found: list[list[Tensor | None]], still: Tensor | None) -> Sums:
    above = _sum([one[0] for one in found])
    below = _sum([one[1] for one in found]) if still is None else still
    return Sums(above, below)


def _sum(parts: list[Tensor | None]) -> Tensor:
    there = [part for part in parts if part is not None]
    return torch.stack(there).sum(0).T.contiguous()
