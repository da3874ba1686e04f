"""The same factors as scikit-learn and torchnmf after the same number of steps from the same start.

Both update their first factor first, ours is H: scikit-learn is given Vᵀ ≈ Hᵀ Wᵀ, torchnmf V ≈ W H with names swapped.
Both keep the model above 1.2e-7, ours above 1e-12 of V's mean: hence the tolerances.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from sklearn.decomposition import non_negative_factorization
from torchnmf.nmf import NMF

from separation.nmf import iterate
from tests.separation.nmf.test_factorisation import spectrogram

STEPS = 30


def ours(V: torch.Tensor, beta: float, solver: str) -> tuple[np.ndarray, np.ndarray]:
    *_, last = islice(iterate(V, 5, divergence=beta, solver=solver), STEPS + 1)
    return last.W.numpy(), last.H.numpy()


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * expected.mean())


@pytest.mark.parametrize(
    "beta,solver,name",
    [
        (1.0, "mu", "kullback-leibler"),
        (0.0, "mu", "itakura-saito"),
        (2.0, "mu", "frobenius"),
        (0.5, "mu", 0.5),
        (1.5, "mu", 1.5),
        (3.0, "mu", 3.0),
        (2.0, "hals", "frobenius"),
    ],
)
def test_scikit_learn(beta: float, solver: str, name: str | float) -> None:
    V = spectrogram()
    first = next(iterate(V, 5))
    found = non_negative_factorization(
        V.numpy().T.copy(), first.H.numpy().T.copy(), first.W.numpy().T.copy(), n_components=5, init="custom",
        solver="cd" if solver == "hals" else "mu", beta_loss=name, tol=0, max_iter=STEPS,
    )  # fmt: skip
    W, H = ours(V, beta, solver)
    close(H, found[0].T)
    close(W, found[1].T)


@pytest.mark.parametrize("beta", [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_torchnmf(beta: float) -> None:
    V = spectrogram()
    first = next(iterate(V, 5))
    net = NMF(W=first.H.T, H=first.W).double()  # it made them float32
    net.W.data.copy_(first.H.T)
    net.H.data.copy_(first.W)
    assert net.fit(V, beta=beta, tol=-1.0, max_iter=STEPS) == STEPS
    W, H = ours(V, beta, "mu")
    close(W, net.H.detach().numpy())
    close(H, net.W.detach().numpy().T)
