"""Factors whose atoms lie source by source: what every method that knows its sources while it learns works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from separation.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Grouped:
    """W (F, K), H (K, N); the first sizes[0] atoms are those of source 0, the next sizes[1] of source 1, …"""

    W: Tensor
    H: Tensor
    sizes: tuple[int, ...]
    step: int = 0

    def __post_init__(self) -> None:
        if sum(self.sizes) != self.W.shape[1] or self.W.shape[1] != self.H.shape[0] or min(self.sizes, default=0) < 0:
            raise ParameterError(
                f"Sources of {self.sizes} atoms do not fit factors {tuple(self.W.shape)} and {tuple(self.H.shape)}."
            )

    @property
    def places(self) -> tuple[slice, ...]:
        """Where the atoms of each source lie."""
        ends = list(accumulate(self.sizes))
        return tuple(slice(end - size, end) for end, size in zip(ends, self.sizes, strict=True))

    def part(self, first: int, last: int) -> Grouped:
        """The same atoms, frames first … last − 1."""
        return Grouped(self.W, self.H[:, first:last], self.sizes, self.step)

    def with_part(self, first: int, new: Grouped) -> Grouped:
        """These factors with the activations of `new` from frame `first` on; nothing else changes."""
        H = self.H.clone()
        H[:, first : first + new.H.shape[1]] = new.H
        return Grouped(self.W, H, self.sizes, self.step)


def grouped(W: Tensor, H: Tensor, labels: Tensor | Sequence[int], sources: int) -> Grouped:
    """Factors sorted by the source 0 … sources − 1 of each atom (K,)."""
    labels = torch.as_tensor(labels)
    if len(labels) != W.shape[1] or not (int(labels.min()) >= 0 and int(labels.max()) < sources):
        raise ParameterError(f"Each of the {W.shape[1]} atoms needs one of the sources 0 to {sources - 1}.")
    order = torch.argsort(labels, stable=True).to(W.device)
    sizes = torch.bincount(labels.cpu(), minlength=sources)
    return Grouped(W[:, order], H[order], tuple(int(size) for size in sizes))


def lent(factors: Grouped, share: float = 0.03) -> Grouped:
    """Every source with a copy of every atom, that others have `share` of, together: J · K atoms, the same model.

    Without it an atom that two sources share in truth belongs to one of them for the whole song. A stroke then moves
    an atom to the painted source frame by frame, all its partials at once, though W is held.
    """
    sources = len(factors.sizes)
    if sources < 2 or not 0.0 < share < 1.0:
        raise ParameterError("Atoms are lent among two sources or more, a share between 0 and 1 of each.")
    own = torch.zeros(sources, factors.W.shape[1]).to(factors.W)
    for s, place in enumerate(factors.places):
        own[s, place] = 1.0
    part = own * (1.0 - share) + (1.0 - own) * (share / (sources - 1))
    H = (factors.H * part[:, :, None]).flatten(0, 1)
    return Grouped(factors.W.repeat(1, sources), H, (factors.W.shape[1],) * sources, factors.step)
