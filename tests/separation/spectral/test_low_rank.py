"""Robust PCA: a known matrix of low rank under known spikes is recovered; equal to full decompositions; scaling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import Cancelled
from separation.spectral import low_rank
from separation.spectral.low_rank import leading, robust


def known(rows: int = 120, columns: int = 90, rank: int = 5, share: float = 0.05) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    low = torch.randn(rows, rank, generator=g, dtype=torch.float64) @ torch.randn(
        rank, columns, generator=g, dtype=torch.float64
    )
    spikes = 20 * torch.randn(rows, columns, generator=g, dtype=torch.float64)
    return low, torch.where(torch.rand(rows, columns, generator=g) < share, spikes, 0.0)


def written_out(M: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Lin, Chen & Ma 2010, algorithm 5, with full decompositions."""
    weight, largest = 1 / max(M.shape) ** 0.5, np.linalg.svd(M, compute_uv=False)[0]
    Y, mu, S = M / max(largest, np.abs(M).max() / weight), 1.25 / largest, np.zeros_like(M)
    for _ in range(iterations):
        U, s, Vh = np.linalg.svd(M - S + Y / mu, full_matrices=False)
        L = (U * np.maximum(s - 1 / mu, 0)) @ Vh
        T = M - L + Y / mu
        S = np.sign(T) * np.maximum(np.abs(T) - weight / mu, 0)
        Y = Y + mu * (M - L - S)
        mu *= low_rank.GROWTH
    return L, S


@pytest.mark.parametrize("shape", [(120, 90), (60, 150)])
def test_what_was_put_in_comes_out(shape: tuple[int, int]) -> None:
    low, spikes = known(*shape)
    L, S = robust(low + spikes)
    assert float((L - low).norm() / low.norm()) < 1e-5 and float((S - spikes).norm() / spikes.norm()) < 1e-5
    assert int(torch.linalg.matrix_rank(L, rtol=1e-6)) == 5


def test_it_equals_the_algorithm_with_full_decompositions() -> None:
    low, spikes = known()
    noise = 0.1 * torch.randn(low.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    M = low + spikes + noise
    L, S = robust(M, tolerance=0.0, iterations=12)
    wanted = written_out(M.numpy(), 12)
    for found, exact in zip((L, S), wanted, strict=True):
        assert np.linalg.norm(found.numpy() - exact) < 2e-2 * np.linalg.norm(exact)


def test_rank_is_bounded_levels_scale_and_zero_stays() -> None:
    low, spikes = known()
    L, S = robust(low + spikes, most=3, iterations=20)
    assert int(torch.linalg.matrix_rank(L, rtol=1e-6)) <= 3
    again = robust(8 * (low + spikes), most=3, iterations=20)
    assert torch.allclose(again[0], 8 * L) and torch.allclose(again[1], 8 * S)
    assert not any(part.any() for part in robust(torch.zeros(4, 3)))
    lone = robust(torch.full((7, 1), 2.0))
    assert torch.allclose(lone[0] + lone[1], torch.full((7, 1), 2.0), atol=1e-5)


def test_more_sparsity_leaves_less_to_the_sparse_part_and_a_stop_is_heard() -> None:
    low, spikes = known()
    loose, strict = (robust((low + spikes).abs(), sparsity=s, iterations=15)[1].abs().sum() for s in (0.5, 3.0))
    assert strict < loose

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        robust(low, report=stop)


def test_the_leading_singular_vectors() -> None:
    low, spikes = known(share=0.01)
    U, values, V = leading(low + spikes, 4, rounds=12)
    exact = torch.linalg.svd(low + spikes)
    assert torch.allclose(values, exact.S[:4], rtol=1e-4)
    assert torch.allclose((U * values) @ V.T, (exact.U[:, :4] * exact.S[:4]) @ exact.Vh[:4], atol=0.05)
    assert all(part.shape[-1] == 1 for part in leading(low[:, :1], 1))
