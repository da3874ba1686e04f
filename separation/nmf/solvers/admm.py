"""Alternating optimisation by ADMM, AO-ADMM (Huang, Sidiropoulos & Liavas, IEEE Trans. Signal Process. 64(19), 2016).

For what multiplicative steps cannot grant: limits that must hold exactly (`constraints.py`). Each factor is found in
INNER steps between a least-squares solution H̃, the nearest allowed H, and the dual U that pulls them together:
G = WᵀW, ρ = tr G / K;  H̃ = (G + ρI)⁻¹ (WᵀY + ρ(H + U)),  H = nearest(H̃ − U),  U ← U + H − H̃; W by transposition.

Euclidean distance: Y = V. Kullback–Leibler: Y = Z + D, where Z stands for W H̃ with its own dual D and weight
η = 1 / mean(V): Z = argmin KL(V | z) + η/2 (z − u)² = (a + √(a² + 4v/η)) / 2, u = W H̃ − D, a = u − 1/η;
D ← D + Z − W H̃. Z and D have V's size each, and serve both factors.
The loss may rise for a step. Without a constraint, the multiplicative solvers are quicker for Kullback–Leibler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors
from separation.nmf.problem import TINY, Problem
from separation.nmf.products import times
from separation.nmf.solvers.constraints import Constraint
from separation.nmf.solvers.hals import products_for_W
from separation.nmf.tiles import over, tiles
from separation.nmf.updates import plain

INNER = 5
FREE = Constraint()

Nearest = Callable[[Tensor], Tensor]


def states(problem: Problem, start: Factors, constraint: Constraint = FREE) -> Iterator[Factors]:
    """States without end, the start first; the constraint holds exactly from the first step on."""
    kl = problem.rule.q == 0.0 and problem.rule.alpha == 1.0 and problem.weights is None
    if not (kl or plain(problem)):
        raise ParameterError(
            "AO-ADMM solves the divergences euclidean and kl without weights: choose one of them, or another solver."
        )
    return _kullback_leibler(problem, start, constraint) if kl else _euclid(problem, start, constraint)


def _euclid(problem: Problem, start: Factors, constraint: Constraint) -> Iterator[Factors]:
    frames, nearest, step = problem.frames, _nearest_H(problem, constraint), start.step
    W, H = _scaled(start, constraint)
    dual_W, dual_H = torch.zeros_like(W), torch.zeros_like(H)
    yield start
    while True:
        H, dual_H = _towards(_Least.of(W), _products_for_H(frames, W), H, dual_H, nearest)
        W, dual_W = _towards(_Least.of(H), products_for_W(frames, H.T).T, W, dual_W, constraint.on_W)
        step += 1
        yield Factors(W, H.T, step)


def _kullback_leibler(problem: Problem, start: Factors, constraint: Constraint) -> Iterator[Factors]:
    nearest, step = _nearest_H(problem, constraint), start.step
    W, H = _scaled(start, constraint)
    dual_W, dual_H = torch.zeros_like(W), torch.zeros_like(H)
    yield start
    split = _Split(problem, W, H)
    while True:
        H, dual_H = _H_beside(split, W, H, dual_H, nearest)
        least = _Least.of(H)
        for _ in range(INNER):
            products = products_for_W(split.target, H.T).T
            free = least.solve(products, W + dual_W)
            W = constraint.on_W(free - dual_W)
            dual_W = dual_W + W - free
            split.follow(free, H)
        step += 1
        yield Factors(W, H.T, step)


def _H_beside(split: _Split, W: Tensor, H: Tensor, dual: Tensor, nearest: Nearest) -> tuple[Tensor, Tensor]:
    """All inner steps of H, tile by tile: frames do not see each other while W is held."""
    least, new, pull = _Least.of(W), torch.empty_like(H), torch.empty_like(dual)

    def part(first: int, last: int) -> None:
        for rows in tiles(split.target, first, last):
            h, u = H[rows], dual[rows]
            for _ in range(INNER):
                free = least.solve(times(split.target[rows], W), h + u)
                h = nearest(free - u)
                u = u + h - free
                split.follow_rows(rows, W, free)
            new[rows], pull[rows] = h, u

    over(split.target, part)
    return new, pull


class _Split:
    """Z, which stands for H Wᵀ in the loss, by its `target` Z + D and its `dual` D, both (N, F)."""

    def __init__(self, problem: Problem, W: Tensor, H: Tensor) -> None:
        self.frames, self.mean = problem.frames, problem.tiny / TINY  # 1 / η
        self.target, self.dual = torch.zeros_like(self.frames), torch.zeros_like(self.frames)
        self.follow(W, H)

    def follow(self, W: Tensor, H: Tensor) -> None:
        def part(first: int, last: int) -> None:
            for rows in tiles(self.frames, first, last):
                self.follow_rows(rows, W, H[rows])

        over(self.frames, part)

    def follow_rows(self, rows: slice, W: Tensor, H: Tensor) -> None:
        """Z beside the model H Wᵀ of these rows, then D ← D + Z − H Wᵀ."""
        u = times(H, W.T).sub_(self.dual[rows])
        a = u - self.mean
        product = (4.0 * self.mean) * self.frames[rows]
        root = (a.square() + product).sqrt_()
        Z = torch.where(a > 0.0, (root + a) * 0.5, 0.5 * product / (root - a).clamp_(min=1e-30))  # without cancellation
        self.dual[rows] = Z - u
        self.target[rows] = Z.mul_(2.0).sub_(u)


@dataclass(frozen=True, eq=False)
class _Least:
    """X minimises ‖Y − X Fᵀ‖² + ρ ‖X − near‖² beside a factor F (m, K)."""

    inverse: Tensor
    rho: float

    @staticmethod
    def of(factor: Tensor) -> _Least:
        gram = times(factor.T, factor)
        rho = max(float(gram.diagonal().mean()), 1e-30)
        whole = gram + rho * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
        return _Least(torch.cholesky_inverse(torch.linalg.cholesky(whole)), rho)

    def solve(self, products: Tensor, near: Tensor) -> Tensor:
        """products (n, K) = Y F."""
        return times(products + self.rho * near, self.inverse)


def _towards(least: _Least, products: Tensor, X: Tensor, dual: Tensor, nearest: Nearest) -> tuple[Tensor, Tensor]:
    """X (n, K) and its dual after the inner steps; products (n, K) = Y F."""
    for _ in range(INNER):
        free = least.solve(products, X + dual)
        X = nearest(free - dual)
        dual = dual + X - free
    return X, dual


def _products_for_H(frames: Tensor, W: Tensor) -> Tensor:
    return torch.cat(over(frames, lambda first, last: times(frames[first:last], W)))


def _nearest_H(problem: Problem, constraint: Constraint) -> Nearest:
    return lambda rows: constraint.on_H(rows, problem.scale)


def _scaled(start: Factors, constraint: Constraint) -> tuple[Tensor, Tensor]:
    """W (F, K) and H (N, K) of the start, with columns that sum to one where the constraint wants that."""
    size = start.W.sum(0).clamp(min=1e-30) if constraint.normalised else torch.ones_like(start.W[0])
    return start.W / size, (start.H.T * size).contiguous()
