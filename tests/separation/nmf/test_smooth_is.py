"""Smooth Itakura–Saito: the step is that of the paper, loss + penalty falls, activations become smoother."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf import Factors, iterate
from separation.nmf.penalties.continuity import Continuity
from separation.nmf.penalties.groups import Groups
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.penalties.sparsity import Sparsity
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.separation.nmf.test_factorisation import spectrogram
from tests.songs import Song


def step(V: np.ndarray, W: np.ndarray, H: np.ndarray, lam: float) -> tuple[np.ndarray, np.ndarray]:
    """One iteration, entry by entry, each activation the root of the slope of its bound."""
    Y = W @ H
    p, q = (W.T @ (V / Y**2)) * H**2, W.T @ (1 / Y)
    K, N = H.shape
    for parity in (0, 1):
        for n in range(parity, N, 2):
            for k in range(K):
                a, b, c = q[k, n], 0.0, p[k, n]
                if n > 0:  # λ (h_{n−1}/h + log h)
                    b, c = b + lam, c + lam * H[k, n - 1]
                if n < N - 1:  # λ (h/h_{n+1} − log h)
                    a, b = a + lam / H[k, n + 1], b - lam
                H[k, n] = max(np.roots([a, b, -c]).real)
    Y = W @ H
    W = W * np.sqrt(((V / Y**2) @ H.T) / ((1 / Y) @ H.T))
    return W / W.sum(0), H * W.sum(0)[:, None]


@pytest.mark.parametrize("frames", [1, 2, 3, 8, 9])
def test_one_step_is_that_of_the_paper(frames: int) -> None:
    V = spectrogram(20, frames)
    rank = min(3, frames)
    first, second = islice(iterate(V, rank, divergence="is", penalties=[Smooth(2.5)]), 2)
    W, H = step(V.numpy(), first.W.numpy().copy(), first.H.numpy().copy(), 2.5)
    np.testing.assert_allclose(second.W, W, rtol=1e-7)
    np.testing.assert_allclose(second.H, H, rtol=1e-7)


@pytest.mark.parametrize("others", [[], [Sparsity(0.5)], [Groups((0, 0, 1, 1, 2), 2.0)]])
@pytest.mark.parametrize("strength", [1.0, 30.0])
def test_the_whole_objective_falls(short_song: Song, strength: float, others: list) -> None:
    music = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy()))).double()[::8].square()
    for V in (spectrogram(), music / music.mean()):
        wish = Smooth(strength)
        states = islice(iterate(V, 5, divergence="is", penalties=[wish, *others]), 61)
        whole = [s.loss(V, 0.0) + sum(p.value(s.W, s.H.T) for p in (wish, *others)) for s in states]
        assert np.all(np.diff(whole) <= 1e-9 * abs(whole[0])) and whole[-1] < 0.9 * whole[0]


def test_activations_become_smoother_and_float32_will_do() -> None:
    V = spectrogram(80, 200)

    def roughness(H: Tensor) -> float:
        return float(H.double().log().diff(dim=1).abs().mean())

    rough = roughness(list(islice(iterate(V, 4, divergence="is", solver="mu"), 80))[-1].H)
    for x in (V, V.float(), 1e9 * V.float()):
        found = [
            list(islice(iterate(x, 4, divergence="is", penalties=[Smooth(s)]), 80))[-1].H for s in (1.0, 10.0, 100.0)
        ]
        levels = [roughness(H) for H in found]
        assert rough > levels[0] > levels[1] > levels[2] > 0.0 and levels[2] < 0.5 * rough


def test_held_and_weighted() -> None:
    V, weights = spectrogram(), torch.rand(60, 50, generator=torch.Generator().manual_seed(1)).double()
    first, wish = next(iterate(V, 5)), Smooth(3.0)
    hold_W, hold_H = torch.tensor([True, False, False, False, True]), torch.zeros(5, 50, dtype=torch.bool)
    hold_H[1, 10:20] = True
    states = list(islice(
        iterate(V, 5, divergence="is", penalties=[wish], start=first, hold_W=hold_W, hold_H=hold_H), 31
    ))  # fmt: skip
    whole = [s.loss(V, 0.0) + wish.value(s.W, s.H.T) for s in states]
    assert np.all(np.diff(whole) <= 1e-9 * whole[0])
    last = states[-1]
    assert torch.equal(last.W[:, hold_W], first.W[:, hold_W]) and torch.equal(last.H[hold_H], first.H[hold_H])
    assert not torch.equal(last.H[1, :10], first.H[1, :10])
    plain, weighted = (
        list(islice(iterate(V, 5, divergence="is", penalties=[wish], weights=w), 9))[-1] for w in (None, weights)
    )
    assert torch.isfinite(weighted.W).all() and not torch.allclose(plain.H, weighted.H)


def test_silence_within_stays_finite() -> None:
    V = spectrogram().float()
    V[:, 10:20] = 0.0
    last = list(islice(iterate(V, 5, divergence="is", penalties=[Smooth(5.0)]), 60))[-1]
    assert torch.isfinite(last.W).all() and torch.isfinite(last.H).all()


def test_what_cannot_be_asked_for_gets_a_sentence() -> None:
    V = spectrogram()
    with pytest.raises(ParameterError, match="exist for the divergence is"):
        iterate(V, 3, penalties=[Smooth(1.0)])
    with pytest.raises(ParameterError, match="no exact step beside Continuity"):
        iterate(V, 3, divergence="is", penalties=[Smooth(1.0), Continuity(1.0)])
    one = Smooth(1.0)
    for wrong in ({"solver": "smooth-is"}, {"penalties": [one, one]}, {"penalties": [one], "solver": "mu"}):
        with pytest.raises(ParameterError, match="belong together"):
            iterate(V, 3, divergence="is", **wrong)
    start = Factors(torch.ones(60, 3).double(), torch.ones(3, 50).double())
    start.H[0, 0] = 0.0
    with pytest.raises(ParameterError, match="cannot hold exact zeros"):
        iterate(V, 3, divergence="is", penalties=[Smooth(1.0)], start=start)
    with pytest.raises(ParameterError, match="above 0"):
        Smooth(-1.0)
