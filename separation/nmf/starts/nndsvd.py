"""A start from the singular vectors of V (Boutsidis & Gallopoulos 2008), found at random (Halko et al. 2011).

Each pair of singular vectors is split into its positive and its negative part, and the weightier pair of parts becomes
an atom. `fill` puts a hundredth of V's mean where that leaves zeros (NNDSVDa), which multiplicative steps
could not leave. Helps least squares a lot, Kullback–Leibler little.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.problem import check_rank

EXTRA, POWERS = 10, 2


def nndsvd(V: Tensor, rank: int, seed: int = 0, fill: bool = True) -> Factors:
    """Factors of V (F, N) >= 0."""
    check_rank(V.shape, rank)
    U, sizes, Z = _svd(V, rank, seed)
    signs = torch.stack((U.clamp(min=0.0), (-U).clamp(min=0.0)))  # (2, F, K)
    other = torch.stack((Z.clamp(min=0.0), (-Z).clamp(min=0.0)))
    left, right = signs.norm(dim=1), other.norm(dim=1)  # (2, K)
    weight = left * right
    pick = weight.argmax(0)
    each = torch.arange(rank, device=V.device)
    root = (sizes * weight[pick, each]).sqrt()
    W = signs[pick, :, each].T * (root / left[pick, each].clamp(min=1e-30))
    H = other[pick, :, each].T * (root / right[pick, each].clamp(min=1e-30))
    if fill:
        level = float(V.mean(dtype=torch.float64)) / 100.0
        W, H = (torch.where(x > 0.0, x, torch.full_like(x, level)) for x in (W, H))
    return Factors(W.contiguous(), H.T.contiguous())


def _svd(V: Tensor, rank: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    size = min(rank + EXTRA, *V.shape)
    Q = torch.linalg.qr(V @ torch.randn(V.shape[1], size, generator=generator, dtype=torch.float64).to(V)).Q
    for _ in range(POWERS):
        Q = torch.linalg.qr(V @ torch.linalg.qr(V.T @ Q).Q).Q
    U, sizes, Zt = torch.linalg.svd(Q.T @ V, full_matrices=False)
    return Q @ U[:, :rank], sizes[:rank], Zt[:rank].T
