"""Point sources by EM: never a rise, the expectation written out source by source, a known mixing is found."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise

import pytest
import torch

from separation.spatial.multichannel import Model, loss, scene, wiener
from separation.spatial.multichannel_rank_one import LOUD, directions, states
from tests.separation.spatial.test_multichannel import SOURCES, covariance, musical, random


@pytest.mark.parametrize("channels", [1, 2, 3, "music"])
def test_the_loss_never_rises(channels: int | str) -> None:
    there, model = musical() if channels == "music" else random(int(channels))
    model = replace(model, noise=model.noise * 1e3)
    first = next(states(there, model))[0]
    losses = [value for _, value in islice(states(there, model), 1, 42)]
    assert losses[0] == pytest.approx(loss(there, first))
    assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(losses))
    assert losses[-1] < losses[0]
    assert int(torch.linalg.matrix_rank(first.R, rtol=1e-6, hermitian=True).max()) == 1


def test_a_step_of_the_directions_is_the_rule_written_out() -> None:
    there, start = random(2)
    start = replace(start, noise=start.noise * 1e3)
    model, after = (state for state, _ in islice(states(there, start), 2))
    for f in (0, 8):
        A = directions(start.R)[f]
        up, down = torch.zeros(2, 2, dtype=torch.complex128), torch.zeros(2, 2, dtype=torch.complex128)
        for n in range(30):
            v = torch.stack([sum(model.W[f, k] * model.H[k, n] for k in range(5) if SOURCES[k] == j) for j in range(2)])
            gain = torch.diag(v).to(A) @ A.mH @ torch.linalg.inv(covariance(model, f, n))
            s = gain @ there.X[f, :, n]
            up += torch.outer(there.X[f, :, n], s.conj())
            down += torch.outer(s, s.conj()) + torch.diag(v) - gain @ A @ torch.diag(v).to(A)
        wanted = up @ torch.linalg.inv(down)
        wanted = wanted / wanted.abs().square().mean(0).sqrt()
        for j in range(2):
            outer = torch.outer(wanted[:, j], wanted[:, j].conj())
            assert torch.allclose(after.R[f, j], outer, rtol=1e-6, atol=1e-8)


def test_the_noise_falls_to_that_of_the_scene() -> None:
    there, model = random(2)
    found = [state for state, _ in islice(states(there, model, falling=10), 30)]
    assert all(torch.equal(state.noise, model.noise) for state in found)
    losses = [value for _, value in islice(states(there, model, falling=10), 12, 40)]
    assert all(after <= before + 1e-9 * abs(before) for before, after in pairwise(losses)) and LOUD < 1


def test_point_sources_with_delays_are_unmixed() -> None:
    g = torch.Generator().manual_seed(2)
    W, H = torch.rand(2, 40, 3, generator=g) ** 4, torch.rand(2, 3, 150, generator=g) ** 3
    S = (W @ H).sqrt() * torch.view_as_complex(torch.randn(2, 40, 150, 2, generator=g))
    A = torch.exp(1j * torch.rand(40, 2, 2, generator=g) * 6) * torch.tensor([[1.0, 0.4], [0.5, 1.0]])
    images = torch.einsum("fcj,jfn->jcfn", A, S).to(torch.complex128)
    there = scene(images.sum(0))
    truth = torch.cat((W[0], W[1]), 1).double()  # the true powers: does the spatial part find its way?
    R = torch.einsum("fcj,fdj->fjcd", A, A.conj()).to(torch.complex128)
    blurred = 0.5 * R / R.diagonal(dim1=-2, dim2=-1).real.mean(-1)[..., None, None]
    turned = torch.diag(torch.exp(1j * torch.tensor([0.5, -0.5]))).to(R)
    model = Model(turned @ blurred @ turned.mH + 0.5 * torch.eye(2), truth,
                  torch.cat((H[0], H[1])).double() / there.scale**2, torch.arange(6) // 3, there.noise)  # fmt: skip
    found = next(islice(states(there, model, falling=250), 300, None))[0]
    estimate = wiener(there.X, found) * there.scale
    for j in range(2):
        error = (estimate[j] - images[j]).abs().square().sum() / images[j].abs().square().sum()
        assert float(10 * error.log10()) < -15
