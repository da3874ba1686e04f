"""Drums, bass and the rest of an accompaniment: rules of thumb that start a structured factorisation.

1. Rules. Above 110 Hz a hit is what the median along frequency keeps better than the median along time
   (FitzGerald 2010); below, where a kick is as narrow as a note, it is what stands out of the median along time.
   What is not a hit is bass below 250 Hz and "other" above, with a gradual change-over.
2. Atoms. Each of the three estimates is factorised by itself (KL), on bands that are single bins below 360 Hz and
   1/24 octave wide above: few smooth spectra for the drums, which are noise, fewer for the bass, many for the rest.
3. A few common updates on the mixture let the three compete for every band; then a ratio mask.

The constants were chosen mainly on the training songs of the album "Everything is Free" (CC0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.factorisation import Factors, iterate
from separation.spectral.harmonic_percussive import enhance, running_median
from separation.spectral.masks import ratio

HELD, BROAD, KICK_HELD = 31, 17, 21  # frames, bins, frames of the medians
KICK_TOP, KICK_SLOPE = 110.0, 15.0  # Hz
BASS_SLOPE = 30.0  # Hz
PER_OCTAVE = 24
SMOOTH, SMOOTH_FROM = 1 / 15, 300.0  # octaves (standard deviation) of the drums' spectra, from this frequency up
ATOMS = (6, 4, 40)  # drums, bass, other
ALONE, TOGETHER = 15, 5  # iterations

Check = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Bands:
    """Bins pooled to bands. pool (B, F): 0/1. of_bin (F,): each bin's band. smooth (B, B): blurs spectra of bands."""

    pool: Tensor
    of_bin: Tensor
    smooth: Tensor


def make_bands(bins: int, sample_rate: int, device: str = "cpu") -> Bands:
    """Bands of an FFT with `bins` bins: one bin each where bins are wider than 1/24 octave, then 1/24 octave."""
    width = sample_rate / 2 / (bins - 1)
    edges = [0]
    while edges[-1] < bins:
        edges.append(min(bins, edges[-1] + max(1, round(edges[-1] * (2 ** (1 / PER_OCTAVE) - 1)))))
    starts = torch.tensor(edges[:-1])
    sizes = torch.diff(torch.tensor(edges))
    of_bin = torch.repeat_interleave(torch.arange(len(starts)), sizes)
    pool = torch.nn.functional.one_hot(of_bin).T.float()
    centre = (starts + (sizes - 1) / 2).clamp(min=0.5) * width
    distance = torch.log2(centre[:, None] / centre[None])
    blur = torch.exp(-0.5 * (distance / SMOOTH) ** 2)
    low = centre < SMOOTH_FROM
    blur = torch.where(low[:, None] | low[None], torch.eye(len(centre)), blur)
    blur = blur / blur.sum(1, keepdim=True)
    smooth = sizes[:, None] * blur / sizes[None]  # what is smooth is the level per bin, not the sum over a band
    return Bands(pool.to(device), of_bin.to(device), smooth.to(device))


def rule_masks(V: Tensor, sample_rate: int, bass_top: float = 250.0, exponent: float = 2.0) -> Tensor:
    """Masks (3, F, N) of drums, bass and the rest of an accompaniment V (F, N), by the rules alone."""
    frequency = torch.linspace(0, sample_rate / 2, V.shape[0], device=V.device)[:, None]
    held, broad = enhance(V, HELD, BROAD)
    drums = ratio(torch.stack((broad, held)), exponent)[0].clone()  # a view would keep both alive
    del held, broad
    low = int((frequency < 2 * KICK_TOP).sum())
    steady = running_median(V[:low], KICK_HELD, axis=1)
    kick = ratio(torch.stack(((V[:low] - steady).clamp(min=0.0), steady)), exponent)[0]
    share = torch.sigmoid((KICK_TOP - frequency[:low]) / KICK_SLOPE)
    drums[:low] = share * kick + (1 - share) * drums[:low]
    below = torch.sigmoid((bass_top - frequency) / BASS_SLOPE)
    return torch.stack((drums, (1 - drums) * below, (1 - drums) * (1 - below)))


def rhythm_masks(
    V: Tensor,
    bands: Bands,
    sample_rate: int,
    *,
    bass_top: float = 250.0,
    exponent: float = 1.0,
    seed: int = 0,
    check: Check = lambda: None,
) -> Tensor:
    """Masks (3, F, N), summing to one, of drums, bass and the rest of an accompaniment V (F, N) >= 0.

    check: called at every step; what it raises ends the work.
    """
    level = float(V.mean())
    if level <= 1e-12:
        return torch.full((3, *V.shape), 1 / 3, dtype=V.dtype, device=V.device)
    V = V / level + 1e-6
    whole = bands.pool @ V
    parts = []
    for j, (mask, atoms) in enumerate(zip(rule_masks(V, sample_rate, bass_top), ATOMS, strict=True)):
        check()
        alone = bands.pool @ (mask * V) + 1e-7
        parts.append(_after(alone, min(atoms, *alone.shape), ALONE, bands.smooth if j == 0 else None, seed + j, check))
    del mask, alone
    counts = [part.W.shape[1] for part in parts]
    start = Factors(torch.cat([part.W for part in parts], 1), torch.cat([part.H for part in parts]))
    W, H = _together(whole, start, bands.smooth, counts[0], check)
    models = torch.stack([w @ h for w, h in zip(W.split(counts, 1), H.split(counts), strict=True)])
    return ratio(models, exponent)[:, bands.of_bin]


def _after(V: Tensor, rank: int, steps: int, smooth: Tensor | None, seed: int, check: Check) -> Factors:
    shape = None if smooth is None else smooth.matmul
    for state in iterate(V, rank, seed=seed, shape=shape):
        check()
        if state.step == steps:
            return state
    raise AssertionError("iterate never ends")


def _together(V: Tensor, start: Factors, smooth: Tensor, drums: int, check: Check) -> tuple[Tensor, Tensor]:
    def shape(W: Tensor) -> Tensor:
        return torch.cat((smooth @ W[:, :drums], W[:, drums:]), 1)

    for state in iterate(V, 1, start=start, shape=shape):
        check()
        if state.step == TOGETHER:
            return state.W, state.H
    raise AssertionError("iterate never ends")
