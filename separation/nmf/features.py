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

from separation.nmf.combing import comb_scores, fundamentals
from separation.nmf.factors import Factors

BANDS, CEPSTRA = 40, 12
PITCHED = 0.2  # harmonicity below which an atom has no pitch
FLOOR = 1e-4  # of a spectrum's mean: what counts as nothing in its flatness


@dataclass(frozen=True, eq=False)
class Features:
    """One row per atom, float32 on the CPU.

    energy (K,): share of the modelled magnitude. harmonicity (K,): 1 all on one harmonic comb, 0 no more on it than
    between. percussiveness (K,): 0 steady, 1 all in sudden hits. timbre (K, 12): cepstrum.
    position (K,): −1 left, 1 right. pitch (K,): fundamental in Hz, 0 where there is none.
    flatness (K,): geometric over arithmetic mean of the spectrum, 1 for white noise. crest (K,): its maximum over its
    mean. centroid (K,): its mean frequency in Hz. decay (K,): seconds in which the activation's autocorrelation falls
    to a half; τ ln 2 for hits that decay with exp(−t/τ).
    """

    energy: Tensor
    harmonicity: Tensor
    percussiveness: Tensor
    timbre: Tensor
    position: Tensor
    pitch: Tensor
    flatness: Tensor
    crest: Tensor
    centroid: Tensor
    decay: Tensor


def describe(
    factors: Factors, channels: Sequence[Tensor], sample_rate: int, hop: int | None = None
) -> Features:
    """Features of atoms whose W lies on the bins of an FFT.

    channels: each channel's magnitudes (F, N). hop: samples between two frames, a quarter of the FFT if not given.
    """
    W, H = factors.W, factors.H
    bins = W.shape[0]
    energy = W.sum(0) * H.sum(1)
    W, H = W / W.sum(0).clamp(min=1e-30), H / H.amax(1, keepdim=True).clamp(min=1e-30)
    rises = (H[:, 1:] - H[:, :-1]).clamp(min=0.0).sum(1)
    scores, tried = comb_scores(W, sample_rate)
    harmonicity = scores.amax(0).clamp(min=0.0)
    pitch = fundamentals(W, scores, tried, sample_rate)
    flat = (W * bins).clamp(min=FLOOR)
    rows = (
        energy / energy.sum().clamp(min=1e-30),
        harmonicity,
        rises / H.sum(1).clamp(min=1e-30),
        _cepstrum(W, sample_rate),
        _position(factors, channels),
        torch.where(harmonicity >= PITCHED, pitch, 0.0),
        flat.log().mean(0).exp() / flat.mean(0),
        W.amax(0) * bins,
        torch.linspace(0.0, sample_rate / 2, bins, dtype=W.dtype, device=W.device) @ W,
        _decay(H) * (hop or (bins - 1) / 2) / sample_rate,
    )
    return Features(*(row.float().cpu() for row in rows))


def _cepstrum(W: Tensor, sample_rate: int) -> Tensor:
    level = mel_levels(W, sample_rate)
    order = torch.arange(1, CEPSTRA + 1, dtype=W.dtype)[:, None]
    place = (torch.arange(BANDS, dtype=W.dtype) + 0.5) / BANDS
    return (torch.cos(torch.pi * order * place).to(W) @ level).T / BANDS


def mel_levels(W: Tensor, sample_rate: int) -> Tensor:
    """Natural logarithms (40, K) of the spectra W (F, K), columns that sum to one, in triangular mel bands."""
    top = sample_rate / 2
    mel = torch.linspace(0.0, 2595.0 * float(torch.log10(torch.tensor(1 + top / 700.0))), BANDS + 2, dtype=W.dtype)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    bins = torch.linspace(0.0, top, W.shape[0], dtype=W.dtype)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = torch.minimum(rising, falling).clamp_(min=0.0)
    filters = (filters / filters.sum(1, keepdim=True).clamp(min=1e-9)).to(W)  # a band between two bins reads nothing
    return (filters @ W).clamp(min=1e-6 / W.shape[0]).log()


def _position(factors: Factors, channels: Sequence[Tensor]) -> Tensor:
    """Balance of the atoms' shares w h / (W H) of the left and right magnitudes, one product per side."""
    if len(channels) < 2:
        return torch.zeros(factors.W.shape[1], dtype=factors.W.dtype, device=factors.W.device)
    model = (factors.W @ factors.H).clamp_(min=1e-12 * float(channels[0].mean()) + 1e-30)
    left, right = ((factors.W * ((side / model) @ factors.H.T)).sum(0) for side in channels[:2])
    return (right - left) / (right + left).clamp(min=1e-30)


def _decay(H: Tensor) -> Tensor:
    """Lag (K,) in frames, interpolated, at which the autocorrelation of each row of H (K, N) is half of lag 0's."""
    count = H.shape[1]
    power = torch.fft.rfft(H, n=2 * count).abs().square()
    correlation = torch.fft.irfft(power, n=2 * count)[:, : count + 1]  # lag N is 0: there is always a half
    low = correlation <= 0.5 * correlation[:, :1]
    after = low.int().argmax(1).clamp(min=1)[:, None]
    before, beyond = correlation.gather(1, after - 1), correlation.gather(1, after)
    part = (before - 0.5 * correlation[:, :1]) / (before - beyond).clamp(min=1e-30)
    return torch.where(correlation[:, 0] > 0, (after - 1 + part)[:, 0], 0.0)
