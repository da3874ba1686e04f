"""One harmonic atom per semitone: exact zeros between the partials, which multiplicative steps keep.

Partials at h f0 √(1 + B h²), of size h^−1.5, each as wide as the main lobe of a Hann window (four bins). B is the
stiffness of strings (Rigaud, David & Daudet 2013); 0 is every other instrument.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from separation.errors import ParameterError

LOBE = 2.0  # bins from the middle of a Hann window's main lobe to its zero


def combs(
    bins: int, sample_rate: float, *, lowest: int = 36, highest: int = 96, tuning: float = 0.0, decay: float = 1.5,
    stiffness: float = 0.0,
) -> Tensor:  # fmt: skip
    """W (F, K) float32, columns that sum to one, of MIDI notes lowest … highest, `tuning` semitones above 440 Hz."""
    if bins < 3 or sample_rate <= 0 or lowest > highest or stiffness < 0:
        raise ParameterError(
            "Combs need three bins or more, a sample rate above 0, and a lowest note below the highest."
        )
    width = sample_rate / 2 / (bins - 1)
    places, columns = torch.arange(bins, dtype=torch.float64), []
    for note in range(lowest, highest + 1):
        f0 = 440.0 * 2.0 ** ((note - 69 + tuning) / 12.0)
        column, h = torch.zeros(bins, dtype=torch.float64), 1
        while (f := h * f0 * math.sqrt(1.0 + stiffness * h * h)) < sample_rate / 2:
            away = (places - f / width).abs()
            lobe = torch.where(away < LOBE, torch.cos(away * (math.pi / 2 / LOBE)).square(), 0.0)
            column += lobe * h**-decay
            h += 1
        if not float(column.sum()) > 0.0:
            raise ParameterError(f"Note {note} lies above half the sample rate: choose a lower highest note.")
        columns.append(column / column.sum())
    return torch.stack(columns, 1).float()


def tuning_of(V: Tensor, sample_rate: float, low: float = 200.0, high: float = 2000.0) -> float:
    """How far the song lies above 440 Hz, −0.5 to 0.5 semitones: the circular mean of where its spectral peaks are.

    V: magnitudes (F, N). A peak's place is read from a parabola through the logarithms of its bin and its neighbours.
    """
    level = V.double().mean(1).clamp(min=1e-30 + 1e-9 * float(V.max())).log()
    width = sample_rate / 2 / (V.shape[0] - 1)
    left, middle, right = level[:-2], level[1:-1], level[2:]
    curve = 2.0 * middle - left - right
    peaks = (middle > left) & (middle >= right)
    shift = torch.where(peaks, (right - left) / (2.0 * curve.clamp(min=1e-12)), 0.0)
    hertz = (torch.arange(1, V.shape[0] - 1, dtype=torch.float64, device=V.device) + shift) * width
    peaks &= (hertz > low) & (hertz < high)
    if not bool(peaks.any()):
        return 0.0
    turn = 2.0 * math.pi * 12.0 * torch.log2(hertz[peaks] / 440.0)
    weight = middle[peaks].exp() * curve[peaks].clamp(max=5.0)
    angle = torch.atan2((weight * turn.sin()).sum(), (weight * turn.cos()).sum())
    return float(angle) / (2.0 * math.pi)
