"""One atom that mixes two sources becomes two atoms: its own part of the spectrogram is factorised again.

The part is R = V · w h / (W H). Two atoms that share h frame by frame, h_a + h_b = h, are fitted to it by the updates
of probabilistic latent semantic analysis (Hofmann 1999), which are those for the Kullback-Leibler divergence under that
condition. They start as w (1 ± e), h / 2, which sum to the old atom exactly, with e the first axis of the
correspondence analysis of R against w h; no step raises KL(R | Σ), so none raises KL(V | W H).

A sum of two different atoms is not of rank one, so w h itself cannot be kept bin by bin; how loud every frame is, is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factors import Factors

STEPS, POWERS = 40, 12
LEAN = 0.9  # how far the start leans to either side at most


def split(V: Tensor, factors: Factors, atom: int, steps: int = STEPS) -> Factors:
    """Factors with K + 1 atoms: the louder half in the atom's place, the other last. V (F, N) >= 0.

    The halves' spectra sum to one where w does, and their activations sum to h. An atom that never sounds gives two
    such atoms. Raises ParameterError for an atom that is not there.
    """
    W, H = factors.W, factors.H
    if not 0 <= atom < W.shape[1]:
        raise ParameterError(f"There is no atom {atom + 1} among {W.shape[1]}.")
    level = W[:, atom].sum()
    w, h = W[:, atom] / level.clamp(min=1e-30), H[atom] * level
    tiny = 1e-12 * V.mean() + 1e-30
    R = torch.outer(w, h)
    R *= V / (W @ H + tiny)
    pair, shares = _start(R, w, h, tiny)
    for _ in range(steps):
        ratio = R / (pair @ (shares * h) + tiny)
        shares = shares * (pair.T @ ratio)
        shares = shares / shares.sum(0).clamp(min=1e-30)
        ratio = R / (pair @ (shares * h) + tiny)
        pair = pair * (ratio @ (shares * h).T)
        pair = pair / pair.sum(0).clamp(min=1e-30)
    shares = torch.where(shares.sum(0) > 0, shares / shares.sum(0).clamp(min=1e-30), 0.5)
    halves = shares * h
    if halves[1].sum() > halves[0].sum():
        pair, halves = pair.flip(1), halves.flip(0)
    W = torch.cat((W, pair[:, 1:] * level), 1)
    H = torch.cat((H, halves[1:] / level.clamp(min=1e-30)))
    W[:, atom], H[atom] = pair[:, 0] * level, halves[0] / level.clamp(min=1e-30)
    return Factors(W, H, factors.step)


def _start(R: Tensor, w: Tensor, h: Tensor, tiny: Tensor) -> tuple[Tensor, Tensor]:
    """Spectra (F, 2) and shares (2, N) that give back w h."""
    root_w, root_h = w.sqrt(), h.sqrt()
    off = (R - torch.outer(w, h)) / (torch.outer(root_w, root_h) + tiny.sqrt())
    axis = (off @ (root_h * torch.linspace(-1.0, 1.0, len(h), dtype=h.dtype, device=h.device))[:, None])[:, 0]
    for _ in range(POWERS):
        axis = off @ (off.T @ axis)
        axis = axis / axis.norm().clamp(min=1e-30)
    lean = axis / root_w.clamp(min=1e-30) * (root_w > 0)
    lean = lean - w @ lean  # the two spectra are to sum to one each
    lean = LEAN * lean / lean.abs().amax().clamp(min=1e-30)
    return torch.stack((w * (1 + lean), w * (1 - lean)), 1), h.new_full((2, len(h)), 0.5)
