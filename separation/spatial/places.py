"""Atoms grouped by where they stand alone: weighted k-means on the angles of their channel gains."""

from __future__ import annotations

import torch
from torch import Tensor

STEPS = 100


def by_place(Q: Tensor, energy: Tensor, groups: int, seed: int = 0) -> Tensor:
    """The group 0 … groups − 1 of each atom (K,), on the CPU, from gains Q (C, K) and energies (K,).

    Gains are directions, the louder an atom the more it counts; the start are the groups' shares of the energy, from
    the first channel to the last, so that there is no chance in it but where `seed` breaks ties.
    """
    rows = Q.T.double().cpu()
    rows = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-30)
    weight = energy.double().cpu().clamp(min=1e-30)
    generator = torch.Generator().manual_seed(seed)
    tie = 1e-9 * torch.rand(len(rows), generator=generator, dtype=torch.float64)
    way = rows @ torch.arange(Q.shape[0], dtype=torch.float64) / rows.sum(1) + tie
    order = way.argsort()
    passed = (weight[order].cumsum(0) - weight[order] / 2) / weight.sum()
    labels = torch.empty(len(rows), dtype=torch.long)
    labels[order] = (passed * groups).long().clamp(max=groups - 1)
    for _ in range(STEPS):
        sums = torch.zeros(groups, rows.shape[1], dtype=torch.float64).index_add_(0, labels, rows * weight[:, None])
        centres = torch.where(sums.any(1, keepdim=True), sums / sums.norm(dim=1, keepdim=True).clamp(min=1e-30), 9.0)
        found = torch.cdist(rows, centres).argmin(1)
        if torch.equal(found, labels):
            break
        labels = found
    return labels
