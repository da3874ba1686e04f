"""Multichannel NMF by expectation–maximisation (Duong et al. 2010; Ozerov & Févotte 2010; Arberet et al. 2010).

The posterior second moment of a source image is R̂c = v R + v² R D R with D = yyᴴ − Σ⁻¹ (eq. 5 of Nugraha, Liutkus &
Vincent 2016, rearranged), so its sums over frames need only those of h D. Then R ← mean of R̂c / v, and W and H take one
step of Itakura–Saito NMF on z = tr(R⁻¹ R̂c) / C, which lowers what the expectation left to be lowered: a generalised
EM, whose negative log-likelihood never rises. It is gentler, and slower, than the multiplicative steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from separation.nmf.products import times
from separation.spatial.covariance import normal, pack, regular, unpack
from separation.spatial.multichannel import FLOOR, Model, Scene, meet, ridge


def states(scene: Scene, start: Model, *, spatial: bool = True) -> Iterator[tuple[Model, float]]:
    """Models without end, the start first, each with the loss of the one before it; spatial: whether R moves."""
    model, loss = start, float("inf")
    while True:
        yield model, loss
        model, loss = _step(scene, model, spatial)


def _step(scene: Scene, model: Model, spatial: bool) -> tuple[Model, float]:
    T, channels = model.spectra, scene.X.shape[1]
    W, R, loss = torch.empty_like(model.W), model.R.clone(), 0.0
    above, below = torch.zeros_like(model.H), torch.zeros_like(model.H)
    sides = [(model.sources == j).nonzero()[:, 0] for j in range(R.shape[1])]
    for f in scene.bins():
        fit = meet(scene.X[f], T[f], model.H, model.noise[f])
        loss += fit.loss
        D = fit.outer - fit.inverse
        old = model.R[f]
        if spatial:
            sums = times(D.flatten(0, 1), model.H.T).unflatten(0, D.shape[:2]) * model.W[f][:, None]
            for j, side in enumerate(sides):
                inner = unpack(sums[..., side].sum(-1).double()) / model.H.shape[1]
                R[f, j] = regular(old[:, j] + old[:, j] @ inner @ old[:, j], ridge(W))
        across = torch.linalg.solve(R[f], old)  # R⁻¹ R_old
        level = across.diagonal(dim1=-2, dim2=-1).real.sum(-1) / channels
        middle = pack(old @ across) / channels  # z = v level + v² ⟨middle, D⟩
        for j, side in enumerate(sides):
            v = (model.W[f][:, side] @ model.H[side]).clamp_(min=FLOOR)
            z = v * (level[:, j, None].to(v) + v * (middle[:, j, None].to(D) @ D)[:, 0])
            W[f.start : f.stop, side] = W_side = stepped(model.W[f][:, side], z, v, model.H[side].T)
            v = (W_side @ model.H[side]).clamp_(min=FLOOR)
            above[side] += W_side.T @ (z / v / v)
            below[side] += W_side.T @ v.reciprocal_()
    H = (model.H * (above.clamp(min=0.0) / below.clamp(min=1e-30)).sqrt_()).clamp_(min=FLOOR)
    R, level = normal(R)
    return replace(model, R=R, W=W * level[:, model.sources].to(W), H=H), loss


def stepped(W: Tensor, z: Tensor, v: Tensor, H: Tensor) -> Tensor:
    """One Itakura–Saito step of W (f, K) towards z (f, N), v = W Hᵀ, H (N, K)."""
    ratio = ((z / v / v) @ H).clamp_(min=0.0) / (v.reciprocal() @ H).clamp(min=1e-30)
    return (W * ratio.sqrt_()).clamp_(min=FLOOR)
