"""Atoms that are frequent frames: clusters of a song's spectra, by the angle between their square roots.

Frames above −50 dB of the loudest are scaled to one and rooted, which makes the angle between two the Bhattacharyya
coefficient of their spectra. k-means++ (Arthur & Vassilvitskii, SODA 2007) seeds K of them, spherical k-means
(Dhillon & Modha, Machine Learning 42, 2001) moves them. Suits drums and loops, whose sounds come back alike.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from separation.nmf.divergences import AlphaBeta, Divergence
from separation.nmf.factors import Factors
from separation.nmf.problem import check_rank
from separation.nmf.starts.atoms import from_atoms

FRAMES, ROUNDS, QUIET = 2000, 20, 10.0**-2.5  # frames looked at, rounds of k-means, −50 dB of amplitude
FILL = 1e-4  # of an atom's mean, in every bin: a zero would stay zero for ever


def kmeans(
    V: Tensor, rank: int, *, divergence: Divergence = 1.0, seed: int = 0, check: Callable[[], object] = lambda: None
) -> Factors:
    """Factors of magnitudes V (F, N) >= 0, the same for one seed: W the clusters' mean directions, H ten steps beside.

    Where there are fewer loud frames than atoms, the others are noise with the mean spectrum. check: as in `atoms.py`.
    """
    check_rank(V.shape, rank)
    generator = torch.Generator().manual_seed(seed)
    points = _points(V, generator)
    found = _clusters(points, min(rank, len(points)), generator, check)
    W = found.square()
    if len(W) < rank:
        noise = torch.rand(rank - len(W), len(V), generator=generator, dtype=torch.float64).to(V) + 0.1
        W = torch.cat((W, noise * V.mean(1)))
    W = W / W.sum(1, keepdim=True)
    W = W + FILL / len(V)
    beta = 1.0 if isinstance(divergence, AlphaBeta) else divergence
    return from_atoms(V, W.T.contiguous(), divergence=beta, check=check)


def _points(V: Tensor, generator: torch.Generator) -> Tensor:
    """Up to FRAMES loud frames as rows of length one (n, F)."""
    level = V.sum(0)
    loud = (level > QUIET * level.max()).nonzero().squeeze(1)
    if len(loud) > FRAMES:
        pick = torch.randperm(len(loud), generator=generator)[:FRAMES].sort().values
        loud = loud[pick.to(loud.device)]
    return (V[:, loud] / level[loud]).sqrt().T.contiguous()


def _clusters(points: Tensor, count: int, generator: torch.Generator, check: Callable[[], object]) -> Tensor:
    """Directions (count, F) of length one."""
    centres = points[_seeds(points, count, generator)]
    for _ in range(ROUNDS):
        check()
        nearness, label = (points @ centres.T).max(1)
        sums = torch.zeros_like(centres).index_add_(0, label, points)
        for empty in (torch.bincount(label, minlength=count) == 0).nonzero().squeeze(1).tolist():
            far = nearness.argmin()  # the frame that is served worst founds a cluster of its own
            sums[empty], nearness[far] = points[far], 2.0
        centres = sums / sums.norm(dim=1, keepdim=True)
    return centres


def _seeds(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """k-means++: each seed is drawn by the squared distance 2 (1 − cosine) to the nearest so far."""
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    distance = torch.full((len(points),), torch.inf, dtype=torch.float64)
    for _ in range(count - 1):
        away = 1.0 - (points @ points[chosen[-1]]).double().cpu()
        distance = torch.minimum(distance, away.clamp(min=0.0))
        distance[chosen] = 0.0
        odds = distance if float(distance.sum()) > 0.0 else _unchosen(len(points), chosen)
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return torch.tensor(chosen, device=points.device)


def _unchosen(count: int, chosen: list[int]) -> Tensor:
    odds = torch.ones(count, dtype=torch.float64)
    odds[chosen] = 0.0
    return odds
