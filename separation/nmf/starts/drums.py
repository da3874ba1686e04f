"""Spectra of a drum kit: kick, snare and hat as every kit has them, then as this song has them.

The templates are rules in hertz, so they fit any transform and sample rate: a kick is a body of 40 to 120 Hz and a
click, a snare a head of 180 to 240 Hz and broad noise, a hat what lies above 5 kHz (compare FitzGerald 2004).
`refined` lets them follow the song: where hits begin is found in its percussive part (rules of `rhythm.py`), and the
templates are factorised further on these frames alone, by Kullback–Leibler steps that keep each where it started.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factorisation import iterate
from separation.nmf.rhythm import rule_masks
from separation.nmf.starts.atoms import from_atoms

NAMES = ("kick", "snare", "hat")
QUIET = 1e-4  # of a template's mean: nowhere is it zero, for a zero would stay zero
HIT, APART, STEPS = 2, 3, 20  # frames of a hit, frames between two at least, steps made on them


def templates(bins: int, sample_rate: float) -> Tensor:
    """W (F, 3) float32 of NAMES: magnitudes, columns that sum to one. A low sample rate squeezes hats in."""
    if bins < 16 or not sample_rate > 0:
        raise ParameterError("Drum templates need sixteen bins or more and a sample rate above 0.")
    nyquist = sample_rate / 2
    f = torch.linspace(0.0, nyquist, bins, dtype=torch.float64).clamp(min=nyquist / (bins - 1) / 2)
    octaves = torch.log2(f)
    body = _bump(octaves, 70.0, 0.5)
    kick = body + 0.03 * _bump(octaves, 3000.0, 1.0)
    noise = torch.sigmoid((octaves - _at(400.0)) * 3.0) * torch.sigmoid((_at(9000.0) - octaves) * 2.0)
    snare = _bump(octaves, 210.0, 0.25) + 0.35 * noise
    hat = torch.sigmoid((octaves - _at(min(6000.0, 0.7 * nyquist))) * 4.0)
    W = torch.stack((kick, snare, hat), 1)
    W = W + QUIET * W.mean(0)
    return (W / W.sum(0)).float()


def refined(V: Tensor, sample_rate: float, W: Tensor | None = None, steps: int = STEPS) -> Tensor:
    """W (F, 3), or as many as given, as the hits of V (F, N) >= 0 have them; unchanged where V has too few hits.

    V: magnitudes with frames about 10 to 25 ms apart.
    """
    W = templates(len(V), sample_rate).to(V) if W is None else W
    hits = onsets(V, sample_rate)
    if hits.shape[1] < W.shape[1]:
        return W
    start = from_atoms(hits, W, steps=30)
    for state in iterate(hits, W.shape[1], start=start, solver="mu"):
        if state.step == steps:
            return state.W / state.W.sum(0)
    raise AssertionError("iterate never ends")


def onsets(V: Tensor, sample_rate: float) -> Tensor:
    """The percussive part of V (F, N) where hits begin: (F, n), HIT frames of each averaged.

    A hit begins where the percussive part's rise, summed over frequency after a square root so that quiet hats count,
    is the highest within APART frames and above its mean over the song.
    """
    percussive = rule_masks(V, sample_rate)[0] * V  # type: ignore[arg-type]
    root = percussive.sqrt()
    rise = torch.zeros(V.shape[1], dtype=V.dtype, device=V.device)
    rise[1:] = (root[:, 1:] - root[:, :-1]).clamp(min=0.0).sum(0)
    rise[0] = root[:, 0].sum()
    highest = torch.nn.functional.max_pool1d(rise[None, None], 2 * APART + 1, 1, APART)[0, 0]
    begin = ((rise == highest) & (rise > rise.mean())).nonzero().squeeze(1)
    each = [percussive[:, (begin + late).clamp(max=V.shape[1] - 1)] for late in range(HIT)]
    return torch.stack(each).mean(0)


def _bump(octaves: Tensor, hertz: float, width: float) -> Tensor:
    return torch.exp(-0.5 * ((octaves - _at(hertz)) / width) ** 2)


def _at(hertz: float) -> float:
    return float(torch.log2(torch.tensor(hertz, dtype=torch.float64)))
