"""Grouping atoms into sources: an affinity from their features, then spectral clustering (Ng, Jordan & Weiss 2001).

Two atoms belong together when they sound alike, sound at the same times, come from the same place and are both hits
or both notes. Sources come out in a fixed order, loudest first, whatever the order of the atoms.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.features import Features

TIMBRE, TOGETHER, PLACE, KIND = 1.0, 2.0, 1.0, 1.0  # weights of the four distances
RESTARTS, STEPS = 20, 50


def affinity(features: Features, H: Tensor, smoothing: int = 5) -> Tensor:
    """Symmetric (K, K) in (0, 1], float64. smoothing: frames over which "at the same time" is meant (odd)."""
    timbre = _scaled(torch.cdist(features.timbre.double(), features.timbre.double()))
    kind = torch.stack((_standard(features.percussiveness), -_standard(features.harmonicity)), 1)
    blurred = torch.nn.functional.avg_pool1d(H.double().cpu()[:, None], smoothing, 1, smoothing // 2)[:, 0]
    blurred = blurred / blurred.norm(dim=1, keepdim=True).clamp(min=1e-30)
    together = (1.0 - blurred @ blurred.T).clamp(min=0.0)
    position = features.position.double()
    place = (position[:, None] - position[None]).abs()
    distance = TIMBRE * timbre + TOGETHER * together + PLACE * place + KIND * _scaled(torch.cdist(kind, kind))
    return torch.exp(-(distance + distance.T) / 2)


def assign(features: Features, H: Tensor, sources: int, seed: int = 0, smoothing: int = 5) -> Tensor:
    """The source 0 … sources − 1 of each atom (K,), loudest source first; sources without atoms come last."""
    order = _canonical(features)  # clustering is seeded by position, so the atoms are put in an order of their own
    A = affinity(features, H, smoothing)[order][:, order]
    labels = _spectral(A, min(sources, len(A)), seed)
    energy = torch.zeros(sources, dtype=torch.float64).index_add_(0, labels, features.energy.double()[order])
    rank = torch.argsort(torch.argsort(energy, descending=True, stable=True))
    result = torch.empty_like(labels)
    result[order] = rank[labels]
    return result


def _canonical(features: Features) -> Tensor:
    return torch.argsort(features.energy, descending=True, stable=True)


def _scaled(distance: Tensor) -> Tensor:
    """Distances in units of their median, so that the weights mean the same for every feature."""
    off = distance[~torch.eye(len(distance), dtype=torch.bool)]
    return distance / off.median().clamp(min=1e-9) if len(off) else distance


def _standard(values: Tensor) -> Tensor:
    values = values.double()
    return (values - values.mean()) / values.std(unbiased=False).clamp(min=1e-9)


def _spectral(A: Tensor, groups: int, seed: int) -> Tensor:
    if groups < 2:
        return torch.zeros(len(A), dtype=torch.long)
    A = A * (1.0 - torch.eye(len(A), dtype=A.dtype))  # else every atom is its own best friend and stays alone
    root = A.sum(1).clamp(min=1e-30).rsqrt()
    _, vectors = torch.linalg.eigh(root[:, None] * A * root)
    rows = vectors[:, -groups:]
    rows = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-12)
    generator = torch.Generator().manual_seed(seed)
    best, labels = float("inf"), torch.zeros(len(A), dtype=torch.long)
    for _ in range(RESTARTS):
        error, found = _k_means(rows, groups, generator)
        if error < best - 1e-12:
            best, labels = error, found
    return labels


def _k_means(rows: Tensor, groups: int, generator: torch.Generator) -> tuple[float, Tensor]:
    """Lloyd's iterations from a k-means++ start."""
    centres = rows[torch.randint(len(rows), (1,), generator=generator)]
    for _ in range(groups - 1):
        gap = torch.cdist(rows, centres).amin(1).square() + 1e-12
        centres = torch.cat((centres, rows[torch.multinomial(gap, 1, generator=generator)]))
    labels = torch.zeros(len(rows), dtype=torch.long)
    for _ in range(STEPS):
        found = torch.cdist(rows, centres).argmin(1)
        if torch.equal(found, labels):
            break
        labels = found
        for j in range(groups):
            if (labels == j).any():
                centres[j] = rows[labels == j].mean(0)
    return float((rows - centres[labels]).square().sum()), labels
