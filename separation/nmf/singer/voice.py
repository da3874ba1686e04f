"""What a voice is made of: pitched sources for every fundamental frequency, and smooth filters for the vowels.

The fixed bases of the source/filter model of Durrieu, David & Richard (IEEE JSTSP 5(6), 2011):
W_F0 holds a comb for each step of pitch, with the slope of a glottal source, W_G overlapping bumps from which
every vowel's filter is added up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError

WIDENED = 5  # places within a step of pitch at which each comb is drawn: a voice glides and lies between two steps
FLOOR = 1e-6  # of a comb's loudest bin, everywhere: −60 dB, the window's own side lobes


@dataclass(frozen=True, eq=False)
class Sources:
    """combs (F, U) float32, columns that sum to one; hertz (U,) float64, U steps of pitch from low to high."""

    combs: Tensor
    hertz: Tensor
    per_semitone: int


def sources(
    n_fft: int, sample_rate: float, *, lowest: float = 80.0, highest: float = 800.0, per_semitone: int = 4,
    slope: float = 2.0,
) -> Sources:  # fmt: skip
    """Power spectra of a pitched source for every step from `lowest` to `highest` Hz, as a Hann window shows them.

    slope: the power of partial h is h^−slope; a filter does the rest. Steps whose second partial lies above half the
    sample rate are left out. Raises ParameterError where none is left.
    """
    highest = min(highest, sample_rate / 4.0)
    if not 0.0 < lowest <= highest:
        raise ParameterError(
            f"A melody needs a lowest note above 0 Hz and below its highest; {lowest:g} to {highest:g} Hz holds none."
        )
    count = math.floor(12.0 * per_semitone * math.log2(highest / lowest)) + 1
    steps = torch.arange(count, dtype=torch.float64)
    hertz = lowest * 2.0 ** (steps / (12.0 * per_semitone))
    width = sample_rate / n_fft
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64)
    combs = torch.zeros(len(bins), count, dtype=torch.float64)
    for offset in torch.linspace(-0.5, 0.5, WIDENED, dtype=torch.float64):
        f0 = hertz * 2.0 ** (offset / (12.0 * per_semitone))
        nearest = (bins[:, None] * width / f0).round().clamp(min=1.0)  # the partial that each bin lies closest to
        inside = nearest * f0 < sample_rate / 2.0
        combs += torch.where(inside, lobe(bins[:, None] - nearest * f0 / width) * nearest**-slope, 0.0)
    combs = combs / combs.amax(0) + FLOOR
    return Sources((combs / combs.sum(0)).float(), hertz, per_semitone)


def lobe(away: Tensor) -> Tensor:
    """Power of a Hann window's spectrum, `away` bins from its middle, where it is 1; zero beyond the main lobe."""
    inside = away.abs() < 2.0
    x = torch.where(inside, away, 0.0)
    edge = 1.0 - x.square()
    safe = torch.where(edge.abs() < 1e-6, 1.0, edge)
    height = torch.where(edge.abs() < 1e-6, 0.5, torch.sinc(x) / safe)
    return torch.where(inside, height.square(), 0.0)


def bumps(n_fft: int, sample_rate: float, count: int = 30, knee: float = 1000.0) -> Tensor:
    """W_G (F, count) float32: Hann bumps that add up to one everywhere, even below `knee` Hz, in log frequency above.

    Each overlaps its neighbours by half. The scale is that of the ear: x = log(1 + f / knee).
    """
    if count < 2:
        raise ParameterError(f"A filter is made of two bumps or more; {count} is too few.")
    hertz = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
    place = torch.log1p(hertz / knee)
    place = place / place[-1] * (count - 1)
    away = (place[:, None] - torch.arange(count, dtype=torch.float64)).abs()
    return torch.where(away < 1.0, torch.cos(away * math.pi / 2.0).square(), 0.0).float()
