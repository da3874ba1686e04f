"""Multinomial logistic regression, small and quick: probabilities of a few classes from a few features.

Böhning, “Multinomial logistic regression algorithm”, 1992: the curvature of the loss is never more than ½ XᵀX per
class, so one matrix, inverted once, gives steps that never raise the loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

STEPS, ENOUGH = 200, 1e-4


def fit(X: Tensor, Y: Tensor, weights: Tensor, ridge: float = 1.0) -> Tensor:
    """Coefficients (D + 1, J), the last row the bias, of the smallest

        −Σ_k weight_k Σ_j Y_kj log P_kj + ridge/2 ‖coefficients‖²

    X (K, D), targets Y (K, J) with rows that sum to one, weights (K,) >= 0. ridge > 0; on the bias it is a hundredth.
    """
    X = _with_bias(X.double())
    Y, weights = Y.double(), weights.double()[:, None]
    penalty = torch.full((X.shape[1], 1), ridge, dtype=X.dtype)
    penalty[-1] = ridge / 100
    inverse = torch.linalg.inv(0.5 * X.T @ (weights * X) + torch.diag(penalty[:, 0]))
    B = X.new_zeros(X.shape[1], Y.shape[1])
    for _ in range(STEPS):
        step = inverse @ (X.T @ (weights * (Y - torch.softmax(X @ B, 1))) - penalty * B)
        B = B + step
        if float(step.abs().max()) < ENOUGH:
            break
    return B


def probabilities(X: Tensor, B: Tensor) -> Tensor:
    """P (K, J), float64, of rows X (K, D) under the coefficients of `fit`."""
    return torch.softmax(_with_bias(X.double()) @ B, 1)


def _with_bias(X: Tensor) -> Tensor:
    return torch.cat((X, X.new_ones(len(X), 1)), 1)
