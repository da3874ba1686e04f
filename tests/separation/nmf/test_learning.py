"""Atoms as asked for: every wish alone and together, level-free, and frames heard later agree with frames learnt."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from separation.nmf.learning import Wanted, learn, notes_of
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.songs import compose

WISHES = [
    Wanted(),
    Wanted(sparsity=1.0),
    Wanted(continuity=1.0),
    Wanted(harmonic=True),
    Wanted(perceptual=True),
    Wanted(piano=True),
    Wanted("is", harmonic=True, perceptual=True, sparsity=0.5),
    Wanted("euclidean", continuity=0.5, harmonic=True),
    Wanted("is", continuity=1.0, sparsity=0.5),
]


@pytest.fixture(scope="module")
def V() -> torch.Tensor:
    return magnitude(stft(torch.from_numpy(compose(2.0, 16000).mixture.samples.copy()), 1024, 256))


@pytest.mark.parametrize("wanted", WISHES)
def test_any_wish_fits_at_any_level_and_hears_the_same_song(V: torch.Tensor, wanted: Wanted) -> None:
    one, loud = (learn(x, 8, wanted, 16000, iterations=30) for x in (V, 64.0 * V))
    fit = one.fit
    torch.testing.assert_close(fit.W.sum(0), torch.ones(fit.W.shape[1]), rtol=1e-4, atol=1e-4)
    model = fit.W @ fit.H
    assert float((V - model).norm() / V.norm()) < 0.7
    torch.testing.assert_close(loud.fit.W @ loud.fit.H / 64.0, model, rtol=5e-2, atol=1e-3 * float(V.max()))
    heard = fit.W @ one.hear(V[:, 40:100])
    assert float((heard - model[:, 40:100]).norm() / model[:, 40:100].norm()) < 0.4
    assert not one.hear(torch.zeros_like(V[:, :9])).gt(1e-6).any()


def test_atoms_of_the_scale_are_tuned_and_fit_below_half_the_rate(V: torch.Tensor) -> None:
    notes = notes_of(V, 16000)
    assert len(notes) == 73 and 27.5 <= notes[0] <= 28.5 and bool(((notes.diff() - 1.0).abs() < 1e-9).all())
    assert 0 < len(notes_of(V, 2000)) < 73
    for wanted in (Wanted(harmonic=True), Wanted(piano=True)):
        assert learn(V, 8, wanted, 16000, iterations=5).fit.W.shape[1] == 73 + 2


def test_wishes_come_true(V: torch.Tensor) -> None:
    def end(wanted: Wanted) -> torch.Tensor:
        H = learn(V, 8, wanted, 16000, iterations=60).fit.H
        return H / H.amax(1, keepdim=True)

    plain, sparse, steady = end(Wanted()), end(Wanted(sparsity=3.0)), end(Wanted(continuity=3.0))
    assert float((sparse < 1e-2).double().mean()) > float((plain < 1e-2).double().mean()) + 0.05
    assert float(steady.diff(dim=1).abs().sum()) < 0.8 * float(plain.diff(dim=1).abs().sum())
    assert np.isfinite(float(sparse.sum()))
