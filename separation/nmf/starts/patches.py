"""Patterns for a convolutive factorisation from the hits of the song itself: mean patches, one per kind of hit.

Hits are the peaks of the rise of √V summed over frequency. The T frames from each hit on form a patch; the patches are
clustered by k-means (`kmeans.py`), and a pattern begins as the mean direction of its cluster, its activation as pulses
at the hits (compare Dittmar & Müller, IEEE/ACM TASLP 24(9), 2016, who take the hits from a score).
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.convolutive import Patterns
from separation.nmf.starts.kmeans import kmeans

MOST = 500  # patches looked at, the strongest
APART = 3  # frames between two hits at least
STRONG = 1.0  # times the mean rise, from which a peak is a hit: a kick alone fills few bins
TRACE = 1e-3  # of the mean pulse, in every frame of an activation: a zero would stay zero for ever


def patch_start(V: Tensor, rank: int, length: int, *, seed: int = 0) -> Patterns:
    """`rank` patterns (T, F, K) of `length` frames, and their activations (K, N), for magnitudes V (F, N) >= 0.

    Raises ParameterError where V has fewer hits than patterns.
    """
    bins, count = V.shape
    if not 1 <= length <= count:
        raise ParameterError(f"A pattern must last between 1 and {count} frames, as the song does; not {length}.")
    hits = hits_of(V)
    if not 1 <= rank <= len(hits):
        raise ParameterError(f"This song has {len(hits)} hits: ask for between 1 and as many patterns, not {rank}.")
    padded = torch.nn.functional.pad(V, (0, length))
    patches = torch.stack([padded[:, hit : hit + length].T.reshape(-1) for hit in hits.tolist()], 1)  # (T·F, n)
    found = kmeans(patches, rank, seed=seed)
    H = V.new_zeros(rank, count)
    H[:, hits] = found.H
    H = H + TRACE * found.H.mean()
    return Patterns(found.W.view(length, bins, rank), H)


def hits_of(V: Tensor) -> Tensor:
    """The frames of V (F, N) in which something begins, in order of time: at most MOST, the strongest."""
    root = V.sqrt()
    before = torch.nn.functional.pad(root[:, :-1], (1, 0))
    rise = (root - before).clamp(min=0.0).sum(0)
    highest = torch.nn.functional.max_pool1d(rise[None, None], 2 * APART + 1, 1, APART)[0, 0]
    hits = ((rise == highest) & (rise > STRONG * rise.mean())).nonzero().squeeze(1)
    return hits[rise[hits].topk(min(MOST, len(hits))).indices].sort().values
