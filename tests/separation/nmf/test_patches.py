"""Patterns that begin as the song's own hits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.convolutive import Patterns, factorise
from separation.nmf.starts.patches import hits_of, patch_start
from separation.spectral.stft import stft
from tests.separation.nmf.loops import drum_loop

N_FFT, HOP, LENGTH = 1024, 256, 16


@pytest.fixture(scope="module")
def loop() -> tuple[Tensor, list[int]]:
    """Magnitudes of a loop, and the frames of its hits."""
    stems, onsets = drum_loop(3.0)
    V = stft(torch.from_numpy(stems.sum(0)), N_FFT, HOP).abs()
    return V, sorted({round(at / HOP) for drum in onsets for at in drum})


def test_it_hears_the_hits(loop: tuple[Tensor, list[int]]) -> None:
    V, true = loop
    found = hits_of(V).tolist()
    assert all(min(abs(t - f) for f in found) <= 2 for t in true)
    assert sum(min(abs(t - f) for t in true) > 3 for f in found) <= 0.2 * len(found)
    assert found == hits_of(V * 1000).tolist()


def test_patterns_are_patches_and_begin_nearer_than_chance(loop: tuple[Tensor, list[int]]) -> None:
    V, _ = loop
    start = patch_start(V, 4, LENGTH)
    assert start.W.shape == (LENGTH, len(V), 4) and start.H.shape == (4, V.shape[1])
    assert float(start.W.min()) > 0.0 and float(start.H.min()) > 0.0
    ours = factorise(V, start=start, iterations=10, tolerance=0.0)
    chance = factorise(V, 4, LENGTH, iterations=10, tolerance=0.0)
    assert ours.losses[-1] < 0.7 * chance.losses[-1]
    again = patch_start(V, 4, LENGTH)
    assert torch.equal(again.W, start.W) and torch.equal(again.H, start.H)


def test_one_kind_of_hit_is_found_as_it_is() -> None:
    W = torch.rand(5, 30, 1, generator=torch.Generator().manual_seed(0)) + 0.1
    W[0] += 1.0
    H = torch.zeros(1, 60)
    H[0, [4, 20, 33, 47]] = torch.tensor([1.0, 0.5, 2.0, 1.0])
    start = patch_start(Patterns(W, H).model(), 1, 5)
    torch.testing.assert_close(start.W[:, :, 0], W[:, :, 0] / W.sum(), rtol=1e-2, atol=1e-4)
    torch.testing.assert_close(start.H[0, [4, 20, 33, 47]] / W.sum(), H[0, [4, 20, 33, 47]], rtol=2e-2, atol=1e-3)


def test_what_cannot_be_is_said(loop: tuple[Tensor, list[int]]) -> None:
    V, _ = loop
    with pytest.raises(ParameterError, match="hits: ask for"):
        patch_start(V, 400, LENGTH)
    with pytest.raises(ParameterError, match="must last between"):
        patch_start(V, 2, V.shape[1] + 1)
