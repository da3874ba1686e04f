"""Spectral clustering (Ng, Jordan & Weiss 2001), and how many groups there are by the eigengap (von Luxburg 2007)."""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.grouping.k_means import k_means

FEWEST, MOST = 2, 8


def spectral(A: Tensor, groups: int, seed: int = 0) -> Tensor:
    """Labels (K,) of the groups of a symmetric affinity A (K, K) >= 0, seeded by position."""
    if groups < 2:
        return torch.zeros(len(A), dtype=torch.long)
    rows = embedding(A)[1][:, :groups]
    return k_means(rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-12), groups, seed)


def suggest_sources(A: Tensor, fewest: int = FEWEST, most: int = MOST) -> int:
    """The number of groups J, fewest … most, before the widest gap between the eigenvalues J and J + 1.

    Right where groups are clear; on songs with known stems it was about one too low.
    With K <= fewest atoms there are as many groups as atoms.
    """
    values = embedding(A)[0]
    top = min(most, len(A) - 1)
    if top < fewest:
        return len(A)
    gaps = values[fewest - 1 : top] - values[fewest : top + 1]
    return fewest + int(gaps.argmax())


def embedding(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues (K,), falling, and eigenvectors (K, K), in columns, of D^−½ A D^−½ without the diagonal of A."""
    A = A * (1.0 - torch.eye(len(A), dtype=A.dtype))  # else every atom is its own best friend and stays alone
    root = A.sum(1).clamp(min=1e-30).rsqrt()
    values, vectors = torch.linalg.eigh(root[:, None] * A * root)
    return values.flip(0), vectors.flip(1)
