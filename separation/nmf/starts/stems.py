"""Factors that stand for stems another method made: each stem's magnitudes are factorised by themselves."""

from __future__ import annotations

import torch
from torch import Tensor

from separation.errors import InputError
from separation.nmf.factorisation import factorise
from separation.nmf.grouped import Grouped


def from_stems(magnitudes: Tensor, rank: int = 12, *, iterations: int = 30, seed: int = 0) -> Grouped:
    """Grouped factors of stems (J, F, n) >= 0, `rank` atoms each (fewer where there are fewer bins or frames).

    A silent stem gets even atoms that hardly sound, so that it can be painted in. Raises InputError.
    """
    if magnitudes.ndim != 3 or not magnitudes.numel():
        raise InputError("Stems to start from are magnitudes with the shape stems × bins × frames.")
    rank = min(rank, *magnitudes.shape[1:])
    loudest = float(magnitudes.max())
    atoms, sounds = [], []
    for stem in magnitudes:
        if float(stem.max()) <= 1e-6 * loudest:
            generator = torch.Generator().manual_seed(seed)
            W = (torch.rand(stem.shape[0], rank, generator=generator) + 0.1).to(stem)
            atoms.append(W / W.sum(0))
            sounds.append(torch.full((rank, stem.shape[1]), 1e-6 * loudest + 1e-12).to(stem))
        else:
            fit = factorise(stem, rank, iterations=iterations, tolerance=1e-3, seed=seed)
            atoms.append(fit.W)
            sounds.append(fit.H)
    return Grouped(torch.cat(atoms, 1), torch.cat(sounds), (rank,) * len(magnitudes))
