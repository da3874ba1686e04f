"""Multichannel NMF: the local Gaussian model with full-rank spatial covariances and powers that are sums of atoms.

x_fn ~ N(0, Σ_j v_jfn R_jf + ε_f I), v_jfn = Σ_{k in j} w_fk h_kn (Ozerov & Févotte, IEEE TASLP 18(3), 2010; full rank
after Arberet, Ozerov, Duong et al., ISSPA 2010). In packed form (`covariance`) an atom is one vector over bins and
entries, T_fpk = w_fk pack(R_jf)_p, and all covariances of the model are one matrix product, T H, as in plain NMF.

What is minimised is the negative log-likelihood up to a constant, Σ_fn log det Σ_fn + x_fnᴴ Σ_fn⁻¹ x_fn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.errors import InputError
from separation.nmf.products import times
from separation.spatial.covariance import apply, inverse, outer, pack

TILE = 1 << 19  # packed numbers of some bins that are worked on at once
NOISE, LEAST = 1e-5, 1e-10  # ε as a share of a bin's mean power, and of all bins': −50 and −100 dB
FLOOR = 1e-18  # of factors, whose squares are then still numbers in single precision


def ridge(like: Tensor) -> float:
    """How much of a covariance is at least the same from everywhere, so that sums of this dtype can be inverted."""
    return 100.0 * torch.finfo(like.dtype).eps


@dataclass(frozen=True, eq=False)
class Model:
    """R (F, J, C, C) complex, trace C; W (F, K); H (K, N); sources (K,), the source of each atom; noise (F,)."""

    R: Tensor
    W: Tensor
    H: Tensor
    sources: Tensor
    noise: Tensor

    @property
    def spectra(self) -> Tensor:
        """T (F, P, K)."""
        packed = pack(self.R).to(self.W)  # (F, J, P)
        return packed[:, self.sources].mT * self.W[:, None]

    def with_H(self, H: Tensor) -> Model:
        return replace(self, H=H)


@dataclass(frozen=True, eq=False)
class Scene:
    """What is modelled: X (F, C, N) complex, mean power 1; `scale` times X is the spectrum that came."""

    X: Tensor
    scale: float

    @property
    def noise(self) -> Tensor:
        power = torch.view_as_real(self.X).square().sum(-1).mean((1, 2))
        return NOISE * power + LEAST * power.mean()

    def bins(self) -> Iterator[slice]:
        """Slices of bins that fit the cache."""
        count, channels, frames = self.X.shape
        size = max(1, TILE // (channels * channels * frames))
        return (slice(first, min(first + size, count)) for first in range(0, count, size))


def scene(spectrum: Tensor) -> Scene:
    """Of a spectrum (C, F, N). Raises InputError for silence and for what is not finite."""
    power = float(torch.view_as_real(spectrum).square().sum(-1).mean(dtype=torch.float64)) if spectrum.numel() else 0.0
    if not math.isfinite(power):
        raise InputError("This spectrum holds values that are not numbers: it cannot be taken apart.")
    if power == 0.0:
        raise InputError("This spectrum is all zeros: there is nothing in it to take apart.")
    scale = math.sqrt(power)
    return Scene((spectrum / scale).transpose(0, 1).contiguous(), scale)


@dataclass(frozen=True, eq=False)
class Fit:
    """How the model meets some bins: `inverse` (f, P, N) packed Σ⁻¹, y = Σ⁻¹ x (f, C, N), their part of the loss."""

    inverse: Tensor
    y: Tensor
    loss: float

    @property
    def outer(self) -> Tensor:
        return outer(self.y)


def meet(X: Tensor, T: Tensor, H: Tensor, noise: Tensor) -> Fit:
    """X (f, C, N), T (f, P, K), noise (f,) of some bins."""
    covariance = times(T.flatten(0, 1), H).unflatten(0, T.shape[:2])
    covariance[:, : X.shape[1]] += noise[:, None, None]
    inverted, log_det = inverse(covariance)
    y = apply(inverted, X)
    quadratic = (X.real * y.real).sum(dtype=torch.float64) + (X.imag * y.imag).sum(dtype=torch.float64)
    return Fit(inverted, y, float(log_det.sum(dtype=torch.float64) + quadratic))


def loss(scene: Scene, model: Model) -> float:
    """Σ_fn log det Σ + xᴴ Σ⁻¹ x."""
    T = model.spectra
    return sum(meet(scene.X[f], T[f], model.H, model.noise[f]).loss for f in scene.bins())


def wiener(X: Tensor, model: Model, frames: slice = slice(None)) -> Tensor:
    """Spectra (J, C, F, n) of the sources in X (F, C, n), frames of the model: (v_j R_j + ε/J I) Σ⁻¹ x.

    They add up to X but for rounding: what a nearly singular Σ loses of it is shared out by the sources' powers.
    X is in the scene's units or any other, for gains have none.
    """
    R, H = pack(model.R).to(model.W), model.H[:, frames]
    sides = [model.sources == j for j in range(R.shape[1])]
    result = X.new_empty((R.shape[1], X.shape[1], X.shape[0], X.shape[2]))
    T = model.spectra
    for f in Scene(X, 1.0).bins():
        x = X[f].to(torch.complex128 if H.dtype == torch.float64 else X.dtype)
        y = meet(x, T[f], H, model.noise[f]).y
        lost, level = x.clone(), model.noise[f][:, None] / R.shape[1]
        powers = torch.stack([model.W[f][:, side] @ H[side] + level for side in sides])  # (J, f, n)
        for j, power in enumerate(powers):
            gain = R[f, j][:, :, None] * (power - level)[:, None]
            gain[:, : X.shape[1]] += level[:, None]
            image = apply(gain, y)
            result[j, :, f] = image.transpose(0, 1).to(X)
            lost -= image
        result[:, :, f] += ((powers / powers.sum(0)).unsqueeze(1) * lost.transpose(0, 1)).to(X)
    return result
