"""The rules of every solver beyond plain steps, written out in float64 NumPy in the plainest form."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.nmf import Factors, iterate
from separation.nmf.divergences import AlphaBeta
from separation.nmf.problem import pose
from separation.nmf.solvers import extrapolated, online, randomised, sag
from separation.nmf.starts.random import random_start
from tests.separation.nmf.test_factorisation import spectrogram
from tests.separation.nmf.test_solvers import loss, mu_step

BETAS = [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0]
Pair = tuple[np.ndarray, np.ndarray]


def start(V: torch.Tensor, rank: int = 4) -> tuple[Factors, np.ndarray, np.ndarray]:
    first = next(iterate(V, rank))
    return first, first.W.numpy().copy(), first.H.numpy().copy()


def close(found: Factors, W: np.ndarray, H: np.ndarray) -> None:
    np.testing.assert_allclose(found.W, W, rtol=1e-6, atol=1e-9 * W.mean())
    np.testing.assert_allclose(found.H, H, rtol=1e-6, atol=1e-9 * H.mean())


@pytest.mark.parametrize("a,b", [(0.5, 0.5), (0.5, -0.5), (2.0, 0.0), (0.7, -1.0), (1.5, 0.8), (0.5, 2.0), (1.0, -1.0)])
def test_alpha_beta(a: float, b: float) -> None:
    """Cichocki, Cruces & Amari 2011, equations 44, 45 and 53."""
    V = spectrogram()
    _, W, H = start(V)
    x = V.numpy() ** a
    e = 1 / (1 - b) if b / a < 1 / a - 1 else 1 / (a + b - 1) if b / a > 1 / a else 1 / a
    for _ in range(3):
        Y = W @ H
        H = H * ((W.T @ (x * Y ** (b - 1))) / (W.T @ Y ** (a + b - 1))) ** e
        Y = W @ H
        W = W * (((x * Y ** (b - 1)) @ H.T) / (Y ** (a + b - 1) @ H.T)) ** e
    close(list(islice(iterate(V, 4, divergence=AlphaBeta(a, b), solver="mu"), 4))[-1], W, H)


@pytest.mark.parametrize("beta", BETAS)
def test_extrapolated(beta: float) -> None:
    """Hien, Leplat & Gillis 2024, algorithm 2, with the bold exponent for 0 ≤ β < 1; nine steps, before any check."""
    V = spectrogram()
    x = V.numpy()
    _, W, H = start(V)
    g = 1.0 if 0 <= beta <= 2 else 1 / (2 - beta) if beta < 1 else 1 / (beta - 1)
    W_old, H_old, t = W, H, 1.0

    def step(X: np.ndarray, other: np.ndarray, data: np.ndarray) -> np.ndarray:
        Y = other @ X
        return X * ((other.T @ (data * Y ** (beta - 2))) / (other.T @ Y ** (beta - 1))) ** g

    for _ in range(9):
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        a, t = (t - 1) / t_next, t_next
        H_new = step(H + a * np.maximum(H - H_old, 0), W, x)
        W_new = step((W + a * np.maximum(W - W_old, 0)).T, H_new.T, x.T).T
        W_old, H_old, W, H = W, H, W_new, H_new
    close(list(islice(iterate(V, 4, divergence=beta, solver="extrapolated"), 10))[-1], W, H)


def test_where_the_loss_rose_the_best_state_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that always sees a rise sends it back to its first best state, and from there it makes the same steps."""
    V = spectrogram()
    losses = iter([1.0, 2.0, 3.0, 4.0])
    monkeypatch.setattr(type(pose(V)), "loss", lambda *_: next(losses))
    states = list(islice(extrapolated.states(pose(V), start(V)[0]), 41))
    assert torch.equal(states[20].H, states[10].H) and torch.equal(states[30].H, states[10].H)
    torch.testing.assert_close(states[21].H, states[31].H, rtol=0.0, atol=0.0)


def sweeps(X: np.ndarray, G: np.ndarray, B: np.ndarray, most: int = 4) -> np.ndarray:
    X, first = X.copy(), None
    for _ in range(most):
        before = X.copy()
        for k in range(len(X)):
            X[k] = np.maximum(1e-16, X[k] + (B[k] - G[k] @ X) / G[k, k])
        moved = np.linalg.norm(X - before)
        if first is not None and moved <= 0.1 * first:
            break
        first = moved if first is None else first
    return X


def her(V: np.ndarray, W: np.ndarray, H: np.ndarray, steps: int) -> Pair:
    """Ang & Gillis 2019, algorithm 3 (E-A-HALS)."""
    Wy, Hy, error = W, H, np.inf
    b, most, before = 0.5, 1.0, 0.5
    for _ in range(steps):
        H_new = sweeps(Hy, Wy.T @ Wy, Wy.T @ V)
        Hy = np.maximum(H_new + b * (H_new - H), 0)
        W_new = sweeps(Wy.T, Hy @ Hy.T, Hy @ V.T).T
        Wy = np.maximum(W_new + b * (W_new - W), 0)
        e = np.linalg.norm(V - W_new @ Hy) ** 2
        if e > error:
            Wy, Hy = W_new, H_new
            most, b = before, b / 1.5
        else:
            before = b
            b, most = min(most, 1.05 * b), min(1.0, 1.01 * most)
        W, H, error = W_new, H_new, e
    return W, H


