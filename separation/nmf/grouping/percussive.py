"""Hits and notes, by two rules: what the medians say, and what the features say.

The medians (FitzGerald, DAFx 2010; margin after Driedger et al., ISMIR 2014) share out the spectrogram; an atom is a
hit when more of its part of the spectrogram lies under the percussive mask than under the harmonic one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.features import Features
from separation.nmf.grouping.affinity import standard
from separation.nmf.grouping.membership import membership
from separation.spectral.harmonic_percussive import harmonic_percussive_masks

LENGTH, MARGIN = 17, 2.0  # frames and bins of the medians
FRAMES = 512  # looked at together


def percussive_share(factors: Factors, V: Tensor, check: Callable[[], object] = lambda: None) -> Tensor:
    """How far each atom (K,) is a hit: p / (p + h), p = ⟨w h, V under the percussive mask⟩ and h the harmonic one.

    An atom that lies under neither is half of each. check: called now and then; what it raises ends the work.
    """
    around, count = LENGTH // 2, V.shape[1]
    table = torch.zeros(factors.W.shape[1], 2, dtype=torch.float64)
    for start in range(0, count, FRAMES):
        check()
        stop = min(start + FRAMES, count)
        first, last = max(start - around, 0), min(stop + around, count)
        masks = harmonic_percussive_masks(V[:, first:last], time=LENGTH, frequency=LENGTH, margin=MARGIN)
        own = slice(start - first, stop - first)
        part = Factors(factors.W, factors.H[:, start:stop])
        table += membership(part, [mask[:, own] * V[:, start:stop] for mask in masks[:2]])
    harmonic, percussive = table.T
    total = harmonic + percussive
    return torch.where(total > 0, percussive / total.clamp(min=1e-30), 0.5)


def hits_by_medians(factors: Factors, V: Tensor, check: Callable[[], object] = lambda: None) -> Tensor:
    """Labels (K,): 1 for hits, 0 for notes."""
    return (percussive_share(factors, V, check) > 0.5).long()


def hits_by_features(features: Features) -> Tensor:
    """Labels (K,): 1 where z(percussiveness) + z(flatness) > z(harmonicity), z in deviations from the atoms' mean."""
    score = standard(features.percussiveness) + standard(features.flatness) - standard(features.harmonicity)
    return (score > 0).long()
