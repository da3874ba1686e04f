"""Several atoms become one: the atom nearest to their sum in the Kullback-Leibler divergence, in closed form.

Its spectrum is the sum's mean spectrum and its activation the sum's level, so no frame and no bin gets louder or
softer in all.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from separation.errors import ParameterError
from separation.nmf.factors import Factors


def merge(factors: Factors, atoms: Sequence[int]) -> Factors:
    """Factors in which the first of `atoms` (in the order of the factors) stands for all of them; the others are gone.

    Raises ParameterError for fewer than two atoms or for one that is not there.
    """
    W, H = factors.W, factors.H
    chosen = sorted(set(atoms))
    if len(chosen) < 2 or not 0 <= chosen[0] <= chosen[-1] < W.shape[1]:
        raise ParameterError(f"Name at least two of the {W.shape[1]} atoms to merge.")
    w = W[:, chosen] @ H[chosen].sum(1)
    h = W[:, chosen].sum(0) @ H[chosen]
    total = h.sum()
    kept = [k for k in range(W.shape[1]) if k not in chosen[1:]]
    W, H = W.clone(), H.clone()
    W[:, chosen[0]] = torch.where(total > 0, w / total.clamp(min=1e-30), W[:, chosen[0]])
    H[chosen[0]] = h
    return Factors(W[:, kept], H[kept], factors.step)
