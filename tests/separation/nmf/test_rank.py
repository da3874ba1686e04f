"""The suggested rank is near the true one, for both priors and any divergence, and its price is what the paper says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from separation.errors import Cancelled, ParameterError
from separation.nmf.divergences import AlphaBeta
from separation.nmf.problem import pose
from separation.nmf.rank import PRIORS, suggest_rank
from separation.nmf.solvers.mu import step_both
from separation.nmf.solvers.wishes import Wishes
from separation.nmf.starts.random import random_start
from separation.progress import Report
from tests.separation.nmf.test_factorisation import spectrogram


def made_of(rank: int, noise: str, seed: int = 1) -> torch.Tensor:
    random = np.random.default_rng(seed)
    V = random.gamma(0.5, 1.0, (60, rank)) @ random.gamma(0.3, 1.0, (rank, 100))
    V /= V.mean()
    if noise == "multiplied":
        return torch.from_numpy(V * random.gamma(20.0, 1 / 20.0, V.shape) + 1e-4)
    return torch.from_numpy(np.abs(V + 0.05 * random.standard_normal(V.shape)) + 1e-4)


@pytest.mark.parametrize("prior", ["l1", "l2"])
@pytest.mark.parametrize(
    "beta,noise",
    [(0.0, "multiplied"), (0.5, "multiplied"), (1.0, "multiplied"), (1.0, "added"), (1.5, "added"), (2.0, "added")],
)
def test_the_suggestion_is_near_the_truth(beta: float, noise: str, prior: str) -> None:
    found = [suggest_rank(made_of(rank, noise).float(), 20, divergence=beta, prior=prior) for rank in (3, 6, 10)]
    assert all(abs(a - b) <= 2 for a, b in zip(found, (3, 6, 10), strict=True)), found


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("prior", ["l1", "l2"])
def test_steps_are_those_of_the_paper_and_never_raise_fit_and_price(prior: str, beta: float) -> None:
    """Tan & Févotte 2013, algorithms 1 and 2, with the relevance renewed before each factor's step."""
    V = spectrogram(40, 30)
    phi, most = 0.3, 6
    price, problem = PRIORS[prior](phi, most), pose(V, beta)
    l1 = prior == "l1"
    gamma = (1 / (2 - beta) if beta < 1 else 1.0 if beta <= 2 else 1 / (beta - 1)) if l1 else 1 / max(3 - beta, 1)
    gamma = 1 / (beta - 1) if beta > 2 else gamma
    problem = replace(problem, rule=replace(problem.rule, exponent=gamma))
    first = random_start(V, most)
    W, H, x = first.W, first.H.T.contiguous(), V.numpy()
    w, h = W.numpy().copy(), H.numpy().T.copy()
    a, (F, N) = 10.0, x.shape
    b = np.sqrt((a - 1) * (a - 2) / most) if l1 else np.pi * (a - 1) / (2 * most)
    c = F + N + a + 1 if l1 else (F + N) / 2 + a + 1

    def relevance() -> np.ndarray:
        return (w.sum(0) + h.sum(1) + b) / c if l1 else ((w**2).sum(0) / 2 + (h**2).sum(1) / 2 + b) / c

    costs = []
    for step in range(31):
        costs.append(problem.loss(W, H) + price.value(W, H))
        if step < 3:
            lam = relevance()[:, None]
            Y = w @ h
            h = h * ((w.T @ (x * Y ** (beta - 2))) / (w.T @ Y ** (beta - 1) + phi * (1 if l1 else h) / lam)) ** gamma
            lam = relevance()[None]
            Y = w @ h
            w = w * (((x * Y ** (beta - 2)) @ h.T) / (Y ** (beta - 1) @ h.T + phi * (1 if l1 else w) / lam)) ** gamma
        W, H = step_both(problem, W, H, W, H, Wishes(penalties=(price,)))
        if step < 3:
            np.testing.assert_allclose(W, w, rtol=1e-6, atol=1e-12)
            np.testing.assert_allclose(H.T, h, rtol=1e-6, atol=1e-12)
            np.testing.assert_allclose(price.relevance(W, H), relevance(), rtol=1e-6)
    assert np.all(np.diff(costs) <= 1e-9 * abs(costs[0])), costs


def test_scale_and_length_do_not_matter_much_and_silence_needs_one_atom() -> None:
    V = made_of(5, "multiplied").float()
    assert suggest_rank(V, 12) == suggest_rank(1e-4 * V, 12)
    assert abs(suggest_rank(V.repeat_interleave(13, 1), 12) - 5) <= 2  # 1300 frames, averaged by two
    assert suggest_rank(torch.ones(30, 40), 8) == 1
    assert abs(suggest_rank(V, 12, divergence=AlphaBeta(0.5, 0.5)) - 5) <= 2


def test_what_cannot_be_asked_for_gets_a_sentence() -> None:
    V = spectrogram()
    with pytest.raises(ParameterError, match="above 0"):
        suggest_rank(V, strength=0.0)
    with pytest.raises(ParameterError, match="no prior"):
        suggest_rank(V, prior="l3")
    with pytest.raises(ParameterError, match="use the prior l1"):
        suggest_rank(V, prior="l2", divergence=AlphaBeta(0.5, 0.5))
    with pytest.raises(ParameterError, match="At least one atom"):
        suggest_rank(V, 0)

    class Set:
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        suggest_rank(V, check=Report(cancel=Set()).check)
