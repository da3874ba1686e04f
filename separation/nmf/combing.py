"""The pitch of an atom by harmonic combs: what lies on the partials of a fundamental, less what lies between them.

The score of a fundamental f0 is Σ_h (w(h f0) − w((h − ½) f0)) / Σ w. A sound of one partial scores alike on f0, f0/2,
f0/3, …: the highest fundamental that does nearly as well as the best is its pitch. It is then fitted to where the
partials really lie, by least squares weighted with their levels, so that it is finer than the combs and the bins.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOWEST, HIGHEST, PER_OCTAVE, PARTIALS = 55.0, 1760.0, 24, 12  # fundamentals of the combs
NEARLY = 0.95  # of the best score
REACH = 2  # bins to either side of where a partial is expected


def comb_scores(W: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Scores (P, K) of spectra W (F, K), whose columns sum to one, and the fundamentals (P,) in Hz they stand for.

    A partial is read from the three nearest bins, or from as many as lie nearer to this comb than to the next.
    """
    width = sample_rate / 2 / (W.shape[0] - 1)
    count = round(PER_OCTAVE * math.log2(HIGHEST / LOWEST))
    lowest = max(LOWEST, 5 * width)  # lower fundamentals have no bins between the partials
    tried = lowest * 2.0 ** (torch.arange(count, dtype=torch.float64) / PER_OCTAVE)
    hz = torch.arange(W.shape[0], dtype=torch.float64) * width
    place = 2 * hz / tried[:, None]  # in half-steps: even ones are partials, odd ones lie between
    nearest = place.round()
    reach = (hz * (2 ** (0.5 / PER_OCTAVE) - 1)).clamp(min=1.5 * width)
    read = ((place - nearest).abs() * tried[:, None] / 2 < reach) & (nearest >= 1) & (nearest <= 2 * PARTIALS)
    combs = torch.where(read, torch.where(nearest % 2 == 0, 1.0, -1.0), 0.0)
    return combs.to(W.dtype).to(W.device) @ W, tried.to(W.dtype).to(W.device)


def fundamentals(W: Tensor, scores: Tensor, tried: Tensor, sample_rate: int) -> Tensor:
    """Pitch (K,) in Hz of spectra W (F, K) from their scores (P, K) on the fundamentals tried (P,)."""
    width = sample_rate / 2 / (W.shape[0] - 1)
    good = scores >= NEARLY * scores.amax(0).clamp(min=1e-30)
    order = torch.arange(len(tried), device=W.device)[:, None]
    last = torch.where(good, order, -1).amax(0).clamp(min=0)
    neighbours = torch.stack([scores.gather(0, (last + d).clamp(0, len(tried) - 1)[None])[0] for d in (-1, 0, 1)])
    last = (last + neighbours.argmax(0) - 1).clamp(0, len(tried) - 1)
    f0 = tried[last]
    bins = torch.arange(W.shape[0], dtype=W.dtype, device=W.device)
    above, below = torch.zeros_like(f0), torch.zeros_like(f0)
    fitted = f0
    for h in range(1, PARTIALS + 1):  # the estimate so far says where the next partial is
        expected = h * fitted / width
        near = (bins[:, None] - expected).abs() <= REACH
        level = torch.where(near, W, 0.0)
        total = level.sum(0)
        found = (bins @ level) / total.clamp(min=1e-30) * width
        inside = (expected < W.shape[0] - 1 - REACH) & (total > 0)
        above = above + torch.where(inside, total * h * found, 0.0)
        below = below + torch.where(inside, total * h * h, 0.0)
        fitted = torch.where(below > 0, above / below.clamp(min=1e-30), f0)
    return torch.where((fitted / f0 - 1).abs() < 0.06, fitted, f0)  # a semitone off is another note
