"""AO-ADMM: its equations in plain float64, limits that hold exactly, and losses near those of the free solvers."""

from __future__ import annotations

from itertools import islice, product

import numpy as np
import pytest
import torch

from separation.errors import ParameterError
from separation.nmf import Factors, iterate
from separation.nmf.factorisation import Constraint
from separation.nmf.solvers.constraints import simplex
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.separation.nmf.test_factorisation import spectrogram
from tests.songs import Song

LIMITS = [Constraint(), Constraint(simplex=True), Constraint(most=9.0), Constraint(atoms=2), Constraint(True, 9.0, 1)]


def nearest_on_simplex(x: np.ndarray) -> np.ndarray:
    """By trying how many entries stay."""
    best, distance = x, np.inf
    for count in range(1, len(x) + 1):
        theta = (np.sort(x)[::-1][:count].sum() - 1) / count
        y = np.maximum(x - theta, 0)
        if abs(y.sum() - 1) < 1e-9 and np.linalg.norm(x - y) < distance:
            best, distance = y, np.linalg.norm(x - y)
    return best


def nearest_H(x: np.ndarray, limit: Constraint) -> np.ndarray:
    """Of one frame, by trying every set of atoms that may sound."""
    atoms = limit.atoms or len(x)
    best, distance = x, np.inf
    for on in product((0.0, 1.0), repeat=len(x)):
        y = np.clip(x, 0, limit.most or np.inf) * on
        if sum(on) <= atoms and np.linalg.norm(x - y) < distance:
            best, distance = y, np.linalg.norm(x - y)
    return best


@pytest.mark.parametrize("limit", LIMITS)
def test_projections_are_the_nearest_points(limit: Constraint) -> None:
    random = np.random.default_rng(0)
    rows = torch.from_numpy(8.0 * random.standard_normal((40, 4)))
    np.testing.assert_allclose(limit.on_H(rows), np.array([nearest_H(x, limit) for x in rows.numpy()]), atol=1e-12)
    columns = torch.from_numpy(random.standard_normal((6, 9)))
    expected = np.stack([nearest_on_simplex(x) for x in columns.numpy().T], 1)
    assert np.allclose(limit.on_W(columns), expected if limit.normalised else columns.clamp(min=0))
    np.testing.assert_allclose(simplex(columns).sum(1), 1.0, rtol=1e-12)


def reference(x: np.ndarray, W: np.ndarray, H: np.ndarray, limit: Constraint, kl: bool, steps: int) -> tuple:
    """Huang, Sidiropoulos & Liavas 2016, algorithms 1 to 3, five inner steps."""
    size = W.sum(0) if limit.normalised else np.ones(W.shape[1])
    W, H, eta = W / size, H * size[:, None], 1 / x.mean()
    D, U_W, U_H = np.zeros_like(x), np.zeros_like(W), np.zeros_like(H)

    def split(model: np.ndarray, D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = model - D
        Z = ((u - 1 / eta) + np.sqrt((u - 1 / eta) ** 2 + 4 * x / eta)) / 2
        return Z, D + Z - model

    Z = x
    if kl:
        Z, D = split(W @ H, D)
    for _ in range(steps):
        G, one = W.T @ W, np.eye(W.shape[1])
        rho = np.trace(G) / len(G)
        for _ in range(5):
            free = np.linalg.solve(G + rho * one, W.T @ (Z + D) + rho * (H + U_H))
            H = np.stack([nearest_H(h, limit) for h in (free - U_H).T], 1)
            U_H = U_H + H - free
            if kl:
                Z, D = split(W @ free, D)
        G = H @ H.T
        rho = np.trace(G) / len(G)
        for _ in range(5):
            free = np.linalg.solve(G + rho * one, H @ (Z + D).T + rho * (W + U_W).T).T
            target = free - U_W
            W = np.stack([nearest_on_simplex(w) for w in target.T], 1) if limit.normalised else np.maximum(target, 0)
            U_W = U_W + W - free
            if kl:
                Z, D = split(free @ H, D)
    return W, H


@pytest.mark.parametrize("kl", [False, True])
@pytest.mark.parametrize("limit", LIMITS)
def test_steps_are_those_of_the_paper(limit: Constraint, kl: bool) -> None:
    V = spectrogram(25, 30)
    first, *_, last = islice(iterate(V, 4, divergence=1.0 if kl else 2.0, solver="ao-admm", constraint=limit), 4)
    W, H = reference(V.numpy(), first.W.numpy(), first.H.numpy(), limit, kl, 3)
    np.testing.assert_allclose(last.W, W, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(last.H, H, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("beta,free", [(2.0, "hals"), (1.0, "mu")])
def test_as_low_as_the_free_solvers_on_noise_and_on_music(beta: float, free: str, short_song: Song) -> None:
    music = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy())))[:512:2]
    for V in (spectrogram().float(), music + 1e-6):
        ends = [
            list(islice(iterate(V, 5, divergence=beta, solver=s), 101))[-1].loss(V, beta) for s in (free, "ao-admm")
        ]
        assert ends[1] < 1.25 * ends[0], ends


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_limits_hold_exactly_and_cost_little(beta: float) -> None:
    V = 1e-6 * spectrogram().float()  # of a size that is scaled inside
    most = float(V.sum(0).max()) / 4
    limit = Constraint(most=most, atoms=2)
    states = list(islice(iterate(V, 4, divergence=beta, constraint=limit), 61))
    for state in states[1:]:
        assert float(state.H.max()) <= most * (1 + 1e-6) and int((state.H > 0).sum(0).max()) <= 2
        torch.testing.assert_close(state.W.sum(0), torch.ones(4))
    assert (state.H > 0).any(1).all()  # every atom sounds somewhere
    assert states[-1].loss(V, beta) < 0.6 * states[1].loss(V, beta)
    free = list(islice(iterate(V, 4, divergence=beta, solver="mu"), 61))[-1]
    keep = torch.zeros_like(free.H).scatter_(0, (free.H * free.W.sum(0)[:, None]).topk(2, 0).indices, 1.0)
    cut = Factors(free.W, free.H * keep)
    fitted = list(islice(iterate(V, 4, divergence=beta, start=free, constraint=Constraint(atoms=2)), 61))[-1]
    assert fitted.loss(V, beta) < 0.8 * cut.loss(V, beta)  # better than cutting afterwards


def test_what_cannot_be_asked_for_gets_a_sentence() -> None:
    V = spectrogram()
    for options in ({"divergence": "is"}, {"weights": torch.ones(60, 50)}, {"divergence": 1.5}):
        with pytest.raises(ParameterError, match="euclidean and kl"):
            iterate(V, 3, solver="ao-admm", **options)
    for solver in ("mu", "extrapolated", "joint", "sag"):
        with pytest.raises(ParameterError, match="cannot keep a constraint"):
            iterate(V, 3, solver=solver, constraint=Constraint(atoms=1))
    with pytest.raises(ParameterError, match="no penalties"):
        iterate(V, 3, constraint=Constraint(atoms=1), hold_W=torch.ones(3))
    for bad in ({"most": 0.0}, {"most": float("nan")}, {"atoms": 0}):
        with pytest.raises(ParameterError):
            Constraint(**bad)
