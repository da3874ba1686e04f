"""Patterns of drums to start a convolutive factorisation from: what kicks, snares and hi-hats have in common.

A kick is a low tone (below 70 Hz, or a punch around 50–140 Hz) that decays over 50–200 ms under a short click, which
is soft (a felt beater, up to 2.5 kHz) or sharp (twice as strong, up to 5 kHz); a snare a body at 150–250 Hz, or, deep
as an electronic one, at 90–150 Hz, under noise from 300 Hz to 5 kHz; a hi-hat noise above 7 kHz, short when closed.
Slopes are those of simple filters. Every pattern reaches into every bin a little, so that learning can take it
anywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor

NAMES = ("kick", "snare", "hihat")
TRACE = 1e-4  # what every bin gets, as a share of the pattern's mean


def drum_start(
    bins: int, sample_rate: int, hop: int, length: int, *, sharp: bool = False, deep: bool = False
) -> tuple[Tensor, tuple[str, ...]]:
    """W (T, F, K) float32, each pattern with entries that sum to one, and the names of its K patterns."""
    f = torch.linspace(0.0, sample_rate / 2, bins)
    low = _below(f, 70.0, 24.0) * _above(f, 35.0, 12.0)
    punch = _below(f, 140.0, 18.0) * _above(f, 50.0, 12.0)
    click = _below(f, 5000.0 if sharp else 2500.0, 12.0) * _above(f, 150.0, 6.0)
    hard = 2.0 if sharp else 1.0
    body = _below(f, 250.0, 18.0) * _above(f, 110.0 if sharp else 150.0, 18.0)
    tone = _below(f, 150.0, 18.0) * _above(f, 90.0, 18.0) if deep else body
    noise = _below(f, 5000.0, 9.0) * _above(f, 300.0, 6.0)
    bright = _below(f, 12000.0, 6.0) * _above(f, 7000.0, 18.0)
    kinds = [
        ("kick", ((1.0, low, 0.05), (0.3, punch, 0.04), (0.5 * hard, click, 0.012))),
        ("kick", ((1.0, low, 0.2), (0.3, punch, 0.04), (0.5 * hard, click, 0.012))),
        ("kick", ((1.0, punch, 0.08), (hard, click, 0.012))),
        ("snare", ((0.5, body, 0.04), (1.0, noise, 0.04))),
        ("snare", ((1.0 if deep else 0.5, tone, 0.12), (1.0, noise, 0.12))),
        ("hihat", ((1.0, bright, 0.02),)),
        ("hihat", ((1.0, bright, 0.15),)),
    ]  # share, spectrum, seconds to decay to 1/e
    time = torch.arange(length)[:, None] * (hop / sample_rate)
    patterns = []
    for _, parts in kinds:
        W = torch.stack([g * s / s.sum() * torch.exp(-time / tau) for g, s, tau in parts]).sum(0)
        W = W + TRACE * W.mean()
        patterns.append(W / W.sum())
    return torch.stack(patterns, 2), tuple(name for name, _ in kinds)


def _below(f: Tensor, corner: float, slope: float) -> Tensor:
    """1 up to the corner (Hz), then falling by `slope` dB per octave."""
    return 10 ** (-slope / 20 * torch.log2((f / corner).clamp(min=1.0)))


def _above(f: Tensor, corner: float, slope: float) -> Tensor:
    return 10 ** (-slope / 20 * torch.log2((corner / f.clamp(min=1.0)).clamp(min=1.0)))
