"""What an atom sounds like, in a few numbers: the features by which atoms are grouped into sources.

Harmonicity is a comb score, percussiveness the share of sudden rises in the activation, timbre the mel-frequency
cepstrum of the spectrum without its level (Spiertz & Gnann, DAFx 2009), position the left/right balance under the
atom's share of the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.factorisation import Factors

LOWEST, HIGHEST, PER_OCTAVE, PARTIALS = 55.0, 1760.0, 24, 12  # fundamentals of the combs
BANDS, CEPSTRA = 40, 12


@dataclass(frozen=True, eq=False)
class Features:
    """One row per atom, float32 on the CPU.

    energy (K,): share of the modelled magnitude. harmonicity (K,): 1 all on one harmonic comb, 0 no more on it than
    between. percussiveness (K,): 0 steady, 1 all in sudden hits. timbre (K, 12): cepstrum.
    position (K,): −1 left, 1 right.
    """

    energy: Tensor
    harmonicity: Tensor
    percussiveness: Tensor
    timbre: Tensor
    position: Tensor


def describe(factors: Factors, channels: Sequence[Tensor], sample_rate: int) -> Features:
    """Features of atoms whose W lies on the bins of an FFT. channels: each channel's magnitudes (F, N)."""
    W, H = factors.W, factors.H
    energy = W.sum(0) * H.sum(1)
    W, H = W / W.sum(0).clamp(min=1e-30), H / H.amax(1, keepdim=True).clamp(min=1e-30)
    rises = (H[:, 1:] - H[:, :-1]).clamp(min=0.0).sum(1)
    rows = (
        energy / energy.sum().clamp(min=1e-30),
        _harmonicity(W, sample_rate),
        rises / H.sum(1).clamp(min=1e-30),
        _cepstrum(W, sample_rate),
        _position(factors, channels),
    )
    return Features(*(row.float().cpu() for row in rows))


def _harmonicity(W: Tensor, sample_rate: int) -> Tensor:
    """max over f0 of Σ_h (w(h f0) − w((h − ½) f0)) / Σ w, each partial read from the three nearest bins."""
    width = sample_rate / 2 / (W.shape[0] - 1)
    count = round(PER_OCTAVE * torch.log2(torch.tensor(HIGHEST / LOWEST)).item())
    best = torch.zeros(W.shape[1], dtype=W.dtype, device=W.device)
    for k in range(count):
        f0 = max(LOWEST, 5 * width) * 2.0 ** (k / PER_OCTAVE)  # lower fundamentals have no bins between the partials
        comb = torch.zeros(W.shape[0], dtype=W.dtype, device=W.device)
        for step in range(2 * PARTIALS):  # odd half-steps lie between the partials
            centre = round((step + 1) * f0 / 2 / width)
            if centre + 2 > W.shape[0]:
                break
            comb[max(centre - 1, 0) : centre + 2] = 1.0 if step % 2 else -1.0
        best = torch.maximum(best, comb @ W)
    return best


def _cepstrum(W: Tensor, sample_rate: int) -> Tensor:
    top = sample_rate / 2
    mel = torch.linspace(0.0, 2595.0 * float(torch.log10(torch.tensor(1 + top / 700.0))), BANDS + 2, dtype=W.dtype)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    bins = torch.linspace(0.0, top, W.shape[0], dtype=W.dtype)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = torch.minimum(rising, falling).clamp_(min=0.0)
    filters = (filters / filters.sum(1, keepdim=True).clamp(min=1e-9)).to(W)  # a band between two bins reads nothing
    level = (filters @ W).clamp(min=1e-6 / W.shape[0]).log()
    order = torch.arange(1, CEPSTRA + 1, dtype=W.dtype)[:, None]
    place = (torch.arange(BANDS, dtype=W.dtype) + 0.5) / BANDS
    return (torch.cos(torch.pi * order * place).to(W) @ level).T / BANDS


def _position(factors: Factors, channels: Sequence[Tensor]) -> Tensor:
    """Balance of the atoms' shares w h / (W H) of the left and right magnitudes, one product per side."""
    if len(channels) < 2:
        return torch.zeros(factors.W.shape[1], dtype=factors.W.dtype, device=factors.W.device)
    model = (factors.W @ factors.H).clamp_(min=1e-12 * float(channels[0].mean()) + 1e-30)
    left, right = ((factors.W * ((side / model) @ factors.H.T)).sum(0) for side in channels[:2])
    return (right - left) / (right + left).clamp(min=1e-30)
