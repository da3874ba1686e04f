"""Independent components: a known mixing is found again, by the rule written out; images add up; order and scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.spatial.independent import fixed_point, independent

MIXING = torch.tensor([[1.0, 0.6], [0.4, 0.9]], dtype=torch.float64)


def sources(count: int = 2, length: int = 40000, seed: int = 0) -> Tensor:
    """Heavy-tailed, like sound."""
    g = torch.Generator().manual_seed(seed)
    size = torch.rand(count, length, generator=g, dtype=torch.float64).log().neg()
    return torch.randn(count, length, generator=g, dtype=torch.float64) * size


def decibels(truth: Tensor, estimate: Tensor) -> float:
    return float(10 * (truth.square().sum() / (truth - estimate).square().sum()).log10())


def images_of(mixing: Tensor, s: Tensor) -> Tensor:
    return mixing.T[:, :, None] * s[:, None]


@pytest.mark.parametrize("count", [2, 3])
def test_a_known_mixing_is_found_again(count: int) -> None:
    s = sources(count)
    s[1] *= 0.5
    A = torch.eye(count, dtype=torch.float64) + 0.6 * torch.rand(
        count, count, generator=torch.Generator().manual_seed(4), dtype=torch.float64
    )
    x = A @ s
    found = independent(x).images @ x
    assert torch.allclose(found.sum(0), x, atol=1e-9)
    power = found.square().sum((1, 2))
    assert (power.diff() <= 0).all()
    for image in images_of(A, s):
        assert max(decibels(image, one) for one in found) > 25


def test_one_step_is_the_rule_written_out() -> None:
    z = sources(2, 500)
    z = torch.linalg.inv(torch.linalg.cholesky(z @ z.T / 500)) @ z
    W = np.linalg.svd(torch.randn(2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).numpy())
    before = W[0] @ W[2]
    new = np.zeros((2, 2))
    for k in range(2):
        y = before[k] @ z.numpy()
        new[k] = (z.numpy() * np.tanh(y)).mean(1) - (1 - np.tanh(y) ** 2).mean() * before[k]
    values, vectors = np.linalg.eigh(new @ new.T)
    new = vectors @ np.diag(values**-0.5) @ vectors.T @ new
    np.testing.assert_allclose(fixed_point(z, iterations=1, tolerance=0.0).numpy(), new, atol=1e-9)


def test_channels_swapped_or_scaled_and_instants_shuffled() -> None:
    x = MIXING @ sources()
    found = independent(x).images @ x
    swapped = independent(x.flip(0)).images @ x.flip(0)
    assert torch.allclose(swapped.flip(1), found, atol=1e-4 * float(x.abs().max()))
    assert torch.allclose(independent(8 * x).images, independent(x).images, atol=1e-9)
    order = torch.randperm(x.shape[1], generator=torch.Generator().manual_seed(1))
    assert torch.allclose(independent(x[:, order]).images, independent(x).images, atol=1e-4)


def test_channels_that_are_the_same_hold_one_source_and_silence_none() -> None:
    x = sources(1).expand(2, -1)
    found = independent(x).images @ x
    assert torch.allclose(found[0], x, atol=1e-9) and not found[1].any()
    assert not independent(torch.zeros(2, 50)).images.any() and not independent(torch.zeros(2, 0)).images.any()
