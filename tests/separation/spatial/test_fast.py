"""FastMNMF2: the likelihood and each rule written out, never a rise, filters that add up, panned sources unmixed."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.spatial import fast, multichannel
from separation.spatial.fast import Model, fast_start, loss, separate, states
from separation.spatial.multichannel import Scene, scene
from separation.spatial.ntf import factorise_tensor
from separation.spatial.starts import start
from tests.separation.spatial.test_multichannel import SOURCES, musical, random


def model_of(channels: int) -> tuple[Scene, Model]:
    there, full = random(channels)
    g = torch.Generator().manual_seed(9)
    Q = torch.eye(channels) + 0.3 * torch.view_as_complex(
        torch.randn(9, channels, channels, 2, generator=g, dtype=torch.float64)
    )
    shares = torch.rand(2, channels, generator=g, dtype=torch.float64) + 0.1
    return there, Model(Q, shares / shares.sum(1, keepdim=True), full.W, full.H, SOURCES, full.noise)


def powers(model: Model, f: int, n: int) -> Tensor:
    parts = (model.W[f, k] * model.H[k, n] * model.g[SOURCES[k]] for k in range(5))
    return sum(parts, model.noise[f] + torch.zeros(model.g.shape[1]))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_loss_is_that_of_the_gaussian_written_out(channels: int) -> None:
    there, model = model_of(channels)
    total, estimate = 0.0, separate(there.X, model)
    for f in range(9):
        back = torch.linalg.inv(model.Q[f])
        for n in range(30):
            y, x = powers(model, f, n), there.X[f, :, n]
            S = back @ torch.diag(y).to(back) @ back.mH
            total += float(torch.linalg.slogdet(S).logabsdet + (x.conj() @ torch.linalg.solve(S, x)).real)
            for j in range(2):
                v = sum(model.W[f, k] * model.H[k, n] for k in range(5) if SOURCES[k] == j)
                own = back @ torch.diag(v * model.g[j] + model.noise[f] / 2).to(back) @ back.mH
                assert torch.allclose(estimate[j, :, f, n], own @ torch.linalg.solve(S, x))
    assert loss(there, model) == pytest.approx(total)
    assert torch.allclose(estimate.sum(0), there.X.transpose(0, 1))
    assert torch.allclose(separate(there.X[..., 7:11], model, slice(7, 11)), estimate[..., 7:11])


@pytest.mark.parametrize("channels", [1, 2, 3, "music"])
def test_the_loss_never_rises(channels: int | str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multichannel, "TILE", 5000)  # many tiles
    if channels == "music":
        there, full = musical()
        model = fast_start(full)
    else:
        there, model = model_of(int(channels))
    losses = [value for _, value in islice(states(there, model), 1, 42)]
    assert losses[0] == pytest.approx(loss(there, model))
    assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(losses))
    assert losses[-1] < losses[0] - 0.05 * abs(losses[0])


def test_a_step_is_the_rules_written_out() -> None:
    there, model = model_of(2)
    found = list(islice(states(there, model), 2))[1][0]
    X = there.X.numpy()
    Q, g, W, H = (part.numpy().copy() for part in (model.Q, model.g, model.W, model.H))

    def y(f: int, n: int) -> np.ndarray:
        return sum(W[f, k] * H[k, n] * g[SOURCES[k]] for k in range(5)) + model.noise[f].item()

    old = np.array([[y(f, n) for n in range(30)] for f in range(9)])  # (F, N, C)
    for f in range(9):
        for m in range(2):
            V = sum(np.outer(X[f, :, n], X[f, :, n].conj()) / old[f, n, m] for n in range(30)) / 30
            q = np.linalg.inv(Q[f] @ V)[:, m]
            Q[f, m] = (q / np.sqrt((q.conj() @ V @ q).real)).conj()
    x = np.abs(np.einsum("fij,fjn->fni", Q, X)) ** 2
    T = np.stack([W[:, [k]] * g[SOURCES[k]] for k in range(5)])  # (K, F, C)
    H = H * np.sqrt(np.einsum("kfm,fnm->kn", T, x / old**2) / np.einsum("kfm,fnm->kn", T, 1 / old))
    new = np.array([[y(f, n) for n in range(30)] for f in range(9)])
    pull, push = np.einsum("kn,fnm->kfm", H, x / new**2), np.einsum("kn,fnm->kfm", H, 1 / new)
    mine = g[SOURCES]
    after = W * np.sqrt((np.einsum("kfm,km->fk", pull, mine)) / np.einsum("kfm,km->fk", push, mine))
    for j in range(2):
        atoms = [k for k in range(5) if SOURCES[k] == j]
        up = sum((W[:, k] ** 2 / after[:, k]) @ pull[k] for k in atoms)
        down = sum(after[:, k] @ push[k] for k in atoms)
        g[j] = g[j] * np.sqrt(up / down)
    W = after
    for f, n in ((0, 0), (4, 7), (8, 29)):
        back = np.linalg.inv(Q[f])
        wanted = back @ np.diag(y(f, n)) @ back.conj().T
        inverse = torch.linalg.inv(found.Q[f])
        mixed = inverse @ torch.diag(powers(found, f, n)).to(inverse) @ inverse.mH
        np.testing.assert_allclose(mixed.numpy(), wanted, rtol=1e-6, atol=1e-9)
    assert torch.allclose(found.g.sum(1), torch.ones(2, dtype=torch.float64))
    assert torch.allclose(found.Q.abs().square().sum((1, 2)), torch.full((9,), 2.0, dtype=torch.float64))


def test_one_channel_is_the_full_model() -> None:
    there, full = random(1)
    model = fast_start(full)
    assert loss(there, model) == pytest.approx(multichannel.loss(there, full), rel=1e-3)


def test_two_panned_sources_are_unmixed() -> None:
    g = torch.Generator().manual_seed(2)
    W, H = torch.rand(2, 40, 3, generator=g) ** 4, torch.rand(2, 3, 150, generator=g) ** 3
    S = (W @ H).sqrt() * torch.view_as_complex(torch.randn(2, 40, 150, 2, generator=g))
    images = torch.einsum("jc,jfn->jcfn", torch.tensor([[0.9, 0.35], [0.4, 0.85]]).to(S), S)
    X = images.sum(0)
    there = scene(X)
    atoms = factorise_tensor(X.abs(), 6, iterations=100)
    labels = (atoms.position > atoms.position.median()).long()
    full = start(there, atoms, labels, 2)
    found = next(islice(states(there, fast_start(full)), 100, None))[0]
    estimate = separate(there.X, found) * there.scale
    for j in range(2):

        def error(guess: Tensor, truth: Tensor = images[j]) -> float:
            return float(10 * ((guess - truth).abs().square().sum() / truth.abs().square().sum()).log10())

        assert min(error(one) for one in estimate) < error(X) - 12


def test_a_fixed_place_moves_neither_directions_nor_shares() -> None:
    there, model = model_of(2)
    found = list(islice(states(there, model, spatial=False), 5))[-1][0]
    assert torch.equal(found.Q, model.Q) and torch.equal(found.g, model.g)
    assert loss(there, found) < loss(there, model)
    assert loss(there, fast.step_H(there, model)[0]) < loss(there, model)
