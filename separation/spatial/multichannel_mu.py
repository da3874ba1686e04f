"""Multichannel NMF by multiplicative steps (Sawada, Kameoka, Araki & Ueda, IEEE TASLP 21(5), 2013, eq. 42–47).

H steps first. Then W and R step from one common majorisation: for the atoms k of a source,
Σ_k tr(R⁻¹ A_k) / w_k + w_k tr(R B_k) with A_k = w_k² R (Σ_n h yyᴴ) R and B_k = Σ_n h Σ⁻¹, first over w_k, then over R,
where R (Σ w_k B_k) R = Σ A_k / w_k. The negative log-likelihood never rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from separation.nmf.products import times
from separation.spatial.covariance import geometric_mean, normal, pack, regular, unpack
from separation.spatial.multichannel import FLOOR, Model, Scene, meet, ridge


def states(scene: Scene, start: Model, *, spatial: bool = True) -> Iterator[tuple[Model, float]]:
    """Models without end, the start first, each with the loss of the one before it; spatial: whether R moves."""
    model, loss = start, float("inf")
    while True:
        yield model, loss
        model, loss = step_H(scene, model)
        model = _step_WR(scene, model, spatial)


def step_H(scene: Scene, model: Model) -> tuple[Model, float]:
    """The model with the next H, and the loss of the model that came."""
    T = model.spectra
    above, below, loss = torch.zeros_like(model.H), torch.zeros_like(model.H), 0.0
    for f in scene.bins():
        fit = meet(scene.X[f], T[f], model.H, model.noise[f])
        atoms = T[f].flatten(0, 1).T
        above += times(atoms, fit.outer.flatten(0, 1))
        below += times(atoms, fit.inverse.flatten(0, 1))
        loss += fit.loss
    return model.with_H(_stepped(model.H, above, below)), loss


def _step_WR(scene: Scene, model: Model, spatial: bool) -> Model:
    T, packed = model.spectra, pack(model.R)
    W, R = torch.empty_like(model.W), model.R.clone()
    for f in scene.bins():
        fit = meet(scene.X[f], T[f], model.H, model.noise[f])
        pull = times(fit.outer.flatten(0, 1), model.H.T).unflatten(0, T[f].shape[:2])  # Σ_n h yyᴴ (f, P, K)
        push = times(fit.inverse.flatten(0, 1), model.H.T).unflatten(0, T[f].shape[:2])
        mine = packed[f][:, model.sources].mT.to(pull)
        W[f] = _stepped(model.W[f], (mine * pull).sum(1), (mine * push).sum(1))
        if spatial:
            R[f] = _next_R(model.R[f], model.W[f], W[f], pull, push, model.sources)
    R, level = normal(R)
    return replace(model, R=R, W=W * level[:, model.sources].to(W))


def _next_R(R: Tensor, before: Tensor, after: Tensor, pull: Tensor, push: Tensor, sources: Tensor) -> Tensor:
    """R (f, J, C, C) from W before and after, pull and push (f, P, K)."""
    count = R.shape[1]
    share = (before.square() / after).unsqueeze(1)  # w² / w', so that Σ A_k / w' is R (…) R
    A, B = (
        torch.zeros(*part.shape[:2], count, dtype=torch.float64, device=part.device).index_add_(
            2, sources, (part * weight).double()
        )
        for part, weight in ((pull, share), (push, after.unsqueeze(1)))
    )
    inner, outer = unpack(A.mT), unpack(B.mT)
    found = geometric_mean(torch.linalg.inv(regular(outer, 1e-12)), regular(R @ inner @ R, 1e-12))
    return regular(found, ridge(after)).to(R)


def _stepped(factor: Tensor, above: Tensor, below: Tensor) -> Tensor:
    return (factor * (above.clamp(min=0.0) / below.clamp(min=1e-30)).sqrt_()).clamp_(min=FLOOR)
