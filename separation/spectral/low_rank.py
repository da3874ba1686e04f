"""Robust principal component analysis: a matrix as one of low rank plus one that is mostly zero.

Principal component pursuit, min ‖L‖* + λ ‖S‖₁ with L + S = M (Candès, Li, Ma & Wright, JACM 58(3), 2011), by the
inexact augmented Lagrangian of Lin, Chen & Ma (2010). Only the singular values above the threshold are ever needed:
they are found in the subspace of the step before, widened a little, by one step of block power iteration
(Halko, Martinsson & Tropp, SIAM Review 53(2), 2011), at a small fraction of a full decomposition's cost.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

GROWTH = 1.5  # of the penalty, from one step to the next
FIRST, WIDER = 8, 6  # singular vectors looked for at first, and more than were found the last time


def robust(
    M: Tensor,
    *,
    sparsity: float = 1.0,
    most: int = 0,
    tolerance: float = 1e-7,
    iterations: int = 100,
    seed: int = 0,
    report: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[Tensor, Tensor]:
    """L and S (F, N) with L + S ≈ M (F, N), real.

    sparsity: λ in units of 1 / √max(F, N); more leaves less in S. most: rank of L at most, 0 for no bound.
    tolerance: stop once ‖M − L − S‖ < tolerance ‖M‖. report: called at every step; what it raises ends the work.
    """
    size = float(M.norm())
    if size == 0.0:
        return torch.zeros_like(M), torch.zeros_like(M)
    generator = torch.Generator().manual_seed(seed)
    most = min(most, *M.shape) if most else min(M.shape)
    weight = sparsity / max(M.shape) ** 0.5
    basis = _random(M, min(FIRST, most), generator)
    largest = float(_decompose(M, basis)[1][0])
    Y = M / max(largest, float(M.abs().max()) / weight)
    penalty = 1.25 / largest
    S, L = torch.zeros_like(M), torch.zeros_like(M)
    for step in range(iterations):
        report(step, iterations)
        A = M - S + Y / penalty
        while True:
            U, values, V = _decompose(A, basis)
            kept = int((values > 1.0 / penalty).sum())
            if kept < len(values) or len(values) >= most:
                break
            basis = torch.cat((V, _random(M, min(2 * WIDER, most - len(values)), generator)), 1)
        L = (U[:, :kept] * (values[:kept] - 1.0 / penalty)) @ V[:, :kept].T
        wanted = min(kept + WIDER, most)
        basis = V[:, :wanted]
        if wanted > basis.shape[1]:
            basis = torch.cat((basis, _random(M, wanted - basis.shape[1], generator)), 1)
        left = M - L
        S = torch.nn.functional.softshrink(left + Y / penalty, weight / penalty)
        left -= S
        if float(left.norm()) < tolerance * size:
            break
        Y = Y.add_(left, alpha=penalty)
        penalty *= GROWTH
    return L, S


def leading(M: Tensor, count: int, seed: int = 0, rounds: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """The largest singular values (count,) of M (F, N) with U (F, count) and V (N, count), close to exact.

    rounds: of block power iteration, each in the subspace the one before led to.
    """
    spare = min(count + FIRST, *M.shape)
    basis = _random(M, spare, torch.Generator().manual_seed(seed))
    for _ in range(rounds):
        U, values, basis = _decompose(M, basis)
    return U[:, :count], values[:count], basis[:, :count]


def _random(M: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return torch.randn(M.shape[1], count, generator=generator, dtype=torch.float64).to(M)


def _decompose(A: Tensor, basis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U (F, k), values (k,) and V (N, k) of A (F, N) within the row space that basis (N, k) leads to."""
    left = torch.linalg.qr(A @ basis).Q
    right, small = torch.linalg.qr(A.T @ left)  # A ≈ left smallᵀ rightᵀ
    left, small = torch.linalg.qr(A @ right)  # and once more: A ≈ left small rightᵀ
    U, values, Vh = torch.linalg.svd(small)
    return left @ U, values, right @ Vh.T
