"""Weights that make each part of a spectrogram count as loud as it is heard, for `iterate(…, weights=…)`.

After Virtanen (SAPA 2004) and Vincent, Bertin & Badeau (TASLP 2010, §III-C): in a fit without weights what is V times
as strong counts V^β times as much, so that quiet voices drown in the bass. With G = (g Ṽ)^0.6 / Ṽ^β a region counts as
its loudness instead, the power 0.6 of its pressure (Stevens 1955). g is what the ear lets through (A-weighting, IEC
61672; K-weighting, ITU-R BS.1770), Ṽ is V within one equivalent rectangular bandwidth and some frames.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from separation.audio.loudness import k_weighting
from separation.errors import ParameterError
from separation.nmf.divergences import beta_of

CURVES = ("k", "a", "none")
STEVENS = 0.6  # loudness over sound pressure
FAINT = 1e-3  # what is fainter than this share of the loudest counts no more than that


def loudness_weights(
    V: Tensor, sample_rate: float, *, divergence: float | str = 1.0, curve: str = "k", frames: int = 5
) -> Tensor:
    """G (F, N) > 0 for magnitudes V (F, N), of V's kind; Σ G V^β = Σ V^β, so that penalties keep their strength.

    curve: "k", "a" or "none". frames: how many V is averaged over. Scaling V does not change G.
    Raises ParameterError for an unknown curve.
    """
    beta = beta_of(divergence)
    hertz = np.linspace(0.0, sample_rate / 2, V.shape[0])
    if curve not in CURVES:
        raise ParameterError(f"There is no curve of the ear “{curve}”: use {', '.join(CURVES)}.")
    ear = {"k": k_weighting(hertz, sample_rate), "a": a_weighting(hertz), "none": np.ones(len(V))}[curve]
    gain = torch.from_numpy(ear).to(V)[:, None].clamp(min=FAINT)
    smooth = _smoothed(V, hertz, frames)
    smooth.clamp_(min=FAINT * float(smooth.max()) or 1.0)
    G = (gain * smooth).pow_(STEVENS) * smooth.pow_(-beta)
    counts = V.clamp(min=FAINT * float(V.max()) or 1.0).pow(beta)
    return G.mul_(float(counts.sum(dtype=torch.float64) / (G * counts).sum(dtype=torch.float64)))


def a_weighting(hertz: np.ndarray) -> np.ndarray:
    """How much of the amplitude at these frequencies the A-weighting lets through (IEC 61672-1, annex E), linear."""
    f = np.square(np.asarray(hertz, np.float64))
    low, high, a, b = 20.598997**2, 12194.217**2, 107.65265**2, 737.86223**2
    return np.asarray(10.0**0.1 * high * f * f / ((f + low) * (f + high) * np.sqrt((f + a) * (f + b))))


def _smoothed(V: Tensor, hertz: np.ndarray, frames: int) -> Tensor:
    """Means over one equivalent rectangular bandwidth, 24.7 + 0.108 f, and over `frames` frames; fewer at the edges."""
    half = torch.from_numpy((24.7 + 0.108 * hertz) / 2 / max(hertz[1] - hertz[0], 1e-9)).round().long().to(V.device)
    mean = _box(V, half)
    count = torch.full((V.shape[1],), max(frames, 1) // 2, device=V.device)
    return _box(mean.T, count).T.contiguous()


def _box(X: Tensor, half: Tensor) -> Tensor:
    """Means of X (n, m) over rows i − half_i … i + half_i."""
    sums = torch.cat((torch.zeros_like(X[:1], dtype=torch.float64), X.cumsum(0, dtype=torch.float64)))
    at = torch.arange(len(X), device=X.device)
    first, last = (at - half).clamp(min=0), (at + half + 1).clamp(max=len(X))
    return ((sums[last] - sums[first]) / (last - first)[:, None]).to(X)
