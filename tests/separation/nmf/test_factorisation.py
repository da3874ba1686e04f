"""NMF: the loss never rises, a plain float64 reference agrees, and bad input gets a sentence."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.errors import Cancelled, InputError, ParameterError
from separation.nmf import Factors, factorise, iterate
from separation.progress import Report


def spectrogram(bins: int = 60, frames: int = 50, rank: int = 4, seed: int = 1) -> torch.Tensor:
    random = np.random.default_rng(seed)
    V = random.gamma(0.5, 1.0, (bins, rank)) @ random.gamma(0.3, 1.0, (rank, frames))
    return torch.from_numpy(V + 0.01 * random.random((bins, frames)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("divergence", ["kl", "is", "euclidean", 0.5, 1.5])
def test_the_loss_never_rises(divergence: float | str, dtype: torch.dtype) -> None:
    V = spectrogram().to(dtype)
    losses = [state.loss(V, divergence) for state in islice(iterate(V, 5, divergence=divergence, solver="mu"), 60)]
    assert np.all(np.diff(losses) <= 1e-6 * losses[0])
    assert losses[-1] < 0.5 * losses[0]


def test_one_step_is_that_of_lee_and_seung() -> None:
    V = spectrogram()
    first, second = islice(iterate(V, 5, seed=3), 2)
    W, H = first.W.numpy(), first.H.numpy()
    H = H * (W.T @ (V.numpy() / (W @ H))) / W.sum(0)[:, None]
    W = W * ((V.numpy() / (W @ H)) @ H.T) / H.sum(1)[None]
    np.testing.assert_allclose(second.W, W, rtol=1e-9)
    np.testing.assert_allclose(second.H, H, rtol=1e-9)


@pytest.mark.parametrize("divergence", ["kl", "is", "euclidean", 0.5])
def test_float32_agrees_with_float64(divergence: float | str) -> None:
    V = spectrogram()
    fine = factorise(V, 5, divergence=divergence, iterations=40, tolerance=0.0)
    coarse = factorise(V.float(), 5, divergence=divergence, iterations=40, tolerance=0.0)
    assert coarse.losses[-1] == pytest.approx(fine.losses[-1], rel=1e-2)


@pytest.mark.parametrize("divergence", ["kl", "is", "euclidean"])
def test_scaled_in_scaled_out(divergence: str) -> None:
    V = spectrogram()
    one, thousand = (factorise(s * V, 5, divergence=divergence, iterations=30, tolerance=0.0) for s in (1.0, 1000.0))
    torch.testing.assert_close(thousand.W, one.W, rtol=1e-6, atol=1e-12)
    torch.testing.assert_close(thousand.H, 1000.0 * one.H, rtol=1e-6, atol=1e-9)


def test_same_seed_same_factors_and_another_seed_others() -> None:
    V = spectrogram().numpy()
    one, again, other = (factorise(V, 5, iterations=10, seed=s) for s in (1, 1, 2))
    assert isinstance(one.W, np.ndarray)
    np.testing.assert_array_equal(one.W, again.W)
    assert not np.allclose(one.W, other.W)
    np.testing.assert_allclose(one.W.sum(0), 1.0, rtol=1e-9)


def test_states_do_not_change_after_they_were_handed_out_and_can_be_resumed() -> None:
    V = spectrogram()
    states = iterate(V, 5, solver="mu")
    kept = next(states)
    copy = kept.W.clone()
    fifth = list(islice(states, 5))[-1]
    assert torch.equal(kept.W, copy) and fifth.step == 5
    third = list(islice(iterate(V, 5, solver="mu"), 4))[-1]
    resumed = list(islice(iterate(V, 5, start=third, solver="mu"), 3))[-1]
    assert torch.equal(resumed.H, fifth.H)


def test_the_input_is_not_written_to() -> None:
    V = spectrogram()
    copy = V.clone()
    for divergence in ("kl", "is", "euclidean"):
        factorise(V, 5, divergence=divergence, iterations=3)
    assert torch.equal(V, copy)


def test_shape_is_applied_to_the_atoms() -> None:
    def shape(W: torch.Tensor) -> torch.Tensor:
        return torch.cat((torch.zeros_like(W[:10]), W[10:]))

    state = list(islice(iterate(spectrogram(), 3, shape=shape), 4))[-1]
    assert (state.W[:10] == 0).all() and (state.W[10:] > 0).any()


def test_digital_silence_within_the_spectrogram_stays_finite() -> None:
    V = spectrogram().float()
    V[:, 10:20] = 0.0
    for divergence in ("kl", "is", "euclidean"):
        fit = factorise(V, 5, divergence=divergence, iterations=40)
        assert np.isfinite(fit.losses).all() and torch.isfinite(fit.W).all() and torch.isfinite(fit.H).all()
        assert (fit.W @ fit.H)[:, 10:20].max() < 1e-3 * V.max()


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_what_is_not_a_spectrogram_is_refused(bad: float) -> None:
    V = spectrogram()
    V[3, 3] = bad
    with pytest.raises(InputError, match="finite numbers that are not negative"):
        factorise(V, 3)


def test_more_that_cannot_be_factorised() -> None:
    with pytest.raises(InputError, match="all zeros"):
        factorise(np.zeros((5, 5)), 2)
    with pytest.raises(InputError, match="two axes"):
        factorise(np.ones(5), 2)
    for rank in (0, 51):
        with pytest.raises(ParameterError, match="between 1 and 50"):
            factorise(spectrogram(), rank)
    for divergence in ("cosine", float("nan"), float("inf")):
        with pytest.raises(ParameterError):
            factorise(spectrogram(), 2, divergence=divergence)


def test_cancel_stops_it() -> None:
    class Set:
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        factorise(spectrogram(), 3, report=Report(cancel=Set()))


def test_it_stops_when_nothing_is_gained() -> None:
    fit = factorise(spectrogram(), 5, iterations=5000, tolerance=1e-3)
    assert len(fit.losses) < 5000 / 10  # an evaluation every ten iterations
    assert fit.losses[-2] - fit.losses[-1] < 1e-3 * fit.losses[-2]
    assert isinstance(Factors(fit.W, fit.H).loss(spectrogram()), float)
