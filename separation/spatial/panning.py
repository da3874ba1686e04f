"""Where a sound stands between two loudspeakers, and a mask for one such place.

A source panned to the angle θ is in both channels with gains (cos θ, sin θ). Turning the channels by θ gives one
signal that holds all of it, p = cos θ L + sin θ R, and one that holds nothing of it, q = cos θ R − sin θ L: the bin
belongs to that place as far as q is silent. In the middle this is the similarity of Avendano & Jot (JAES 52(7/8),
2004, eq. 6) with the phase kept; that q vanishes is the azimuth rule of Barry, Lawlor & Coyle (ADRess, DAFx 2004).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from separation.errors import InputError


def require_stereo(channels: int, what: str) -> None:
    """Raises InputError where there are not two channels. what: what tells sources apart by them."""
    if channels != 2:
        there = "this song has only one channel" if channels == 1 else f"this song has {channels} channels"
        raise InputError(f"{what} compares the left and the right channel, and {there}: give it a stereo song.")


def angle(position: float) -> float:
    """The angle θ of a position from −1, left, over 0, the middle, to 1, right, by the constant-power law."""
    return (position + 1.0) * math.pi / 4.0


def place_mask(spectrum: Tensor, position: float = 0.0, focus: float = 1.0, around: int = 0) -> Tensor:
    """How much of each bin stands at `position`: (F, N) in [0, 1] from the spectrum (2, F, N) of left and right.

    focus: power of the similarity; a large one keeps only what stands exactly there.
    around: over how many frames on either side the two powers are averaged, against flutter.
    """
    left, right = spectrum
    theta = angle(position)
    inside = power(math.cos(theta) * left + math.sin(theta) * right)
    outside = power(math.cos(theta) * right - math.sin(theta) * left)
    if around:
        inside, outside = averaged(inside, around), averaged(outside, around)
    whole = inside + outside
    similarity = ((inside - outside) / whole.clamp(min=1e-30)).clamp_(0.0, 1.0)
    return similarity if focus == 1.0 else similarity.pow_(focus)


def ramp(bins: int, sample_rate: int, start: float) -> Tensor:
    """Gains (F, 1) that rise from 0 to 1 over the octave around `start` Hz, as a raised cosine; all 1 for 0 Hz."""
    if start <= 0.0:
        return torch.ones(bins, 1)
    hertz = torch.linspace(0.0, sample_rate / 2, bins).clamp(min=1e-3)
    octaves = torch.log2(hertz / start).clamp_(-0.5, 0.5)
    return (0.5 + 0.5 * torch.sin(math.pi * octaves))[:, None]


def power(x: Tensor) -> Tensor:
    """|x|² of a complex spectrum."""
    return torch.view_as_real(x).square().sum(-1)


def averaged(P: Tensor, around: int) -> Tensor:
    """The mean over 2 · around + 1 frames of real P (F, N), fewer at the ends."""
    pooled: Tensor = torch.nn.functional.avg_pool1d(
        P[:, None], 2 * around + 1, 1, around, count_include_pad=False
    )
    return pooled[:, 0]
