"""Packed Hermitian matrices: every function against the same with whole matrices."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from separation.spatial.covariance import (
    apply,
    geometric_mean,
    identity,
    inverse,
    normal,
    outer,
    pack,
    regular,
    unpack,
)


def vectors(*shape: int, seed: int = 0) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.complex(*(torch.randn(*shape, generator=g, dtype=torch.float64) for _ in range(2)))


def positive(count: int, channels: int, seed: int = 0) -> Tensor:
    A = vectors(count, channels, channels, seed=seed)
    return A @ A.mH + 0.05 * torch.eye(channels)


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_it_is_the_algebra_of_whole_matrices(channels: int) -> None:
    A, B = positive(7, channels), positive(7, channels, seed=1)
    a, x = pack(A), vectors(channels, 7, seed=2)
    assert a.dtype == torch.float64 and a.shape == (7, channels**2)
    assert torch.allclose(unpack(a), A)
    assert torch.allclose((a * pack(B)).sum(-1), torch.einsum("nij,nji->n", A, B).real)
    assert torch.allclose(unpack(identity(channels, a)).real, torch.eye(channels, dtype=torch.float64))
    assert torch.allclose(unpack(outer(x).T), torch.einsum("in,jn->nij", x, x.conj()))
    inverted, log_det = inverse(a.T)
    assert torch.allclose(unpack(inverted.T), torch.linalg.inv(A))
    assert torch.allclose(log_det, torch.linalg.slogdet(A).logabsdet)
    assert torch.allclose(apply(a.T, x).T, (A @ x.T[..., None])[..., 0])


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_geometric_mean_solves_its_equation(channels: int) -> None:
    A, B = positive(9, channels), positive(9, channels, seed=3)
    R = geometric_mean(A, B)
    assert torch.allclose(R @ torch.linalg.inv(A) @ R, B) and torch.allclose(R, R.mH)
    assert (torch.linalg.eigvalsh(R) > 0).all()
    assert torch.allclose(geometric_mean(B, A), R)


def test_nearly_singular_matrices_stay_positive_in_single_precision() -> None:
    x = vectors(2, 50).to(torch.complex64)
    p = outer(x) + 1e-7 * identity(2, outer(x))[:, None]
    inverted, log_det = inverse(p)
    assert torch.isfinite(inverted).all() and torch.isfinite(log_det).all() and (inverted[:2] > 0).all()
    R = regular(torch.einsum("in,jn->nij", x, x.conj()), 1e-3)
    assert (torch.linalg.eigvalsh(R) > 0).all()
    shape, level = normal(R)
    assert torch.allclose(shape.diagonal(dim1=-2, dim2=-1).sum(-1).real, torch.tensor(2.0))
    assert torch.allclose(shape * level[:, None, None], R)
