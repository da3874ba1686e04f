"""A dictionary for another transform: its atoms as they would look with another window or sample rate.

A longer window shows the same sound through a narrower lobe. Going to a shorter one, power is spread by the lobe that
is missing (widths add as squares); going to a longer one or another rate, it is read off between the bins, for what a
window has blurred no arithmetic brings back. Every bin's weights add up to one, so flat stays flat.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from separation.nmf.dictionaries.dictionary import Dictionary, Transform

CLOSE = 1.2  # bins this much wider, or less, are read off
FALL = 8.0  # how fast what a lower sample rate did not hold falls with frequency: f^-8 is 48 dB per octave
BLOCK = 256  # bins made at once


def resampled(dictionary: Dictionary, transform: Transform) -> Dictionary:
    """The same atoms for `transform`; the dictionary itself if it has it already."""
    if dictionary.transform == transform:
        return dictionary
    have, want = dictionary.transform, transform
    step, new_step = have.sample_rate / have.n_fft, want.sample_rate / want.n_fft
    power = np.square(dictionary.W.astype(np.float64))
    old, new = np.arange(have.bins) * step, np.arange(want.bins) * new_step
    if new_step > CLOSE * step:
        made = _spread(power, old, new, np.sqrt(new_step**2 - step**2))
    else:
        made = np.stack([np.interp(new, old, column) for column in power.T], axis=1)
    top = old[-1]
    above = new > top
    if above.any():
        edge = power[old >= 0.9 * top].mean(0)
        made[above] = edge * (top / new[above, None]) ** (2 * FALL)
    return replace(dictionary, W=np.sqrt(made + 1e-16 * made.max(0)).astype(np.float32), transform=transform)


def _spread(power: np.ndarray, old: np.ndarray, new: np.ndarray, width: float) -> np.ndarray:
    """Power (F, K) at frequencies `old` seen through a Hann window's main lobe of `width` Hz per bin at `new`."""
    made = np.empty((len(new), power.shape[1]))
    for start in range(0, len(new), BLOCK):
        rows = slice(start, start + BLOCK)
        weight = _lobe((new[rows, None] - old) / width)
        made[rows] = (weight @ power) / np.maximum(weight.sum(1, keepdims=True), 1e-30)
    return made


def _lobe(x: np.ndarray) -> np.ndarray:
    """|spectrum of a Hann window|² at x bins from its centre, its main lobe only: (sinc x / (1 − x²))²."""
    denominator = 1.0 - x * x
    safe = np.where(np.abs(denominator) < 1e-6, 1.0, denominator)
    values = np.where(np.abs(denominator) < 1e-6, 0.5, np.sinc(x) / safe)
    return np.where(np.abs(x) < 2.0, np.square(values), 0.0)
