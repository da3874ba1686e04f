"""Atoms that glue two sources together: those that lie no nearer to their own group than to another (Rousseeuw 1987).

s_k = (b − a) / max(a, b), a = mean distance to the rest of the own group, b = to the nearest other group.

A hint, no more: on songs with known stems its rank correlation with how pure an atom is was 0.1 (0.3 with the best
groups). Where another method's stems are at hand, an atom's largest share in them (`membership`) says it better.
"""

from __future__ import annotations

import torch
from torch import Tensor


def silhouettes(A: Tensor, labels: Tensor) -> Tensor:
    """s (K,) in −1 … 1, float64, of an affinity A (K, K), whose distances are −log A; 0 for an atom that is alone."""
    distance = -A.double().clamp(min=1e-300).log()
    groups = torch.nn.functional.one_hot(labels, int(labels.max()) + 1).double()
    groups = groups[:, groups.sum(0) > 0]
    size = groups.sum(0)
    total = distance @ groups  # (K, J)
    own = groups.bool()
    a = total[own] / (size - 1).clamp(min=1).expand_as(total)[own]
    b = torch.where(own, torch.inf, total / size).amin(1)
    s = (b - a) / torch.maximum(a, b).clamp(min=1e-30)
    alone = size.expand_as(total)[own] == 1
    return torch.where(alone | b.isinf(), 0.0, s)


def glue(A: Tensor, labels: Tensor, energy: Tensor, below: float = 0.0) -> tuple[int, ...]:
    """Atoms to look at, and perhaps to split: silhouette under `below`, the loudest of them first."""
    s = silhouettes(A, labels)
    order = torch.argsort(energy, descending=True, stable=True)
    return tuple(int(k) for k in order if float(s[k]) < below)