def test_extrapolated_least_squares() -> None:
    V = spectrogram()
    _, W, H = start(V)
    close(list(islice(iterate(V, 4, divergence=2.0, solver="extrapolated-hals"), 16))[-1], *her(V.numpy(), W, H, 15))


def test_randomised_least_squares_are_those_of_what_the_basis_spans() -> None:
    V = spectrogram(90, 120, rank=6)
    Q = randomised.basis_of(V.T.contiguous(), 14).numpy()
    np.testing.assert_allclose(Q.T @ Q, np.eye(14), atol=1e-12)
    left = np.linalg.norm(V.numpy() - Q @ (Q.T @ V.numpy()))
    assert left <= 1.1 * np.linalg.norm(np.linalg.svd(V.numpy(), compute_uv=False)[14:])  # the best there could be
    Q = randomised.basis_of(V.T.contiguous(), 4 + randomised.EXTRA).numpy()
    _, W, H = start(V)
    expected = her(Q @ (Q.T @ V.numpy()), W, H, 12)
    close(list(islice(iterate(V, 4, divergence=2.0, solver="randomised-hals"), 13))[-1], *expected)


@pytest.mark.parametrize("beta,power", [(1.0, 1.0), (0.0, 2.0)])
def test_stored_mini_batches(beta: float, power: float) -> None:
    """Serizel, Essid & Richard 2016: one block after the other, its own sums replaced; and the bound never rises."""
    V = spectrogram(50, 330)
    first, W, H = start(V)
    parts = [slice(110 * i, 110 * (i + 1)) for i in range(3)]
    x, g = V.numpy(), 1.0 / power

    def sums(rows: slice) -> Pair:
        Y = W @ H[:, rows]
        return W**power * ((x[:, rows] * Y ** (beta - 2)) @ H[:, rows].T), Y ** (beta - 1) @ H[:, rows].T

    def bound() -> float:
        """Σ A, Σ B as what they are: the majorising function at W, with what H and old W leave constant."""
        above, below = sum(A for A, _ in stored), sum(B for _, B in stored)
        touch = above * np.log(W) if beta == 1 else -above / W
        return float((below * W - touch).sum() + sum(constants))

    def constant(rows: slice) -> float:
        A, B = sums(rows)
        touch = A * np.log(W) if beta == 1 else -A / W
        return loss(x[:, rows], W, H[:, rows], beta) - float((B * W - touch).sum())

    stored, constants = [sums(p) for p in parts], [constant(p) for p in parts]
    for state in islice(sag.states(pose(V, beta), first, blocks=3), 1, 4):
        before = bound()
        for i, p in enumerate(parts):
            Y = W @ H[:, p]
            H[:, p] *= ((W.T @ (x[:, p] * Y ** (beta - 2))) / (W.T @ Y ** (beta - 1))) ** (1.0 if beta == 1 else 0.5)
            stored[i], constants[i] = sums(p), constant(p)
            W = (sum(A for A, _ in stored) / sum(B for _, B in stored)) ** g
            after = bound()
            assert loss(x, W, H, beta) <= after + 1e-9 * abs(after) and after <= before + 1e-9 * abs(before)
            before = after
        close(state, W, H)


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_one_stored_block_is_a_plain_step_but_for_the_model_between(beta: float) -> None:
    V = spectrogram()
    first, W, H = start(V)
    for state in islice(sag.states(pose(V, beta), first, blocks=1), 1, 4):
        W, H = mu_step(V.numpy(), W, H, beta)
        close(state, W, H)


@pytest.mark.parametrize("beta,power", [(1.0, 1.0), (0.0, 2.0)])
def test_a_stream(beta: float, power: float) -> None:
    """Lefèvre, Bach & Févotte 2011, algorithm 1, with a fade that grows."""
    V = spectrogram(40, 240)
    blocks = [V[:, i : i + 80] for i in range(0, 240, 80)]
    W = random_start(blocks[0], 4).W.numpy()
    W = W / W.sum(0)
    A = B = 0.0
    for step, (block, state) in enumerate(zip(blocks, online.states(blocks, 4, divergence=beta), strict=True)):
        x, H = block.numpy(), np.full((4, 80), float(block.mean()) * 40 / 4)
        for _ in range(30):
            Y = W @ H
            H = H * ((W.T @ (x * Y ** (beta - 2))) / (W.T @ Y ** (beta - 1))) ** (1.0 if beta == 1 else 0.5)
        Y = W @ H
        fade = 0.95 * step / (step + 20)
        A = fade * A + W**power * ((x * Y ** (beta - 2)) @ H.T)
        B = fade * B + Y ** (beta - 1) @ H.T
        W = (A / B) ** (1 / power)
        size = W.sum(0)
        W, B, A = W / size, B * size, A if beta == 1 else A / size
        close(state, W, H * size[:, None])
