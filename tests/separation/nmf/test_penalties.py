"""Penalties: the whole objective falls, the wish comes true, and the terms are the gradient's."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.errors import ParameterError
from separation.nmf import iterate
from separation.nmf.penalties.continuity import Continuity
from separation.nmf.penalties.groups import Groups
from separation.nmf.penalties.sparsity import Sparsity
from tests.separation.nmf.test_factorisation import spectrogram

PENALTIES = [Sparsity(0.3), Groups((0, 0, 1, 1, 2), 2.0), Continuity(1.0)]


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("penalties", [[p] for p in PENALTIES] + [PENALTIES[:2], PENALTIES])
def test_the_whole_objective_falls(penalties: list, beta: float) -> None:
    V = spectrogram()
    V = V / V.mean()
    states = islice(iterate(V, 5, divergence=beta, penalties=penalties), 60)
    whole = [s.loss(V, beta) + sum(p.value(s.W, s.H.T) for p in penalties) for s in states]
    assert np.all(np.diff(whole) <= 1e-6 * whole[0]), whole
    assert whole[-1] < 0.9 * whole[0]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_wish_comes_true(penalty: Sparsity | Groups | Continuity) -> None:
    V = spectrogram()
    V = V / V.mean()
    free, bound = (list(islice(iterate(V, 5, penalties=p, solver="mu"), 80))[-1] for p in ([], [penalty]))
    assert penalty.value(bound.W, bound.H.T) < 0.98 * penalty.value(free.W, free.H.T)


@pytest.mark.parametrize("beta", [0.0, 1.0, 2.0])
def test_sparsity_makes_more_near_zeros_and_continuity_smaller_jumps(beta: float) -> None:
    V = spectrogram(80, 120, 8, seed=3)
    V = V / V.mean()

    def end(*penalties: Sparsity | Continuity) -> torch.Tensor:
        H = list(islice(iterate(V, 8, divergence=beta, penalties=penalties, solver="mu"), 100))[-1].H
        return H / H.amax(1, keepdim=True)

    zeros = [float((end(*p) < 1e-2).double().mean()) for p in ((), (Sparsity(1.0),), (Sparsity(10.0),))]
    assert zeros[0] < zeros[1] < zeros[2], zeros
    jumps = [float(end(*p).diff(dim=1).abs().sum()) for p in ((), (Continuity(1.0),), (Continuity(10.0),))]
    assert jumps[0] > jumps[1] > jumps[2], jumps


@pytest.mark.parametrize("penalty", PENALTIES)
def test_terms_are_the_gradient_and_scale_cannot_cheat(penalty: Sparsity | Groups | Continuity) -> None:
    generator = torch.Generator().manual_seed(0)
    W, H = (torch.rand(n, 5, generator=generator, dtype=torch.float64) + 0.1 for n in (20, 30))
    for which, (above, below) in enumerate((penalty.on_W(W, H), penalty.on_H(W, H))):
        gradient = torch.as_tensor(below - above, dtype=torch.float64).expand((W, H)[which].shape)
        for row, k in ((0, 0), (7, 2), (19, 4)):
            ends = []
            for move in (1e-6, -1e-6):
                moved = [W.clone(), H.clone()]
                moved[which][row, k] += move
                ends.append(penalty.value(*moved))
            assert float(gradient[row, k]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-4)
    scale = torch.linspace(0.1, 9.0, 5, dtype=torch.float64)
    assert penalty.value(W * scale, H / scale) == pytest.approx(penalty.value(W, H), rel=1e-9)


def test_what_makes_no_sense_gets_a_sentence() -> None:
    for make in (Sparsity, Continuity, lambda s: Groups((0, 1), s)):
        with pytest.raises(ParameterError, match="above 0"):
            make(0.0)
    with pytest.raises(ParameterError, match="numbered from 0"):
        Groups((), 1.0)
    with pytest.raises(ParameterError, match="name one for each"):
        list(islice(iterate(spectrogram(), 3, penalties=[Groups((0, 1), 1.0)]), 2))
