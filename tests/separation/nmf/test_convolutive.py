"""Convolutive NMF: descent, the plainest reference, plain NMF as a special case, shifts, permutations, refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import InputError, ParameterError, UnbraidError
from separation.nmf import factorisation
from separation.nmf.convolutive import Patterns, centres, factorise, iterate, recentred
from separation.nmf.divergences import AlphaBeta, Divergence
from separation.spectral.stft import stft
from tests.songs import compose

T, F, K, N = 4, 7, 3, 19


def random_V(seed: int = 0) -> Tensor:
    return torch.rand(F, N, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.01


def musical_V() -> Tensor:
    drums = torch.tensor(compose(2.0).stems["drums"].samples[0])
    return stft(drums, 512, 256).abs().double() + 1e-9


def plain_model(W: np.ndarray, H: np.ndarray) -> np.ndarray:
    model = np.zeros((W.shape[1], H.shape[1]))
    for t, f, k, n in itertools.product(*(range(s) for s in W.shape), range(H.shape[1])):
        if n - t >= 0:
            model[f, n] += W[t, f, k] * H[k, n - t]
    return model


def plain_step(V: np.ndarray, W: np.ndarray, H: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    gamma = 1 / (2 - beta) if beta < 1 else 1.0
    new_H, new_W = H.copy(), W.copy()
    model = plain_model(W, H)
    for k, m in itertools.product(range(K), range(N)):
        there = [(t, f) for t in range(T) for f in range(F) if m + t < N]
        above = sum(W[t, f, k] * V[f, m + t] * model[f, m + t] ** (beta - 2) for t, f in there)
        below = sum(W[t, f, k] * model[f, m + t] ** (beta - 1) for t, f in there)
        new_H[k, m] *= (above / below) ** gamma
    model = plain_model(W, new_H)
    for t, f, k in itertools.product(range(T), range(F), range(K)):
        above = sum(V[f, n] * model[f, n] ** (beta - 2) * new_H[k, n - t] for n in range(t, N))
        below = sum(model[f, n] ** (beta - 1) * new_H[k, n - t] for n in range(t, N))
        new_W[t, f, k] *= (above / below) ** gamma
    return new_W, new_H


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0])
def test_a_step_is_that_of_the_plainest_loops(beta: float) -> None:
    V = random_V()
    before, after = itertools.islice(iterate(V, K, T, divergence=beta, seed=3), 2)
    np.testing.assert_allclose(before.model().numpy(), plain_model(before.W.numpy(), before.H.numpy()), rtol=1e-12)
    W, H = plain_step(V.numpy(), before.W.numpy(), before.H.numpy(), beta)
    np.testing.assert_allclose(after.H.numpy(), H, rtol=1e-8)  # 1e-12 of V's mean is added to every model
    np.testing.assert_allclose(after.W.numpy(), W, rtol=1e-8)


@pytest.mark.parametrize("V", [random_V(), musical_V()], ids=["random", "musical"])
@pytest.mark.parametrize("kind", ["kl", "is", "euclidean", 0.5, 1.5, 3.0, AlphaBeta(0.5, 0.5)])
def test_the_loss_never_rises(V: Tensor, kind: Divergence) -> None:
    losses = [s.loss(V, kind) for s in itertools.islice(iterate(V, K, T, divergence=kind, recentre=0), 41)]
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(losses)) and losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("V", [random_V(), musical_V()], ids=["random", "musical"])
def test_loss_and_penalty_never_rise_and_patterns_part(V: Tensor) -> None:
    def shared(state: Patterns) -> float:
        mass = state.W.sum(0) * state.H.sum(1)
        cross = mass.sum(1).square() - mass.square().sum(1)
        return float((cross / V.sum(1)).sum()) / 2

    strength = 0.5
    states = list(itertools.islice(iterate(V, K, T, recentre=0, apart=strength), 61))
    totals = [s.loss(V) + strength * shared(s) for s in states]
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(totals))
    free = list(itertools.islice(iterate(V, K, T, recentre=0), 61))
    assert shared(states[-1]) < 0.8 * shared(free[-1])


def test_patterns_of_one_frame_are_plain_factorisation() -> None:
    V = random_V()
    ours = iterate(V, K, 1, seed=5)
    first = next(ours)
    plain = factorisation.iterate(V, K, start=factorisation.Factors(first.W[0], first.H), solver="mu")
    for mine, theirs in itertools.islice(zip(ours, itertools.islice(plain, 1, None), strict=False), 30):
        torch.testing.assert_close(mine.W[0], theirs.W, rtol=1e-10, atol=1e-14)
        torch.testing.assert_close(mine.H, theirs.H, rtol=1e-10, atol=1e-14)


def test_moving_pattern_and_activation_leaves_the_model() -> None:
    W, H = torch.zeros(8, F, 2, dtype=torch.float64), torch.zeros(2, N, dtype=torch.float64)
    W[4:6, :, 0] = torch.rand(2, F, dtype=torch.float64) + 1
    W[1:3, :, 1] = torch.rand(2, F, dtype=torch.float64) + 1
    H[0, [3, 6]], H[1, [5, 9]] = 1.0, 2.0
    moved_W, moved_H = recentred(W, H, torch.tensor([2.0, 4.0], dtype=torch.float64))
    assert float((centres(moved_W) - torch.tensor([2.0, 4.0])).abs().max()) <= 0.5
    torch.testing.assert_close(Patterns(moved_W, moved_H).model(), Patterns(W, H).model(), rtol=1e-12, atol=1e-12)


def test_recentring_keeps_patterns_where_they_began() -> None:
    V = musical_V()
    last = factorise(V, 3, 8, iterations=40, tolerance=0.0)
    assert float((centres(last.W) - 3.5).abs().max()) < 2.0


def test_patterns_in_another_order_learn_the_same() -> None:
    V, order = random_V(), torch.tensor([2, 0, 1])
    first = next(iterate(V, K, T))
    swapped = Patterns(first.W[:, :, order], first.H[order])
    ours, theirs = (factorise(V, start=s, iterations=30, tolerance=0.0) for s in (first, swapped))
    torch.testing.assert_close(ours.W[:, :, order], theirs.W, rtol=1e-8, atol=1e-12)
    assert len(ours.losses) == 4 and ours.losses[-1] < ours.losses[0]


def test_scaling_and_single_precision() -> None:
    V = musical_V()
    ours, loud = (factorise(v, 3, 6, iterations=20, tolerance=0.0) for v in (V, V * 1e9))
    torch.testing.assert_close(loud.W, ours.W, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(loud.H, ours.H * 1e9, rtol=1e-6, atol=1e-3)
    single = factorise(V.float(), 3, 6, iterations=20, tolerance=0.0)
    assert single.W.dtype == torch.float32
    assert single.losses[-1] == pytest.approx(ours.losses[-1], rel=1e-3)


def test_it_finds_the_patterns_it_was_made_of() -> None:
    random = torch.Generator().manual_seed(1)
    W = torch.rand(5, 40, 2, generator=random, dtype=torch.float64)
    W[:, :20, 0] = 0.0
    W[:, 25:, 1] = 0.0
    H = torch.zeros(2, 80, dtype=torch.float64)
    H[0, [3, 20, 51, 66]], H[1, [10, 20, 37, 60]] = 1.0, 0.7
    V = Patterns(W, H).model() + 1e-6
    found = factorise(V, 2, 5, iterations=300, tolerance=0.0, recentre=0)
    assert found.losses[-1] < 0.05 * found.losses[0]


def test_what_is_held_stays() -> None:
    V = random_V()
    first = next(iterate(V, K, T))
    mask = torch.tensor([True, False, True])
    last = factorise(V, start=first, hold_W=mask, iterations=10, tolerance=0.0)
    for k in (0, 2):
        torch.testing.assert_close(last.W[:, :, k], first.W[:, :, k] / first.W[:, :, k].sum())
    states = list(itertools.islice(iterate(V, start=first, hold_H=True), 6))
    assert torch.equal(states[-1].H, first.H) and not torch.equal(states[-1].W, first.W)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rank": 0}, "number of patterns"),
        ({"rank": 50}, "number of patterns"),
        ({"length": 0}, "between 1 and 19 frames"),
        ({"length": 99}, "between 1 and 19 frames"),
        ({"apart": -1.0}, "0 or more"),
        ({"apart": 1.0, "divergence": "is"}, "“kl” only"),
        ({"hold_W": torch.ones(9, dtype=torch.bool)}, "their shape"),
        ({"start": Patterns(torch.rand(T, 9, K), torch.rand(K, N))}, "do not fit"),
        ({"start": Patterns(-torch.rand(T, F, K), torch.rand(K, N))}, "not negative"),
        ({"V": torch.zeros(F, N)}, "all zeros"),
        ({"V": -random_V()}, "not negative"),
        ({"V": random_V().fill_(float("nan"))}, "finite"),
    ],
)
def test_bad_input_gets_a_sentence(change: dict[str, object], sentence: str) -> None:
    given = {"V": random_V(), "rank": K, "length": T, **change}
    with pytest.raises((InputError, ParameterError), match=sentence) as caught:
        next(iterate(**given))  # type: ignore[arg-type]
    assert isinstance(caught.value, UnbraidError)
