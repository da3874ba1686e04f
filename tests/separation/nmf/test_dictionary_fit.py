"""A song in known atoms: the cost falls, H agrees with the plainest arithmetic, priors hold, gradients are true."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf import iterate
from separation.nmf.dictionaries.fit import LEVEL, PRICE, Choices, fit, sounding, started
from separation.nmf.factors import Factors
from separation.nmf.penalties.groups import Groups
from separation.nmf.penalties.prices import Prices
from separation.nmf.penalties.prior import Prior
from separation.spectral.stft import stft
from tests.songs import compose


def atoms(bins: int, count: int, seed: int = 1) -> Tensor:
    W = torch.rand(bins, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) ** 4 + 1e-3
    return W / W.sum(0)


def random_V() -> Tensor:
    return torch.rand(33, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64) ** 3


def musical_V() -> Tensor:
    return stft(torch.tensor(compose(2.0, channels=1).mixture.samples).double(), 512, 128)[0].abs()


@pytest.mark.parametrize("make", [random_V, musical_V])
def test_with_atoms_held_the_cost_falls_and_is_the_plainest(make: object) -> None:
    V = make()  # type: ignore[operator]
    W, groups = atoms(len(V), 6), (0, 0, 1, 1, 2, 2)
    level = float(V.sum(0).mean())
    penalty, price = Groups(groups, 0.1 * level, LEVEL * level), Prices(torch.tensor([0.0] * 5 + [PRICE]).double())
    held = torch.ones_like(W, dtype=torch.bool)
    start = Factors(W, started(V, 6))
    states = list(islice(iterate(V, 6, start=start, hold_W=held, penalties=[penalty, price], solver="mu"), 41))
    whole = [s.loss(V) + penalty.value(s.W, s.H.T) + price.value(s.W, s.H.T) for s in states]
    assert np.all(np.diff(whole) <= 1e-9 * whole[0]) and whole[-1] < whole[0]
    H, v, w = started(V, 6).numpy().copy(), V.numpy(), W.numpy()
    for _ in range(40):
        numerator = w.T @ (v / (w @ H + 1e-12 * v.mean()))
        below = np.ones_like(H)
        for k, group in enumerate(groups):
            members = [m for m, other in enumerate(groups) if other == group]
            below[k] += 0.1 * level / (LEVEL * level + H[members].sum(0)) + (PRICE if k == 5 else 0.0)
        H = H * numerator / below
    np.testing.assert_allclose(states[-1].H.numpy(), H, rtol=1e-6, atol=1e-9 * level)
    np.testing.assert_array_equal(states[-1].W.numpy(), W.numpy())


@pytest.mark.parametrize("make", [random_V, musical_V])
def test_with_a_prior_the_cost_falls_and_the_step_is_the_papers(make: object) -> None:
    V = make()  # type: ignore[operator]
    known, strength = atoms(len(V), 5), torch.tensor([0.0, 0.1, 1.0, 10.0, 100.0]).double() * float(V.sum())
    prior = Prior(known, strength)
    states = list(islice(iterate(V, 5, start=Factors(known, started(V, 5)), penalties=[prior], solver="mu"), 41))
    whole = [s.loss(V) + prior.value(s.W, s.H.T) for s in states]
    assert np.all(np.diff(whole) <= 1e-9 * whole[0]) and whole[-1] < whole[0]
    before, after = states[3], states[4]
    W, H, v = before.W.numpy(), after.H.numpy(), V.numpy()
    P = v / (W @ H + 1e-12 * v.mean())
    expected = (W * (P @ H.T) + (strength * known).numpy()) / (H.sum(1) + strength.numpy())
    np.testing.assert_allclose(after.W.numpy(), expected, rtol=1e-7)
    moved = (states[-1].W - known).abs().sum(0) / known.sum(0)
    assert moved[0] > moved[4] and moved[4] < 0.05


@pytest.mark.parametrize("which", ["prior", "prices"])
def test_terms_are_the_gradient(which: str) -> None:
    W, H = atoms(12, 4), torch.rand(9, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64) + 0.1
    each = torch.tensor([0.0, 0.5, 2.0, 9.0]).double()
    penalty = Prior(atoms(12, 4, 9), each) if which == "prior" else Prices(each)
    for factor, (above, below) in enumerate((penalty.on_W(W, H), penalty.on_H(W, H))):
        gradient = torch.as_tensor(below - above, dtype=torch.float64).expand((W, H)[factor].shape)
        for row, k in ((0, 0), (5, 2), (8, 3)):
            ends = []
            for move in (1e-7, -1e-7):
                moved = [W.clone(), H.clone()]
                moved[factor][row, k] += move
                ends.append(penalty.value(*moved))
            assert float(gradient[row, k]) == pytest.approx((ends[0] - ends[1]) / 2e-7, rel=1e-4, abs=1e-6)


def test_a_prior_without_end_leaves_the_atoms_and_none_lets_them_go() -> None:
    V, W = musical_V(), atoms(257, 8)
    original = W.clone()
    strict, free, still = (
        fit(V, W, (0, 0, 0, 0, 1, 1, 1, 1), Choices(adaptation=a, rest=0)) for a in (1e-9, 10.0, 0.0)
    )
    assert torch.equal(W, original)
    np.testing.assert_allclose(still.W.numpy(), W.numpy(), rtol=1e-14)
    np.testing.assert_allclose(strict.W.numpy(), W.numpy(), rtol=1e-5)
    assert (free.W - W).abs().sum() > 0.5


def test_two_instruments_are_told_apart_and_the_unknown_goes_to_the_rest() -> None:
    """Known atoms of two sources, a third one unknown: each frame's sound goes where it belongs."""
    W = atoms(60, 9, 3) ** 3
    W = W / W.sum(0)
    generator = torch.Generator().manual_seed(4)
    H = torch.rand(9, 200, generator=generator, dtype=torch.float64) ** 4
    H *= torch.rand(3, 200, generator=generator, dtype=torch.float64).gt(0.6).repeat_interleave(3, 0)
    V = W @ H + 1e-6
    fitted = fit(V, W[:, :6], (0, 0, 0, 1, 1, 1), Choices(rest=3, adaptation=0.0), steps=200)
    assert fitted.groups == (0, 0, 0, 1, 1, 1, 2, 2, 2)
    for j in range(3):
        own = slice(3 * j, 3 * j + 3)
        truth, found = W[:, own] @ H[own], fitted.W[:, own] @ fitted.H[own]
        assert float((truth - found).square().sum() / truth.square().sum()) < 0.2, j
    again = sounding(V[:, 50:60], fitted, steps=400)
    held = fit(V, W[:, :6], (0, 0, 0, 1, 1, 1), Choices(rest=3, adaptation=0.0), steps=200)
    assert (held.H == fitted.H).all()
    np.testing.assert_allclose((fitted.W @ again).numpy(), (fitted.W @ fitted.H[:, 50:60]).numpy(), atol=0.05)
    assert float(sounding(torch.zeros_like(V), fitted).max()) == 0.0


def test_more_atoms_than_frames_and_scaling() -> None:
    V, W = musical_V()[:, 30:33], atoms(257, 12)
    few = fit(V, W, (0,) * 12, Choices(rest=2))
    assert few.H.shape == (14, 3)
    loud = fit(1000.0 * V, W, (0,) * 12, Choices(rest=2))
    np.testing.assert_allclose(loud.H.numpy(), 1000.0 * few.H.numpy(), rtol=1e-6, atol=1e-9)


def test_what_makes_no_sense_gets_a_sentence() -> None:
    with pytest.raises(ParameterError, match="one strength per atom"):
        Prior(torch.ones(3, 2), torch.ones(3))
    with pytest.raises(ParameterError, match="one price each"):
        Prices(torch.tensor([-1.0]))
