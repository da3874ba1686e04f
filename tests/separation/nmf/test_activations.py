from __future__ import annotations

import pytest
import torch

from separation.errors import Cancelled
from separation.nmf.activations import activations
from separation.nmf.divergences import NAMES, divergence


def atoms(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    W = torch.rand(60, 5, generator=generator) ** 4
    return W / W.sum(0), torch.rand(5, 30, generator=generator) ** 3 + 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_known_atoms_are_found_again(name: str) -> None:
    W, H = atoms()
    found = activations(W @ H, W, divergence=name, steps=3000)
    assert (found - H).abs().max() < 0.05 * H.max()


@pytest.mark.parametrize("name", NAMES)
def test_more_steps_never_fit_worse(name: str) -> None:
    W, _ = atoms()
    V = torch.rand(60, 30, generator=torch.Generator().manual_seed(1)) + 0.01
    losses = [divergence(V, W @ activations(V, W, divergence=name, steps=n), NAMES[name]) for n in (0, 1, 5, 40)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_frames_do_not_know_each_other_and_levels_scale(name: str) -> None:
    W, H = atoms()
    V = W @ H
    together = activations(V, W, divergence=name)
    alone = activations(V[:, 7:9], W, divergence=name)
    assert torch.allclose(together[:, 7:9], alone, rtol=1e-3, atol=1e-6)
    assert torch.allclose(activations(8 * V, W, divergence=name), 8 * together, rtol=1e-3)


def test_silence_is_finite() -> None:
    W, H = atoms()
    V = W @ H
    V[:, 3] = 0.0
    for name in NAMES:
        found = activations(V, W, divergence=name)
        assert found.isfinite().all() and found[:, 3].max() < 1e-3 * found.max()


def test_a_stop_is_heard() -> None:
    def check() -> None:
        raise Cancelled

    W, H = atoms()
    with pytest.raises(Cancelled):
        activations(W @ H, W, check=check)
