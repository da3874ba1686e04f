"""k-means (Lloyd 1982) from k-means++ starts (Arthur & Vassilvitskii 2007), the best of several."""

from __future__ import annotations

import torch
from torch import Tensor

RESTARTS, STEPS = 20, 50


def k_means(rows: Tensor, groups: int, seed: int = 0) -> Tensor:
    """Labels (K,) in 0 … groups − 1 of rows (K, D). Seeded by position: another order may give another answer."""
    generator = torch.Generator().manual_seed(seed)
    best, labels = float("inf"), torch.zeros(len(rows), dtype=torch.long)
    for _ in range(RESTARTS):
        error, found = _once(rows, groups, generator)
        if error < best - 1e-12:
            best, labels = error, found
    return labels


def _once(rows: Tensor, groups: int, generator: torch.Generator) -> tuple[float, Tensor]:
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
