"""Ambience: nothing of a panned sound, nearly all of independent noise, least squares where both sound."""

from __future__ import annotations

import numpy as np
import torch

from separation.spatial.ambience import ambience

RANDOM = np.random.default_rng(3)


def noise(bins: int = 200, frames: int = 300) -> torch.Tensor:
    return torch.from_numpy(RANDOM.standard_normal((bins, frames)) + 1j * RANDOM.standard_normal((bins, frames)))


def test_panned_sounds_have_none_and_independent_ones_are_mostly_it() -> None:
    source = noise()
    assert ambience(torch.stack((0.9 * source, -0.3j * source)), 8).abs().max() < 1e-6
    both = torch.stack((noise(), noise()))
    assert (ambience(both, 30) - both).abs().square().mean() < 0.1 * both.abs().square().mean()
    assert not ambience(torch.zeros((2, 5, 7), dtype=torch.complex64), 8).any()


def test_it_is_the_least_squares_estimate() -> None:
    direct, left, right = noise(), noise(), noise()
    spectrum = torch.stack((direct + 0.5 * left, 0.6 * direct + 0.5 * right))
    found, around = ambience(spectrum, 20), 20
    for k, n in ((17, 150), (3, 40), (99, 200)):
        own = spectrum[:, k, n - around : n + around + 1].numpy()
        covariance = own @ own.conj().T / own.shape[1]
        wanted = np.linalg.eigvalsh(covariance)[0] * np.linalg.inv(covariance) @ spectrum[:, k, n].numpy()
        assert np.allclose(found[:, k, n], wanted)
    leaks = (found * direct.conj()).mean(dim=(1, 2)).abs() / direct.abs().square().mean()
    assert leaks.max() < 0.25  # least squares lets P_A / (P_A + P_D) of a direct sound through, here 0.155
