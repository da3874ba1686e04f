"""Independent component analysis: as many sources as channels, mixed without delay, by making them independent.

FastICA with symmetric decorrelation and the contrast log cosh (Hyvärinen, IEEE Trans. Neural Networks 10(3), 1999,
eq. 20 and 45). What a source sounds like in each channel follows from the mixing matrix: its images add up to the
mixture, whatever the scale and order of the sources (minimal distortion, Matsuoka & Nakashima, ICA 2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

NOTHING = 1e-10  # a direction with less than this share of the power holds no source: −100 dB


@dataclass(frozen=True, eq=False)
class Mixing:
    """x = Σ_j out_j s_j and s = into x, loudest source first. into (J, C), out (C, J), float64 on the CPU.

    A source for which the channels hold no direction of its own has zeros.
    """

    into: Tensor
    out: Tensor

    @property
    def images(self) -> Tensor:
        """(J, C, C): what source j sounds like in every channel is images[j] @ x."""
        return self.out.T[:, :, None] * self.into[:, None, :]


def independent(
    x: Tensor,
    *,
    iterations: int = 200,
    tolerance: float = 1e-9,
    seed: int = 0,
    check: Callable[[], object] = lambda: None,
) -> Mixing:
    """The mixing of the samples x (C, T), T instants in any order.

    tolerance: stop once no direction turns by more than about √(2 tolerance). check: called at every iteration.
    """
    channels = len(x)
    x = x.double()
    x = x - x.mean(1, keepdim=True)
    values, vectors = torch.linalg.eigh(x @ x.T / max(x.shape[1], 1))
    there = values > NOTHING * values[-1].clamp(min=1e-300)
    values, vectors = values[there], vectors[:, there]
    whiten, back = vectors.T / values.sqrt()[:, None], vectors * values.sqrt()
    rotation = fixed_point(whiten @ x, iterations=iterations, tolerance=tolerance, seed=seed, check=check)
    into, out = rotation @ whiten, back @ rotation.T
    order = out.square().sum(0).argsort(descending=True, stable=True)
    lacking = channels - len(order)
    return Mixing(
        torch.nn.functional.pad(into[order], (0, 0, 0, lacking)).cpu(),
        torch.nn.functional.pad(out[:, order], (0, lacking)).cpu(),
    )


def fixed_point(
    z: Tensor, *, iterations: int, tolerance: float, seed: int = 0, check: Callable[[], object] = lambda: None
) -> Tensor:
    """The rotation (K, K) that makes white signals z (K, T), zero mean and unit variance, as independent as it can."""
    generator = torch.Generator().manual_seed(seed)
    W = _orthogonal(torch.randn(len(z), len(z), generator=generator, dtype=torch.float64).to(z))
    for _ in range(iterations):
        check()
        g = torch.tanh(W @ z)
        slope = 1.0 - g.square().mean(1)
        new = _orthogonal(g @ z.T / max(z.shape[1], 1) - slope[:, None] * W)
        turned = 1.0 - (new * W).sum(1).abs()
        W = new
        if not len(W) or float(turned.max()) < tolerance:
            break
    return W


def _orthogonal(W: Tensor) -> Tensor:
    """The closest orthogonal matrix, (W Wᵀ)^(−1/2) W."""
    U, _, Vh = torch.linalg.svd(W)
    return U @ Vh
