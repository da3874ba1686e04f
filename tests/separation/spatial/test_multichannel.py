"""Multichannel NMF: the likelihood written out, never a rise by either algorithm, Wiener filters, one channel."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
import torch
from torch import Tensor

from separation.errors import InputError
from separation.nmf.factorisation import Factors, iterate
from separation.spatial import multichannel_em, multichannel_mu
from separation.spatial.covariance import normal
from separation.spatial.multichannel import Model, Scene, loss, scene, wiener
from separation.spatial.ntf import factorise_tensor
from separation.spatial.starts import start
from separation.spectral.stft import stft
from tests.songs import compose

SOURCES = torch.tensor([0, 0, 1, 1, 1])


def random(channels: int, bins: int = 9, frames: int = 30, seed: int = 0) -> tuple[Scene, Model]:
    g = torch.Generator().manual_seed(seed)

    def normal_(*shape: int) -> Tensor:
        return torch.view_as_complex(torch.randn(*shape, 2, generator=g, dtype=torch.float64))

    there = scene(normal_(channels, bins, frames) * torch.rand(bins, frames, generator=g, dtype=torch.float64) ** 2)
    A = normal_(bins, 2, channels, channels)
    W = torch.rand(bins, len(SOURCES), generator=g, dtype=torch.float64) + 0.1
    H = torch.rand(len(SOURCES), frames, generator=g, dtype=torch.float64) + 0.1
    return there, Model(normal(A @ A.mH + 0.1 * torch.eye(channels))[0], W, H, SOURCES, there.noise)


def musical() -> tuple[Scene, Model]:
    X = stft(torch.from_numpy(compose(2.0, 8000).mixture.samples.copy()), 512, 128).to(torch.complex128)
    there = scene(X)
    return there, start(there, factorise_tensor(X.abs(), 5, iterations=10), SOURCES, 2)


def covariance(model: Model, f: int, n: int) -> Tensor:
    channels = model.R.shape[-1]
    parts = (model.W[f, k] * model.H[k, n] * model.R[f, model.sources[k]] for k in range(len(model.H)))
    return sum(parts, torch.zeros_like(model.R[0, 0])) + model.noise[f] * torch.eye(channels)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_loss_and_the_filters_are_those_written_out(channels: int) -> None:
    there, model = random(channels)
    total, estimate = 0.0, wiener(there.X, model)
    for f in range(9):
        for n in range(30):
            S, x = covariance(model, f, n), there.X[f, :, n]
            total += float(torch.linalg.slogdet(S).logabsdet + (x.conj() @ torch.linalg.solve(S, x)).real)
            for j in range(2):
                v = sum(model.W[f, k] * model.H[k, n] for k in range(5) if SOURCES[k] == j)
                own = v * model.R[f, j] + model.noise[f] / 2 * torch.eye(channels)
                assert torch.allclose(estimate[j, :, f, n], own @ torch.linalg.solve(S, x))
    assert loss(there, model) == pytest.approx(total)
    assert torch.allclose(estimate.sum(0), there.X.transpose(0, 1))
    assert torch.allclose(wiener(there.X[..., 7:11], model, slice(7, 11)), estimate[..., 7:11])


@pytest.mark.parametrize("algorithm", [multichannel_mu, multichannel_em], ids=["mu", "em"])
@pytest.mark.parametrize("channels", [1, 2, 3, "music"])
def test_the_loss_never_rises(algorithm: object, channels: int | str) -> None:
    there, model = musical() if channels == "music" else random(channels)  # type: ignore[arg-type]
    first = loss(there, model)
    losses = [value for _, value in islice(algorithm.states(there, model), 1, 42)]  # type: ignore[attr-defined]
    assert losses[0] == pytest.approx(first)
    assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(losses))
    assert losses[-1] < losses[0] - 0.05 * abs(losses[0])


def test_a_step_of_H_is_the_rule_written_out() -> None:
    there, model = random(2)
    found, _ = multichannel_mu.step_H(there, model)
    for k, n in ((0, 0), (3, 17), (4, 29)):
        above = below = 0.0
        for f in range(9):
            S, x, R = covariance(model, f, n), there.X[f, :, n], model.R[f, SOURCES[k]]
            y = torch.linalg.solve(S, x)
            above += float(model.W[f, k] * (y.conj() @ R @ y).real)
            below += float(model.W[f, k] * torch.linalg.solve(S, R).trace().real)
        assert float(found.H[k, n]) == pytest.approx(float(model.H[k, n]) * (above / below) ** 0.5)


def test_a_step_of_the_covariances_by_expectation_is_their_mean_written_out() -> None:
    there, model = random(2)
    model_1 = list(islice(multichannel_em.states(there, model), 2))[1][0]
    for f, j in ((0, 0), (8, 1)):
        R = torch.zeros(2, 2, dtype=torch.complex128)
        for n in range(30):
            v = sum(model.W[f, k] * model.H[k, n] for k in range(5) if SOURCES[k] == j)
            gain = v * model.R[f, j] @ torch.linalg.inv(covariance(model, f, n))
            image = gain @ there.X[f, :, n]
            R += (torch.outer(image, image.conj()) + (torch.eye(2) - gain) @ (v * model.R[f, j])) / v / 30
        assert torch.allclose(model_1.R[f, j], normal(R)[0], rtol=1e-5, atol=1e-7)


def test_one_channel_is_itakura_saito_nmf_on_the_power() -> None:
    there, model = random(1)
    power = there.X[:, 0].abs().square()
    bare = Model(model.R, model.W, model.H, SOURCES, torch.full((9,), 1e-300, dtype=torch.float64))
    plain = iterate(power, 5, divergence="is", start=Factors(model.W, model.H), solver="mu")
    for (state, _), flat in islice(zip(multichannel_mu.states(there, bare), plain, strict=False), 6):
        assert torch.allclose(state.W @ state.H, flat.W @ flat.H, rtol=1e-4)


def test_two_sources_with_delays_are_unmixed() -> None:
    g = torch.Generator().manual_seed(2)
    W, H = torch.rand(2, 40, 3, generator=g) ** 4, torch.rand(2, 3, 150, generator=g) ** 3
    S = (W @ H).sqrt() * torch.view_as_complex(torch.randn(2, 40, 150, 2, generator=g))
    A = torch.exp(1j * torch.rand(40, 2, 2, generator=g) * 6) * torch.tensor([[1.0, 0.4], [0.5, 1.0]])
    images = torch.einsum("fcj,jfn->jcfn", A, S).to(torch.complex128)
    X = images.sum(0)
    there = scene(X)
    model = start(there, factorise_tensor(X.abs(), 6, iterations=100), torch.tensor([0, 1, 2, 3, 4, 5]) // 3, 2)
    truth = torch.cat((W[0], W[1]), 1).double()  # the true powers: does the spatial part find its way?
    model = Model(model.R, truth, torch.cat((H[0], H[1])).double() / there.scale**2, model.sources, model.noise)
    for algorithm in (multichannel_mu, multichannel_em):
        found = next(islice(algorithm.states(there, model), 60, None))[0]
        estimate = wiener(there.X, found) * there.scale
        for j in range(2):
            error = (estimate[j] - images[j]).abs().square().sum() / images[j].abs().square().sum()
            assert float(error) < 10 ** (-12 / 10), algorithm.__name__


def test_what_cannot_be_modelled_is_refused() -> None:
    with pytest.raises(InputError, match="all zeros"):
        scene(torch.zeros(2, 3, 4, dtype=torch.complex64))
    with pytest.raises(InputError, match="not numbers"):
        scene(torch.full((2, 3, 4), torch.nan, dtype=torch.complex64))
