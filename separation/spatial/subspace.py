"""Independent subspace analysis of a spectrogram (Casey & Westner, ICMC 2000).

The spectrogram is reduced to its leading principal components, their activations are made independent, and each of
the components, a spectrum times an activation, belongs to a source. Unlike the atoms of NMF they may be negative.
Sources are found by the ixegram: how unalike two components' activations are distributed, by the symmetric
Kullback–Leibler divergence of their histograms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.spatial.independent import fixed_point
from separation.spectral.low_rank import leading

LEVELS, SPAN = 24, 4.0  # levels of a histogram, from − to + this many standard deviations


@dataclass(frozen=True, eq=False)
class Components:
    """V ≈ spectra @ (reader @ V), for this V and any other. spectra (F, K), reader (K, F), their sign so that Σ_f > 0.

    The strongest first.
    """

    spectra: Tensor
    reader: Tensor


def components(
    V: Tensor, rank: int, *, iterations: int = 200, seed: int = 0, check: Callable[[], object] = lambda: None
) -> Components:
    """At most `rank` independent components of V (F, N); fewer where V has no more directions. check: as elsewhere."""
    U, values, _ = leading(V, min(rank, *V.shape), seed)
    U = U[:, values > 1e-6 * values[0].clamp(min=1e-30)].double()
    y = U.T @ V.double()
    mean = y.mean(1, keepdim=True)
    spread, vectors = torch.linalg.eigh((y - mean) @ (y - mean).T / y.shape[1])
    level = float(y.square().mean())
    spread = spread.clamp(min=1e-9 * level + 1e-60)  # what does not move is not told apart
    whiten, back = vectors.T / spread.sqrt()[:, None], vectors * spread.sqrt()
    rotation = fixed_point(whiten @ (y - mean), iterations=iterations, tolerance=1e-7, seed=seed, check=check)
    spectra, reader = U @ back @ rotation.T, rotation @ whiten @ U.T
    order = spectra.norm(dim=0).argsort(descending=True, stable=True)
    sign = torch.where(spectra.sum(0) < 0.0, -1.0, 1.0)[order]
    return Components((spectra[:, order] * sign).to(V), (reader[order] * sign[:, None]).to(V))


def ixegram(z: Tensor) -> Tensor:
    """Distances (K, K) float64 between activations z (K, N): Σ (p − q) log (p / q) of their histograms."""
    z = z.double().cpu()
    z = (z - z.mean(1, keepdim=True)) / z.std(1, keepdim=True, correction=0).clamp(min=1e-30)
    level = ((z / SPAN + 1.0) * LEVELS / 2).long().clamp_(0, LEVELS - 1)
    p = torch.zeros(len(z), LEVELS, dtype=torch.float64).scatter_add_(1, level, torch.ones_like(z))
    p = (p + 0.5) / (p + 0.5).sum(1, keepdim=True)
    log = p.log()
    own = (p * log).sum(1)
    cross = p @ log.T
    return (own[:, None] - cross + own - cross.T).clamp_(min=0.0).fill_diagonal_(0.0)
