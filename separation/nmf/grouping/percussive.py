"""Hits and notes, by two rules: what the medians say, and what the features say.

The medians (FitzGerald, DAFx 2010; margin after Driedger et al., ISMIR 2014) share out the spectrogram; an atom is a
hit when more of its part of the spectrogram lies under the percussive mask than under the harmonic one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.features import Features
from separation.nmf.grouping.affinity import standard
from separation.nmf.grouping.membership import membership
from separation.spectral.harmonic_percussive import harmonic_percussive_masks

LENGTH, MARGIN = 17, 2.0  # frames and bins of the medians


def percussive_share(factors: Factors, V: Tensor, time: int = LENGTH, frequency: int = LENGTH) -> Tensor:
    """How far each atom (K,) is a hit: p / (p + h), p = ⟨w h, V under the percussive mask⟩ and h the harmonic one.

    An atom that lies under neither is half of each.
    """
    masks = harmonic_percussive_masks(V, time=time, frequency=frequency, margin=MARGIN)
    harmonic, percussive = membership(factors, [masks[0] * V, masks[1] * V]).T
    total = harmonic + percussive
    return torch.where(total > 0, percussive / total.clamp(min=1e-30), 0.5)


def hits_by_medians(factors: Factors, V: Tensor) -> Tensor:
    """Labels (K,): 1 for hits, 0 for notes."""
    return (percussive_share(factors, V) > 0.5).long()


def hits_by_features(features: Features) -> Tensor:
    """Labels (K,): 1 where z(percussiveness) + z(flatness) > z(harmonicity), z in deviations from the atoms' mean."""
    score = standard(features.percussiveness) + standard(features.flatness) - standard(features.harmonicity)
    return (score > 0).long()
