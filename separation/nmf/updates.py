"""One multiplicative step for H or W, in place on a single spectrogram-sized buffer (Févotte & Idier 2011, eq. 20).

H ← H · ((Wᵀ(V·Ṽ^(β−2))) / (Wᵀ Ṽ^(β−1)))^γ with Ṽ = WH, and the same for W by transposition. For β = 1 the denominator
is a column sum; for β = 2 neither product needs a full-size array (WᵀV and WᵀW H).
"""

from __future__ import annotations

import torch
from torch import Tensor

from separation.nmf.divergences import exponent

FLOOR = 1e-16  # relative; keeps factors out of the denormals, where arithmetic is many times slower


def step_H(V: Tensor, W: Tensor, H: Tensor, beta: float, buffer: Tensor, tiny: float) -> Tensor:
    """The next H (K, N), a new tensor. buffer: (F, N), overwritten. tiny: keeps divisions finite, in units of V."""
    if beta == 2.0:
        numerator, denominator = W.T @ V, (W.T @ W) @ H
    elif beta == 1.0:
        numerator, denominator = W.T @ _ratio(V, W, H, buffer, tiny), W.sum(0)[:, None]
    else:
        model = torch.mm(W, H, out=buffer).clamp_(min=tiny)
        denominator = W.T @ model.pow_(beta - 1.0)
        numerator = W.T @ model.pow_((beta - 2.0) / (beta - 1.0)).mul_(V)
    return (H * _power(numerator / denominator.clamp(min=FLOOR), beta)).clamp_(min=FLOOR * tiny)


def step_W(V: Tensor, W: Tensor, H: Tensor, beta: float, buffer: Tensor, tiny: float) -> Tensor:
    """The next W (F, K), a new tensor; otherwise as `step_H`."""
    if beta == 2.0:
        numerator, denominator = V @ H.T, W @ (H @ H.T)
    elif beta == 1.0:
        numerator, denominator = _ratio(V, W, H, buffer, tiny) @ H.T, H.sum(1)[None]
    else:
        model = torch.mm(W, H, out=buffer).clamp_(min=tiny)
        denominator = model.pow_(beta - 1.0) @ H.T
        numerator = model.pow_((beta - 2.0) / (beta - 1.0)).mul_(V) @ H.T
    return (W * _power(numerator / denominator.clamp(min=FLOOR * tiny), beta)).clamp_(min=FLOOR)


def _ratio(V: Tensor, W: Tensor, H: Tensor, buffer: Tensor, tiny: float) -> Tensor:
    model = torch.mm(W, H, out=buffer).clamp_(min=tiny)
    return torch.div(V, model, out=buffer)


def _power(ratio: Tensor, beta: float) -> Tensor:
    gamma = exponent(beta)
    return ratio if gamma == 1.0 else ratio.pow_(gamma)
