"""The bins of a transform pooled into bands: single bins where partials are told apart, wider above, where none are.

A model of power learnt on bands costs a third of one on bins; its masks hold for every bin of their band.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bands:
    """of_bin (F,): the band that each bin is in, rising; sizes (B,): how many bins each band has."""

    of_bin: Tensor
    sizes: Tensor

    @staticmethod
    def of(n_fft: int, sample_rate: float, *, knee: float = 5000.0, per_octave: int = 48) -> Bands:
        """Every bin for itself below `knee` Hz, `per_octave` bands each octave above."""
        hertz = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
        single = int((hertz < knee).sum())
        above = (hertz.clamp(min=knee) / knee).log2().mul(per_octave).floor().long() + single
        marks = torch.where(hertz < knee, torch.arange(len(hertz)), above)
        _, of_bin, sizes = torch.unique_consecutive(marks, return_inverse=True, return_counts=True)
        return Bands(of_bin, sizes)

    def mean(self, power: Tensor) -> Tensor:
        """(…, B) of (…, F): the mean of each band."""
        total = power.new_zeros(*power.shape[:-1], len(self.sizes))
        return total.index_add_(-1, self.of_bin.to(power.device), power).div_(self.sizes.to(power))

    def back(self, values: Tensor) -> Tensor:
        """(…, F) of (…, B): every bin has its band's value."""
        return values.index_select(-1, self.of_bin.to(values.device))

    def __len__(self) -> int:
        return len(self.sizes)
