"""β-divergences between a spectrogram and its model (Févotte & Idier, Neural Computation 2011, eq. 2).

d(x|y) = (x^β + (β−1) y^β − β x y^(β−1)) / (β (β−1)); β = 1 is Kullback–Leibler, x log(x/y) − x + y;
β = 0 is Itakura–Saito, x/y − log(x/y) − 1; β = 2 is half the squared Euclidean distance.
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.errors import ParameterError

NAMES = {"kl": 1.0, "is": 0.0, "euclidean": 2.0}


def beta_of(divergence: float | str) -> float:
    """β for a name or a number. Raises ParameterError for a name that is unknown or a β outside [0, 2]."""
    if isinstance(divergence, str):
        if divergence in NAMES:
            return NAMES[divergence]
        raise ParameterError(f"There is no divergence “{divergence}”: use {', '.join(NAMES)} or a number from 0 to 2.")
    if 0.0 <= divergence <= 2.0:
        return float(divergence)
    raise ParameterError(f"The divergence β lies between 0 and 2, where every step descends; {divergence} does not.")


def exponent(beta: float) -> float:
    """γ(β), the power of a multiplicative step that never raises the divergence (Févotte & Idier 2011, table 1)."""
    return 1.0 / (2.0 - beta) if beta < 1.0 else 1.0


def divergence(V: Tensor, model: Tensor, beta: float) -> float:
    """Σ d(V | model), in float64 sums. V, model: (F, N), model > 0; V > 0 too where β = 0."""
    if beta == 1.0:
        total = torch.xlogy(V, V / model).sum(dtype=torch.float64)
        total = total + (model.sum(dtype=torch.float64) - V.sum(dtype=torch.float64))
    elif beta == 0.0:
        ratio = V / model
        total = (ratio - ratio.log() - 1.0).sum(dtype=torch.float64)
    else:
        powers = V**beta + (beta - 1.0) * model**beta - beta * V * model ** (beta - 1.0)
        total = powers.sum(dtype=torch.float64) / (beta * (beta - 1.0))
    return float(total)
