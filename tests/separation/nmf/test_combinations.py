"""Penalties, structures, weights and held factors together: the whole objective falls, and what is held stays."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.nmf import Factors, iterate
from separation.nmf.divergences import AlphaBeta, Divergence, divergence
from separation.nmf.penalties.continuity import Continuity
from separation.nmf.penalties.groups import Groups
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.penalties.sparsity import Sparsity
from separation.nmf.structures.harmonic import Harmonic, harmonic
from tests.separation.nmf.test_structures import RATE, chords, hertz

SETS = {
    "none": (),
    "sparsity": (Sparsity(0.3),),
    "groups": (Groups((0, 0, 1, 1, 2), 2.0),),
    "continuity": (Continuity(1.0),),
    "all": (Sparsity(0.3), Groups((0, 0, 1, 1, 2), 2.0), Continuity(1.0)),
    "smooth": (Smooth(3.0),),
    "smooth and sparse": (Smooth(3.0), Sparsity(0.3), Groups((0, 0, 1, 1, 2), 2.0)),
}


def problem() -> tuple[Tensor, Factors, Tensor, Harmonic]:
    """V (513, N) of mean 1, a start, weights, and a structure of four notes and a free atom."""
    V = chords([[60, 64], [62], [60, 67]], 0.3).double()
    V = (V + 1e-3 * V.mean()) / V.mean()
    structure = harmonic(513, RATE, hertz([60, 62, 64, 67]), bands=4, free=1)
    first = next(iterate(V, 5, seed=3))
    weights = torch.rand(V.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.1
    return V, first, weights, structure


@pytest.mark.parametrize("held", ["nothing", "atoms", "parts of H", "parts of W", "all of W"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_all_of_it_together(name: str, bound: bool, weighted: bool, held: str) -> None:
    V, first, weights, structure = problem()
    hold_W, hold_H = torch.zeros(513, 5, dtype=torch.bool), torch.zeros_like(first.H, dtype=torch.bool)
    if held == "atoms":
        hold_W[:, [0, 4]] = True
    elif held == "parts of H":
        hold_H[1, 5:15] = hold_H[:, 20] = True
    elif held == "parts of W":
        hold_W[100:200, 4] = True  # of the free atom: others are held whole or not at all
    elif held == "all of W":
        hold_W[:] = True
    smooth = name.startswith("smooth")
    kinds: tuple[Divergence, ...] = (0.0,) if smooth else (1.0, 0.5, AlphaBeta(0.7, 0.5))
    for kind in kinds:
        states = list(islice(iterate(
            V, 5, divergence=kind, start=first, penalties=SETS[name], structure=structure if bound else None,
            weights=weights if weighted else None, hold_W=hold_W, hold_H=hold_H,
            solver="smooth-is" if smooth else "mu",
        ), 31))  # fmt: skip
        G = weights if weighted else None
        whole = [
            divergence(V, s.W @ s.H + 1e-12, kind, G) + sum(p.value(s.W, s.H.T) for p in SETS[name]) for s in states
        ]
        assert np.all(np.diff(whole) <= 1e-7 * abs(whole[0])), (kind, whole)
        assert whole[-1] < whole[0]
        last = states[-1]
        assert torch.equal(last.W[hold_W], first.W[hold_W]) and torch.equal(last.H[hold_H], first.H[hold_H])


@pytest.mark.parametrize("name", ["sparsity", "groups", "continuity", "smooth"])
def test_zeros_stay_zero_where_they_may(name: str) -> None:
    V, first, _, structure = problem()
    W, H = first.W.clone(), first.H.clone()
    W[:50, 4] = 0.0
    if name != "smooth":
        H[2, 10:20] = 0.0
    kind = 0.0 if name == "smooth" else 1.0
    for bound in (None, structure):
        states = iterate(V, 5, divergence=kind, start=Factors(W, H), penalties=SETS[name], structure=bound)
        last = list(islice(states, 20))[-1]
        assert (last.W[:50, 4] == 0.0).all() and (last.W[50:, 4] > 0.0).all()
        assert torch.equal(last.H == 0.0, H == 0.0)
