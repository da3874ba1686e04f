"""Every solver against its equations written out in float64, and against the law that the loss does not rise."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch

from separation.errors import InputError, ParameterError
from separation.nmf import Factors, factorise, iterate
from separation.nmf.divergences import AlphaBeta, Divergence, divergence
from separation.nmf.factorisation import SOLVERS
from separation.nmf.problem import pose
from separation.nmf.solvers import online
from separation.nmf.solvers.coarse import coarse_start
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.separation.nmf.test_factorisation import spectrogram
from tests.songs import Song

BETAS = [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0]


def loss(V: np.ndarray, W: np.ndarray, H: np.ndarray, b: float) -> float:
    x, y = V, W @ H
    if b == 0:
        return float((x / y - np.log(x / y) - 1).sum())
    if b == 1:
        return float((x * np.log(x / y) - x + y).sum())
    return float(((x**b + (b - 1) * y**b - b * x * y ** (b - 1)) / (b * (b - 1))).sum())


def mu_step(V: np.ndarray, W: np.ndarray, H: np.ndarray, b: float, G: np.ndarray | float = 1.0) -> tuple:
    g = 1 / (2 - b) if b < 1 else 1 / (b - 1) if b > 2 else 1.0
    Y = W @ H
    H = H * ((W.T @ (G * V * Y ** (b - 2))) / (W.T @ (G * Y ** (b - 1)))) ** g
    Y = W @ H
    return W * (((G * V * Y ** (b - 2)) @ H.T) / ((G * Y ** (b - 1)) @ H.T)) ** g, H


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("beta", BETAS)
def test_multiplicative_steps_are_those_of_the_paper(beta: float, weighted: bool, dtype: torch.dtype) -> None:
    V = spectrogram(90, 300)
    G = torch.rand(V.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) if weighted else None
    states = iterate(V.to(dtype), 5, divergence=beta, solver="mu", weights=G)
    first = next(states)
    W, H = first.W.double().numpy(), first.H.double().numpy()
    for _ in range(3):
        state = next(states)
        W, H = mu_step(V.numpy(), W, H, beta, 1.0 if G is None else G.numpy())
    tolerance = 1e-7 if dtype == torch.float64 else 2e-3
    np.testing.assert_allclose(state.W.numpy(), W, rtol=tolerance, atol=tolerance * W.mean())
    np.testing.assert_allclose(state.H.numpy(), H, rtol=tolerance, atol=tolerance * H.mean())


@pytest.mark.parametrize("beta", BETAS)
def test_loss_is_that_of_the_paper(beta: float) -> None:
    V = spectrogram()
    state = next(iterate(V, 4))
    for scale in (1.0, 1e-9):
        scaled = Factors(state.W, scale * state.H)
        expected = loss(scale * V.numpy(), scaled.W.numpy(), scaled.H.numpy(), beta)
        assert scaled.loss(scale * V, beta) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("alpha,beta", [(0.5, 0.5), (0.5, -0.5), (2.0, 0.0), (0.7, -1.0), (1.5, 0.8), (0.5, 2.0)])
def test_alpha_beta_descends_and_contains_beta(alpha: float, beta: float) -> None:
    V, kind = spectrogram(), AlphaBeta(alpha, beta)
    losses = [s.loss(V, kind) for s in islice(iterate(V, 4, divergence=kind, solver="mu"), 40)]
    assert np.all(np.diff(losses) <= 1e-9 * losses[0]) and losses[-1] < 0.7 * losses[0] and losses[-1] >= 0
    x, y = V, V.flip(0)
    assert divergence(x, y, AlphaBeta(1.0, 0.5)) == pytest.approx(divergence(x, y, 1.5), rel=1e-9)
    with pytest.raises(ParameterError, match="above 0"):
        AlphaBeta(0.0, 1.0)


def test_joint_steps_are_those_of_the_paper() -> None:
    V = spectrogram(80, 200)
    x = V.numpy()
    first, second = islice(iterate(V, 4, solver="joint"), 2)
    W, H = first.W.numpy(), first.H.numpy()
    R = x / (W @ H)
    Hn = H * (W.T @ R) / W.sum(0)[:, None]
    np.testing.assert_allclose(second.H, Hn, rtol=1e-7)
    np.testing.assert_allclose(second.W, W * (R @ H.T) / Hn.sum(1), rtol=1e-7)
    first, second = islice(iterate(V, 4, solver="joint", divergence="is"), 2)
    P, Q = x / (W @ H) ** 2, 1 / (W @ H)
    Hn = H * np.sqrt((W.T @ P) / (W.T @ Q))
    np.testing.assert_allclose(second.H, Hn, rtol=1e-7)
    np.testing.assert_allclose(second.W, W * np.sqrt((P @ (H * H / Hn).T) / (Q @ Hn.T)), rtol=1e-7)


@pytest.mark.parametrize("solver,sweeps", [("hals", 1), ("accelerated-hals", 4)])
def test_least_squares_are_those_of_the_papers(solver: str, sweeps: int) -> None:
    V = spectrogram()
    x = V.numpy()
    first, second = islice(iterate(V, 4, solver=solver, divergence=2.0), 2)
    W, H = first.W.numpy().copy(), first.H.numpy().copy()

    def sweep(X: np.ndarray, G: np.ndarray, B: np.ndarray) -> None:
        moves: list[float] = []
        for count in range(sweeps):
            before = X.copy()
            for k in range(len(X)):
                X[k] = np.maximum(1e-16, X[k] + (B[k] - G[k] @ X) / G[k, k])
            moved = np.linalg.norm(X - before)
            moves.append(moved)
            if count and moved <= 0.1 * moves[0]:
                break

    sweep(H, W.T @ W, W.T @ x)
    sweep(W.T, H @ H.T, H @ x.T)
    np.testing.assert_allclose(second.H, H, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(second.W, W, rtol=1e-6, atol=1e-12)


def cases() -> Iterator[tuple[str, Divergence]]:
    for beta in (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        yield from (("mu", beta), ("extrapolated", beta))
    for alpha, beta in ((0.5, 0.5), (0.5, -0.5), (2.0, 0.0), (0.7, -1.0), (1.5, 0.8)):
        yield from (("mu", AlphaBeta(alpha, beta)), ("extrapolated", AlphaBeta(alpha, beta)))
    yield from (("joint", 0.0), ("joint", 1.0), ("hals", 2.0), ("accelerated-hals", 2.0))


@pytest.mark.parametrize("solver,kind", list(cases()))
def test_the_loss_does_not_rise_on_noise_and_on_music(solver: str, kind: Divergence, short_song: Song) -> None:
    music = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy())))[::8, ::2]
    noise = torch.rand(100, 140, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    every = 10 if solver == "extrapolated" else 1  # it looks at the loss every tenth step
    for V in (noise, (music / music.mean()).clamp(min=1e-4)):
        for dtype, slack in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
            states = islice(iterate(V.to(dtype), 6, divergence=kind, solver=solver), 0, 41, every)
            losses = [state.loss(V.to(dtype).double(), kind) for state in states]
            assert np.all(np.diff(losses) <= slack * losses[0]), losses
            assert losses[-1] < losses[0]


@pytest.mark.parametrize("solver,kind", [("sag", 0.0), ("sag", 1.0), ("extrapolated-hals", 2.0), ("extrapolated", 0.5)])
def test_those_that_may_rise_for_a_step_end_about_as_low_as_plain_steps(
    solver: str, kind: float, short_song: Song
) -> None:
    V = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy())))[::4].double()
    V = (V / V.mean()).clamp(min=1e-4).repeat(1, 4)  # enough frames for several blocks
    ends = [list(islice(iterate(V, 6, divergence=kind, solver=s), 41))[-1].loss(V, kind) for s in ("mu", solver)]
    assert ends[1] < 1.03 * ends[0], ends


@pytest.mark.parametrize("solver", ["extrapolated-hals", "randomised-hals"])
def test_momentum_and_compression_end_as_low_as_plain_least_squares(solver: str) -> None:
    V = spectrogram(200, 300, rank=6)
    quick = factorise(V.float(), 6, divergence=2.0, solver=solver, iterations=60, tolerance=0.0)
    plain = factorise(V, 6, divergence=2.0, solver="hals", iterations=60, tolerance=0.0)
    assert quick.losses[-1] <= 1.05 * plain.losses[-1]


def test_extrapolation_is_quicker_than_plain_steps() -> None:
    V = spectrogram(200, 300, rank=8)
    ends = [list(islice(iterate(V, 8, solver=s), 61))[-1].loss(V) for s in ("mu", "extrapolated")]
    assert ends[1] < 0.9 * ends[0]


def test_a_coarse_start_is_lower_than_a_random_one() -> None:
    V = spectrogram(60, 1001, rank=5)
    problem = pose(V)
    start = next(iterate(V, 5))
    coarse = coarse_start(problem, start)
    assert coarse.H.shape == start.H.shape and coarse.loss(V) < 0.8 * start.loss(V)
    assert coarse_start(pose(V[:, :100]), Factors(start.W, start.H[:, :100])).W is start.W
    fit = factorise(V, 5, coarse=True, iterations=20, tolerance=0.0)
    assert fit.losses[-1] < factorise(V, 5, iterations=20, tolerance=0.0).losses[-1]


@pytest.mark.parametrize("name", ["kl", "is"])
def test_a_stream_teaches_about_what_the_whole_does(name: str) -> None:
    V = spectrogram(60, 1600, rank=4)
    blocks = [V[:, i : i + 100] for i in range(0, 1600, 100)]
    whole = factorise(V, 4, divergence=name, iterations=150)
    *_, last = online.states(blocks * 3, 4, divergence=name)
    held = torch.ones(4, dtype=torch.bool)
    H = torch.full((4, 1600), float(V.mean()), dtype=V.dtype)
    fitted = factorise(V, 4, divergence=name, start=Factors(last.W, H), hold_W=held, iterations=150)
    assert fitted.losses[-1] < 2 * whole.losses[-1]
    loud = list(online.states([1e6 * b for b in blocks], 4, divergence=name))[-1]
    torch.testing.assert_close(loud.W, list(online.states(blocks, 4, divergence=name))[-1].W, rtol=1e-5, atol=1e-9)


def test_a_stream_needs_no_more_memory_when_it_is_long() -> None:
    def stream(count: int) -> Iterator[torch.Tensor]:
        generator = torch.Generator().manual_seed(0)
        return (torch.rand(500, 256, generator=generator) for _ in range(count))

    for _ in online.states(stream(10), 8):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in online.states(stream(200), 8):
        pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB; the stream itself is 100 MB


def test_held_factors_stay_and_zeros_stay_zero() -> None:
    V = spectrogram()
    first = next(iterate(V, 5))
    held = torch.tensor([True, False, False, True, False])
    W = first.W.clone()
    W[:20, 2] = 0.0
    for solver in ("mu", "extrapolated"):
        fit = list(islice(iterate(V, 5, start=Factors(W, first.H), hold_W=held, solver=solver), 30))[-1]
        assert torch.equal(fit.W[:, held], W[:, held]) and not torch.equal(fit.W[:, 1], W[:, 1])
        assert (fit.W[:20, 2] == 0.0).all() and (fit.W[20:, 2] > 0.0).all()
        fixed = list(islice(iterate(V, 5, start=Factors(W, first.H), hold_H=torch.ones(5, 1), solver=solver), 9))[-1]
        assert torch.equal(fixed.H, first.H)


def test_what_cannot_be_asked_for_gets_a_sentence() -> None:
    V = spectrogram()
    with pytest.raises(ParameterError, match="no solver"):
        iterate(V, 3, solver="magic")
    for solver in set(SOLVERS) - {"auto", "mu", "extrapolated", "smooth-is"}:
        with pytest.raises(ParameterError, match="knows no penalties"):
            iterate(V, 3, solver=solver, divergence=2.0, hold_W=torch.ones(3))
    for solver in ("hals", "randomised-hals"):
        with pytest.raises(ParameterError, match="euclidean"):
            iterate(V, 3, solver=solver)
    with pytest.raises(ParameterError, match="kl and is"):
        iterate(V, 3, solver="joint", divergence=2.0)
    with pytest.raises(ParameterError, match="another transform"):
        iterate(V, 3, start=Factors(torch.ones(9, 3), torch.ones(3, 50)))
    with pytest.raises(ParameterError, match="must have the shape"):
        iterate(V, 3, hold_W=torch.ones(4))
    with pytest.raises(ParameterError, match="weights of a spectrogram"):
        iterate(V, 3, weights=torch.ones(7, 7))
    with pytest.raises(ParameterError, match="kl and is"):
        online.states([V], 3, divergence=2.0)
    with pytest.raises(InputError, match="no sound"):
        list(online.states([torch.zeros(50, 50)], 3))
