"""Tensor factorisation: never a rise, the rules written out in loops, one channel is NMF, places are found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.factorisation import Factors, iterate
from separation.spatial.ntf import Atoms, factorise_tensor, states
from separation.spatial.places import by_place
from separation.spectral.stft import stft
from tests.songs import compose


def random(channels: int = 2, bins: int = 14, frames: int = 19) -> Tensor:
    return torch.rand(channels, bins, frames, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def musical(kind: str) -> Tensor:
    V = stft(torch.from_numpy(compose(2.0, 8000).mixture.samples.copy()), 512, 128).abs().double()
    return V.square() if kind == "is" else V


@pytest.mark.parametrize("kind", ["kl", "is"])
@pytest.mark.parametrize("music", [False, True])
def test_the_loss_never_rises(kind: str, music: bool) -> None:
    V = musical(kind) if music else random(3)
    losses = [state.loss(V, kind) for state, _ in zip(states(V, 5, kind=kind), range(41), strict=False)]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(losses))
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("kind", ["kl", "is"])
def test_a_step_is_the_rule_written_out(kind: str) -> None:
    V, (first, second) = random(), (s for s, _ in zip(states(random(), 3, kind=kind), range(2), strict=False))
    v, q, w, h = (x.numpy().copy() for x in (V, first.Q, first.W, first.H))
    power = 0.5 if kind == "is" else 1.0

    def parts() -> tuple[np.ndarray, np.ndarray]:
        model = np.einsum("ck,fk,kn->cfn", q, w, h)
        return (v / model**2, 1 / model) if kind == "is" else (v / model, np.ones_like(v))

    P, Q = parts()
    h = h * (np.einsum("cfn,ck,fk->kn", P, q, w) / np.einsum("cfn,ck,fk->kn", Q, q, w)) ** power
    P, Q = parts()
    A, D = np.einsum("cfn,kn->cfk", P, h), np.einsum("cfn,kn->cfk", Q, h)
    w_new, q_new = np.empty_like(w), np.empty_like(q)
    for k in range(3):
        for f in range(V.shape[1]):  # arg min over w of the majorisation, q as it was
            w_new[f, k] = w[f, k] * ((A[:, f, k] * q[:, k]).sum() / (D[:, f, k] * q[:, k]).sum()) ** power
        for c in range(2):  # and over q, at the new w
            if kind == "kl":
                q_new[c, k] = (A[c, :, k] * q[c, k] * w[:, k]).sum() / (D[c, :, k] * w_new[:, k]).sum()
            else:
                pull = (A[c, :, k] * (q[c, k] * w[:, k]) ** 2 / w_new[:, k]).sum()
                q_new[c, k] = (pull / (D[c, :, k] * w_new[:, k]).sum()) ** 0.5
    wanted = np.einsum("ck,fk,kn->cfn", q_new, w_new, h)
    np.testing.assert_allclose(second.model().numpy(), wanted, rtol=1e-7)
    assert torch.allclose(second.Q.sum(0), torch.ones(3, dtype=torch.float64))
    assert torch.allclose(second.W.sum(0), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("kind", ["kl", "is"])
def test_one_channel_is_the_factorisation_by_multiplicative_updates(kind: str) -> None:
    V = random(1)
    start = next(states(V, 4, kind=kind))
    plain = iterate(V[0], 4, divergence=kind, start=Factors(start.W, start.H), solver="mu")
    for state, flat, _ in zip(states(V, 4, kind=kind, start=start), plain, range(12), strict=False):
        assert torch.allclose(state.model()[0], flat.W @ flat.H, rtol=1e-6)


def test_scaled_and_swapped_channels() -> None:
    V = random()
    start = next(states(V, 4))
    found = factorise_tensor(V, 4, iterations=15, start=start)
    louder = factorise_tensor(8 * V, 4, iterations=15, start=Atoms(start.Q, start.W, 8 * start.H))
    assert torch.allclose(louder.H, 8 * found.H) and torch.allclose(louder.Q, found.Q)
    swapped = factorise_tensor(V.flip(0), 4, iterations=15, start=Atoms(start.Q.flip(0), start.W, start.H))
    assert torch.allclose(swapped.Q, found.Q.flip(0)) and torch.allclose(swapped.position, -found.position)


def test_places_are_found() -> None:
    g = torch.Generator().manual_seed(0)
    W, H = torch.rand(60, 6, generator=g) ** 6, torch.rand(6, 200, generator=g) ** 4
    Q = torch.tensor([[0.95, 0.95, 0.5, 0.5, 0.2, 0.2], [0.05, 0.05, 0.5, 0.5, 0.8, 0.8]])
    V = Atoms(Q, W, H).model()
    found = factorise_tensor(V, 6, iterations=500, tolerance=0.0)
    for wanted in (0.05, 0.5, 0.8):
        assert int(((found.Q[1] - wanted).abs() < 0.05).sum()) == 2
    labels = by_place(found.Q, found.H.sum(1), 3)
    order = found.Q[1].argsort()
    assert labels[order].tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("V", "words"),
    [(torch.zeros(2, 3, 4), "all zeros"), (-torch.ones(2, 3, 4), "not negative"), (torch.ones(3, 4), "by channels")],
)
def test_what_cannot_be_factorised_is_refused(V: Tensor, words: str) -> None:
    with pytest.raises(InputError, match=words):
        factorise_tensor(V, 2)


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ParameterError, match="kl or is"):
        factorise_tensor(random(), 2, kind="euclidean")
    with pytest.raises(ParameterError, match="at least 1"):
        factorise_tensor(random(), 0)
