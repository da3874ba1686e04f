"""Drums of a dictionary in a song: patterns of several frames that follow it, and keep the names they began with.

They begin as each label's mean spectrum that dies away as such drums do, and become the song's by convolutive NMF.

A dictionary may know drums that are rare (`Dictionary.prices`): they take part only where its atoms hear them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.convolutive import Patterns, factorise
from separation.nmf.dictionaries.fit import Choices, fit
from separation.nmf.drums import peaks
from separation.progress import SILENT, Report

DECAYS = {  # seconds in which the patterns of each drum, one or two, die away to 1/e at first
    "kick": (0.05, 0.2), "snare": (0.05, 0.2), "clap": (0.1,), "hihat": (0.04,), "toms": (0.15,), "cymbals": (0.4,),
}  # fmt: skip
TRACE = 1e-4  # what every bin of a pattern gets, as a share of its mean
SETTLE, LISTEN = 15, 40  # iterations in which only activations move; steps of listening for rare drums
APART = 0.02  # of the penalty on sharing bins
HEARD = 0.01  # share of the sound from which a rare drum takes part


@dataclass(frozen=True, eq=False)
class Hits:
    """patterns: as the song has them. groups: the stem of each, of `stems` stems."""

    patterns: Patterns
    groups: tuple[int, ...]
    stems: int

    def models(self, H: Tensor) -> Tensor:
        """Magnitudes (stems, F, N) with the activations H (K, N)."""
        return torch.stack([Patterns(self.patterns.W, H).model(self._of(j)) for j in range(self.stems)])

    def onsets(self, H: Tensor, sample_rate: int, hop: int) -> tuple[tuple[int, ...], ...]:
        """Samples at which each stem is hit."""
        weighed = H * self.patterns.W.sum((0, 1))[:, None]
        return tuple(
            peaks(weighed[self._of(j)].sum(0), sample_rate, hop) if j in self.groups else ()
            for j in range(self.stems)
        )

    def _of(self, stem: int) -> Tensor:
        return torch.tensor([group == stem for group in self.groups])


def are_drums(labels: Collection[str]) -> bool:
    """Whether all of these are drums, so that hits are to be looked for."""
    return set(labels) <= DECAYS.keys()


def learn_hits(
    V: Tensor,
    W: Tensor,
    groups: Sequence[int],
    names: Sequence[str],
    prices: Tensor,
    energy: Tensor,
    frame: float,
    *,
    length: int,
    iterations: int = 100,
    report: Report = SILENT,
) -> Hits:
    """The hits in V (F, N), magnitudes that are mostly drums, by atoms W (F, K) of the stems `groups`, called `names`.

    prices, energy (K,): of a dictionary. frame: seconds between two. length: of a pattern, in frames.
    """
    listening, learning = report.split(1, 3)
    stems, W = max(groups) + 1, W.to(V)
    chosen = _heard(V, W, groups, prices, listening)
    length = min(length, V.shape[1])
    start, of = _start(W, groups, energy.to(V), {j: DECAYS[names[j]] for j in chosen}, frame, length)
    flat = torch.full((len(of), V.shape[1]), float(V.mean()) * len(V) / len(of)).to(V)
    first = factorise(V, start=Patterns(start, flat), hold_W=True, iterations=SETTLE, tolerance=0.0)
    patterns = factorise(
        V, start=first, iterations=iterations, apart=APART, tolerance=1e-5, recentre=0, report=learning
    )
    return Hits(patterns, of, stems)


def _heard(V: Tensor, W: Tensor, groups: Sequence[int], prices: Tensor, report: Report) -> list[int]:
    """The stems that take part: usual ones always, rare ones where they are heard."""
    of = torch.tensor(groups, device=V.device)
    usual = {group for group, price in zip(groups, prices.tolist(), strict=True) if price == 0.0}
    if len(usual) == len(set(groups)):
        return sorted(usual)
    # the nearest to usual ones always stay: a difference of less than half a power of ten is nothing
    cheap = {group for group, price in zip(groups, prices.tolist(), strict=True) if price < 0.125}
    fitted = fit(V, W, groups, Choices(sparsity=0.03, rest=0), prices=prices, steps=LISTEN, report=report)
    power = torch.stack(
        [(fitted.W[:, of == j] @ fitted.H[of == j]).square().sum() for j in range(max(groups) + 1)]
    )
    share = power / power.sum().clamp(min=1e-30)
    return [j for j in sorted(set(groups)) if j in cheap or float(share[j]) > HEARD]


def _start(
    W: Tensor, groups: Sequence[int], energy: Tensor, decays: dict[int, tuple[float, ...]], frame: float, length: int
) -> tuple[Tensor, tuple[int, ...]]:
    """Patterns (T, F, K) with entries that sum to one, as many for each stem as it has decays, and the stem of each."""
    time = torch.arange(length, device=W.device)[:, None] * frame
    of = torch.tensor(groups, device=W.device)
    patterns, stems = [], []
    for j, each in decays.items():
        weight = energy * (of == j)
        spectrum = W @ (weight / weight.sum().clamp(min=1e-30))
        for decay in each:
            pattern = spectrum * torch.exp(-time / decay)
            pattern = pattern + TRACE * pattern.mean()
            patterns.append(pattern / pattern.sum())
            stems.append(j)
    return torch.stack(patterns, 2), tuple(stems)
