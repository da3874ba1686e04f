"""Hermitian matrices of channels as short real vectors, and what the local Gaussian model does with them.

A source's spatial covariance R (C × C, Hermitian, positive) says how it reaches the channels: diagonal, how loud in
each; off the diagonal, how alike and with which delay (Duong, Vincent & Gribonval, IEEE TASLP 18(7), 2010). Such a
matrix has C² real numbers. `pack` writes them so that the trace of a product is the product of vectors,

    tr(A B) = ⟨pack A, pack B⟩,

its diagonal first, then √2 Re and √2 Im of what stands above it. Mixing Σ_j v_j R_j, the posterior power of each
source and the sums over frames of the updates are then plain matrix products over all bins at once. For two channels
the inverse has a closed form; for more it is a batched decomposition.

Packed arrays have the numbers on axis −2 or −1 as each function says; P = C². Everything is real of one dtype.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

ROOT = math.sqrt(2.0)


def channels_of(size: int) -> int:
    """C of P = C² numbers."""
    return math.isqrt(size)


def pack(M: Tensor) -> Tensor:
    """(…, P) real of Hermitian M (…, C, C) complex; what is not Hermitian in it is averaged away."""
    M = hermitise(M)
    row, column = torch.triu_indices(M.shape[-1], M.shape[-1], 1)
    above = M[..., row, column] * ROOT
    return torch.cat((M.diagonal(dim1=-2, dim2=-1).real, above.real, above.imag), -1)


def unpack(p: Tensor) -> Tensor:
    """M (…, C, C) complex of packed (…, P)."""
    size = channels_of(p.shape[-1])
    row, column = torch.triu_indices(size, size, 1)
    diagonal, real, imaginary = p.split((size, len(row), len(row)), -1)
    M = torch.diag_embed(torch.complex(diagonal, torch.zeros_like(diagonal)))
    above = torch.complex(real, imaginary) / ROOT
    M[..., row, column] = above
    M[..., column, row] = above.conj()
    return M


def hermitise(M: Tensor) -> Tensor:
    """(M + Mᴴ) / 2."""
    return (M + M.mH) / 2


def identity(channels: int, like: Tensor) -> Tensor:
    """pack(I) (P,)."""
    p = torch.zeros(channels * channels, dtype=like.dtype, device=like.device)
    p[:channels] = 1.0
    return p


def outer(x: Tensor) -> Tensor:
    """pack(x xᴴ) of vectors x (…, C, N) complex, as (…, P, N)."""
    size = x.shape[-2]
    power = torch.view_as_real(x).square().sum(-1)
    if size == 1:
        return power
    row, column = torch.triu_indices(size, size, 1)
    above = x[..., row, :] * x[..., column, :].conj() * ROOT
    return torch.cat((power, above.real, above.imag), -2)


def inverse(p: Tensor) -> tuple[Tensor, Tensor]:
    """pack(M⁻¹) and log det M of positive M packed on axis −2: (…, P, N) → (…, P, N), (…, N)."""
    size = channels_of(p.shape[-2])
    if size == 1:
        return p.reciprocal(), p[..., 0, :].log()
    if size == 2:
        first, second, real, imaginary = p.unbind(-2)
        power = real.square().addcmul_(imaginary, imaginary).mul_(0.5)
        det = torch.addcmul(-power, first, second)
        det = torch.maximum(det, torch.finfo(p.dtype).eps * first * second)  # rounding must not make it singular
        scale = det.reciprocal()
        result = torch.empty_like(p)
        torch.mul(second, scale, out=result[..., 0, :])
        torch.mul(first, scale, out=result[..., 1, :])
        scale = scale.neg_()
        torch.mul(real, scale, out=result[..., 2, :])
        torch.mul(imaginary, scale, out=result[..., 3, :])
        return result, det.log_()
    M = unpack(p.mT)
    return pack(torch.linalg.inv(M)).mT, torch.linalg.slogdet(M).logabsdet


def apply(p: Tensor, x: Tensor) -> Tensor:
    """M x (…, C, N) complex of M packed on axis −2 (…, P, N) and vectors x (…, C, N)."""
    size = x.shape[-2]
    if size == 1:
        return p * x
    if size == 2:
        off = torch.complex(p[..., 2, :], p[..., 3, :]) / ROOT
        return torch.stack(
            (p[..., 0, :] * x[..., 0, :] + off * x[..., 1, :], off.conj() * x[..., 0, :] + p[..., 1, :] * x[..., 1, :]),
            -2,
        )
    return (unpack(p.mT) @ x.mT[..., None])[..., 0].mT


def geometric_mean(A: Tensor, B: Tensor) -> Tensor:
    """The positive R with R A⁻¹ R = B: A^½ (A^−½ B A^−½)^½ A^½, for positive A and B (…, C, C).

    For two channels it is √(αβ) M / √det M with M = A/α + B/β, α = √det A, β = √det B (Bhatia, Positive Definite
    Matrices, 2007, prop. 4.1.12).
    """
    if A.shape[-1] == 1:
        return (A.real * B.real).sqrt().to(A)
    if A.shape[-1] == 2:
        a, b = _determinant(A).sqrt()[..., None, None], _determinant(B).sqrt()[..., None, None]
        M = A / a + B / b
        return M * ((a * b).sqrt() / _determinant(M).sqrt()[..., None, None])
    root, over = _powers(A, 0.5), _powers(A, -0.5)
    return hermitise(root @ _powers(hermitise(over @ B @ over), 0.5) @ root)


def regular(R: Tensor, share: float = 1e-6) -> Tensor:
    """Hermitian R (…, C, C) plus `share` of its mean diagonal on the diagonal, so that it can be inverted."""
    R = hermitise(R)
    level = R.diagonal(dim1=-2, dim2=-1).real.mean(-1).clamp(min=1e-30)
    return R + share * level[..., None, None] * torch.eye(R.shape[-1], dtype=R.dtype, device=R.device)


def normal(R: Tensor) -> tuple[Tensor, Tensor]:
    """R (…, C, C) scaled to trace C, and the factor (…) that was taken out: it belongs to the source's power."""
    level = R.diagonal(dim1=-2, dim2=-1).real.mean(-1).clamp(min=1e-30)
    return R / level[..., None, None], level


def _determinant(M: Tensor) -> Tensor:
    """Of positive 2 × 2 matrices, kept positive against rounding."""
    whole = (M[..., 0, 0] * M[..., 1, 1]).real
    off = M[..., 0, 1]
    return torch.maximum(whole - off.real.square() - off.imag.square(), 1e-14 * whole).clamp(min=1e-280)


def _powers(M: Tensor, power: float) -> Tensor:
    values, vectors = torch.linalg.eigh(M)
    floor = values[..., -1:].clamp(min=1e-300) * 1e-14
    return (vectors * torch.maximum(values, floor).pow(power)[..., None, :]) @ vectors.mH
