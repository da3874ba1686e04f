"""How much two atoms belong together: they sound alike, sound at the same times, come from the same place and are both
hits or both notes.

A = exp(−Σ weight · distance), distances of sound and kind in units of their median. The weights were chosen mainly on
training songs of the album "Everything is Free" (CC0): sound counts most. Sounding at the same time counts little, for
the notes of a melody never do.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.features import Features

TIMBRE, TOGETHER, PLACE, KIND = 1.0, 0.2, 1.0, 0.1  # weights of the four distances


def affinity(features: Features, H: Tensor, smoothing: int = 5) -> Tensor:
    """Symmetric (K, K) in (0, 1], float64. smoothing: frames over which "at the same time" is meant (odd)."""
    timbre = _scaled(torch.cdist(features.timbre.double(), features.timbre.double()))
    kind = torch.stack((standard(features.percussiveness), -standard(features.harmonicity)), 1)
    blurred = torch.nn.functional.avg_pool1d(H.cpu().double()[:, None], smoothing, 1, smoothing // 2)[:, 0]
    blurred = blurred / blurred.norm(dim=1, keepdim=True).clamp(min=1e-30)
    together = (1.0 - blurred @ blurred.T).clamp(min=0.0)
    position = features.position.double()
    place = (position[:, None] - position[None]).abs()
    distance = TIMBRE * timbre + TOGETHER * together + PLACE * place + KIND * _scaled(torch.cdist(kind, kind))
    return torch.exp(-(distance + distance.T) / 2)


def standard(values: Tensor) -> Tensor:
    """Float64 with mean 0 and standard deviation 1 along the first axis; all zeros where nothing varies."""
    values = values.double()
    return (values - values.mean(0)) / values.std(0, unbiased=False).clamp(min=1e-9)


def _scaled(distance: Tensor) -> Tensor:
    """Distances in units of their median, so that the weights mean the same for every feature."""
    off = distance[~torch.eye(len(distance), dtype=torch.bool)]
    return distance / off.median().clamp(min=1e-9) if len(off) else distance
