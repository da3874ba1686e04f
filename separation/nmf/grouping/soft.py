"""Sources as mixtures of atoms: shares G (K, J) >= 0 whose rows sum to one make the models V_j = Σ_k g_kj w_k h_k.

Whatever the shares, the models sum to W H. A label is the share 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors


def hard(labels: Tensor, sources: int) -> Tensor:
    """The shares (K, J), float32, that labels (K,) mean."""
    return torch.nn.functional.one_hot(labels, sources).float()


def normalised(G: Tensor) -> Tensor:
    """Shares (K, J) whose rows sum to one. Raises ParameterError for what cannot be shares."""
    if G.ndim != 2 or not (float(G.min()) >= 0.0 and float(G.max()) < math.inf):
        raise ParameterError("Shares of atoms are a table, atoms × sources, of finite numbers that are not negative.")
    total = G.sum(1, keepdim=True)
    if not bool((total > 0).all()):
        atom = int((total[:, 0] == 0).int().argmax())
        raise ParameterError(f"Atom {atom + 1} belongs to no source: give it a share in one.")
    return G / total


def models(factors: Factors, G: Tensor) -> Tensor:
    """V_j (J, F, N) of shares G (K, J). Each source multiplies only the atoms it has a share in."""
    W, H = factors.W, factors.H
    G = G.to(W)
    parts = []
    for g in G.T:
        mine = g > 0
        parts.append((W[:, mine] * g[mine]) @ H[mine])
    return torch.stack(parts)
