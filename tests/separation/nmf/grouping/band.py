"""A small band made of atoms: noisy hits in the middle, low notes, and high notes on the right."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf import Factors
from separation.nmf.features import Features, describe

RATE, BINS, FRAMES = 16000, 513, 240


@dataclass(frozen=True, eq=False)
class Band:
    """truth (K,): 0 hits, 1 low notes, 2 high notes. stems: magnitudes (F, N) of each, all channels together."""

    factors: Factors
    channels: list[Tensor]
    truth: Tensor
    stems: list[Tensor]

    @property
    def V(self) -> Tensor:
        return self.factors.W @ self.factors.H

    @property
    def features(self) -> Features:
        return describe(self.factors, self.channels, RATE)

    def permuted(self, order: Tensor) -> Band:
        W, H = self.factors.W[:, order], self.factors.H[order]
        return Band(Factors(W, H), self.channels, self.truth[order], self.stems)


def band(each: int = 6, seed: int = 0) -> Band:
    random = torch.Generator().manual_seed(seed)
    bins, frames = torch.arange(BINS, dtype=torch.float64), torch.arange(FRAMES, dtype=torch.float64)
    W, H, truth = [], [], []
    for source in range(3):
        for k in range(each):
            if source == 0:
                w = torch.rand(BINS, generator=random, dtype=torch.float64) * (bins / BINS) ** (0.2 * k)
                h = 4 * torch.exp(-((frames - 10 * k) % 60) / 1.5)
            else:
                f0 = (5.0 if source == 1 else 23.0) * 2 ** (2 * k / 12)
                w = torch.full((BINS,), 1e-4, dtype=torch.float64)
                for partial in range(1, 12):
                    if partial * f0 < BINS - 2:
                        level = 0.5**partial if source == 1 else 1 / partial
                        w += level * torch.exp(-0.5 * ((bins - partial * f0) / 0.8).square())
                sounds = (frames / 20 + k * (source + 1)) % each < 1.3
                h = sounds.double() * (0.6 + 0.4 * torch.rand(1, generator=random).item()) + 1e-4
            W.append(w / w.sum())
            H.append(h * (1 + 0.3 * torch.rand(1, generator=random).item()))
            truth.append(source)
    factors = Factors(torch.stack(W, 1), torch.stack(H))
    labels = torch.tensor(truth)
    stems = [factors.W[:, labels == j] @ factors.H[labels == j] for j in range(3)]
    left = stems[0] + stems[1] + 0.3 * stems[2]
    return Band(factors, [left, stems[0] + stems[1] + stems[2]], labels, stems)


def right(labels: Tensor, truth: Tensor) -> float:
    """Share of atoms that are grouped as in truth, with the groups matched in the best way (groups <= 3)."""
    from itertools import permutations

    count = int(max(labels.max(), truth.max())) + 1
    ways = permutations(range(count))
    return max(float((torch.tensor(way)[labels] == truth).double().mean()) for way in ways)
