"""Which source an atom belongs to, from strokes: what a person said about the places where it sounds.

The evidence of an atom for a source is the share of its sound that lies under the strokes “this is it”, less what lies
under “this is not”; a little is heard from atoms that are like it (one step of label propagation over the affinity of
`grouping`, after Zhou et al., NIPS 2003). An atom that nothing is said about stays in its cluster.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from separation.nmf.features import Features
from separation.nmf.grouping.affinity import affinity
from separation.nmf.painting.strokes import Grid, Stroke

HEARSAY = 0.3  # weight of what is said about similar atoms


def evidence(
    W: Tensor, H: Tensor, strokes: Sequence[Stroke], sources: Sequence[str], grid: Grid, frames: Tensor
) -> Tensor:
    """(K, J) in −1 … 1 for atoms W (F, K), H (K, N), whose column n is frame number frames[n] of the song."""
    result = torch.zeros(W.shape[1], len(sources), dtype=torch.float64)
    step, width = grid.hop / grid.sample_rate, grid.sample_rate / grid.n_fft
    mass = W.double().sum(0) * H.double().sum(1)
    for stroke in strokes:
        within = (frames >= round(stroke.start_s / step)) & (frames <= round(stroke.end_s / step))
        rows = slice(round(stroke.low_hz / width), round(stroke.high_hz / width) + 1)
        inside = W[rows].double().sum(0) * H[:, within.to(H.device)].double().sum(1)
        sign = 1.0 if stroke.strength_db > 0 else -1.0 if stroke.strength_db < 0 else 0.0
        result[:, list(sources).index(stroke.source)] += sign * (inside / mass.clamp(min=1e-30)).cpu()
    return result.clamp(-1.0, 1.0)


def assign_by_strokes(
    base: Tensor, W: Tensor, H: Tensor, features: Features, strokes: Sequence[Stroke], sources: Sequence[str],
    grid: Grid, frames: Tensor, named: bool = False,
) -> Tensor:  # fmt: skip
    """The source 0 … J − 1 of each atom (K,), given its cluster 0 … J − 1 (`base`, as of `grouping`).

    named: source j is cluster j, as when nothing was painted; else clusters are matched to the sources by what was said
    about them, and an atom nothing was said about goes to a source nobody spoke of, if there is one.
    """
    if not strokes:
        return base
    said = evidence(W, H, strokes, sources, grid, frames)
    A = affinity(features, H)
    score = said + HEARSAY * (A / A.sum(1, keepdim=True)) @ said
    if not named:
        base = _matched(base, said * (H.double().sum(1) * W.double().sum(0)).cpu()[:, None])
    painted = (said > 0).any(0)
    if bool(painted.all()):
        return score.argmax(1)
    mass = (W.double().sum(0) * H.double().sum(1)).cpu()
    if not named:  # what nothing was said about is not a source that was spoken of
        base = torch.where(painted[base], int(torch.nonzero(~painted)[0]), base)
    usual = (score.clamp(min=0.0) * mass[:, None]).sum(0) / mass.sum()  # what an atom of no source in particular has
    best = score.argmax(1)
    known = score.gather(1, best[:, None])[:, 0] > usual[best]
    denied = (-said).clamp(min=0.0)
    against = (denied > (denied * mass[:, None]).sum(0) / mass.sum()).gather(1, base[:, None])[:, 0]
    score = score.scatter(1, base[:, None], -2.0)
    free = score.masked_fill(painted[None] & (score <= usual), -1.0).argmax(1)
    return torch.where(known, best, torch.where(against, free, base))


def _matched(labels: Tensor, said: Tensor) -> Tensor:
    """Clusters renamed so that each source has the one that most was said about; said (K, J)."""
    from scipy.optimize import linear_sum_assignment

    count = said.shape[1]
    table = torch.zeros(count, count, dtype=torch.float64).index_add_(0, labels, said)
    clusters, names = linear_sum_assignment(-table.numpy())
    order = torch.empty(count, dtype=torch.long)
    order[torch.from_numpy(clusters)] = torch.from_numpy(names)
    return order[labels]
