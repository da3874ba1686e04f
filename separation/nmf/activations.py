"""When known atoms sound: H of V ≈ W H with W held fixed, by multiplicative updates (Févotte & Idier 2011, eq. 20).

The divergence is convex in H for β ≥ 1, so a fixed start and some steps give the same H for a frame whatever its
neighbours are: a long song can be taken piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from separation.nmf.divergences import beta_of, exponent

FLOOR = 1e-16  # relative; keeps activations out of the denormals, where arithmetic is many times slower


def activations(
    V: Tensor,
    W: Tensor,
    *,
    divergence: float | str = 1.0,
    steps: int = 40,
    check: Callable[[], object] = lambda: None,
) -> Tensor:
    """H (K, N) >= 0 for V (F, N) >= 0 and atoms W (F, K) >= 0, columns that sum to one.

    Scaling V scales H. check: called at every step; what it raises ends the work. Raises ParameterError for β.
    """
    beta = beta_of(divergence)
    level = V.sum(0, keepdim=True)
    tiny = 1e-12 * float(level.max()) / len(V) + 1e-30
    if beta < 1.0:
        V = V.clamp(min=1e3 * tiny)  # digital silence would cost infinitely much
    H = (level / W.shape[1]).clamp(min=tiny).expand(W.shape[1], -1).clone()
    gamma, buffer = exponent(beta), torch.empty_like(V)
    mass, gram = W.sum(0)[:, None], W.T @ W if beta == 2.0 else W
    for _ in range(steps):
        check()
        if beta == 2.0:
            numerator, denominator = W.T @ V, gram @ H
        else:
            model = torch.mm(W, H, out=buffer).clamp_(min=tiny)
            if beta == 1.0:
                numerator, denominator = W.T @ torch.div(V, model, out=buffer), mass
            else:
                denominator = W.T @ model.pow(beta - 1.0)
                numerator = W.T @ model.pow_(beta - 2.0).mul_(V)
        H.mul_((numerator / denominator.clamp(min=FLOOR)).pow_(gamma)).clamp_(min=FLOOR * tiny)
    return H
