"""Ratios in decibels between a stem and what an estimate gets wrong of it; no filter is forgiven."""

from __future__ import annotations

import numpy as np

NOTHING = 1e-7  # energy added above and below, so that silence has a finite figure


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """10 log10((Σ s² + 1e-7) / (Σ (s − ŝ)² + 1e-7)) over all samples and channels (Mitsufuji et al. 2022, eq. 1)."""
    s, error = np.asarray(truth, np.float64), np.subtract(truth, estimate, dtype=np.float64)
    return float(10 * np.log10((np.square(s).sum() + NOTHING) / (np.square(error).sum() + NOTHING)))


def csdr(truth: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Median of Σ s² / Σ (s − ŝ)² over whole seconds, of those in which neither is silent; nan if there are none.

    truth, estimate: (C, T). The SDR of BSS Eval version 4, whose filters do not enter it.
    """
    values = []
    for start in range(0, truth.shape[1] - sample_rate + 1, sample_rate):
        part = slice(start, start + sample_rate)
        s, found = np.asarray(truth[:, part], np.float64), np.asarray(estimate[:, part], np.float64)
        if s.any() and found.any():
            with np.errstate(divide="ignore"):
                values.append(10 * np.log10(np.square(s).sum() / np.square(s - found).sum()))
    return float(np.median(values)) if values else float("nan")


def si_sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """‖a s‖² / ‖a s − ŝ‖², a = ⟨ŝ, s⟩ / ‖s‖², both without their means (Le Roux et al. 2019, eq. 5); nan for silence.

    truth, estimate: (C, T), the channels one after the other.
    """
    s, found = (np.asarray(each, np.float64) for each in (truth, estimate))
    s, found = ((each - each.mean(-1, keepdims=True)).ravel() for each in (s, found))
    energy = s @ s
    if energy == 0.0:
        return float("nan")
    target = (found @ s) / energy * s
    with np.errstate(divide="ignore"):
        return float(10 * np.log10((target @ target) / np.square(target - found).sum()))
