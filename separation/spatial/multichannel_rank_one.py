"""Multichannel NMF with one direction per source and bin, R = a aᴴ, by EM (Ozerov & Févotte 2010, section III).

Point sources mixed by filters shorter than a frame, x = A s + noise. The posterior second moments of the sources are
v_i v_j a_iᴴ D a_j + δ_ij v_j with D = yyᴴ − Σ⁻¹, so their sums over frames are products with v_i v_j; then
A ← (Σ x ŝᴴ) (Σ R̂_ss)⁻¹, and W, H take one Itakura–Saito step on the diagonal (a generalised EM). The noise is loud at
first and falls to that of the scene, without which EM would not move A (section III-D); once it is there, or if it
starts there, the negative log-likelihood never rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from separation.spatial.covariance import hermitise, pack, regular, unpack
from separation.spatial.multichannel import FLOOR, NOISE, Model, Scene, meet, ridge
from separation.spatial.multichannel_em import stepped

LOUD = 1e-2  # of a bin's power: the noise at first


def states(scene: Scene, start: Model, *, falling: int = 0) -> Iterator[tuple[Model, float]]:
    """Models without end, the start with covariances of rank one first, each with the loss of the one before it.

    In double precision: covariances of single directions can hardly be inverted in less.
    falling: over how many steps the noise falls from −20 dB to the start's; 0 leaves it where it is.
    """
    start = replace(start, W=start.W.double(), H=start.H.double(), noise=start.noise.double())
    A, quiet = directions(start.R), start.noise
    model, loss = replace(start, R=_of(A)), float("inf")
    step = 0
    while True:
        yield model, loss
        louder = (LOUD / NOISE) ** max(1.0 - step / falling, 0.0) if falling else 1.0
        A, model, loss = _step(scene, A, replace(model, noise=quiet * louder))
        model, step = replace(model, noise=quiet), step + 1


def directions(R: Tensor) -> Tensor:
    """A (F, C, J), the strongest direction of each R (F, J, C, C), of squared length C."""
    vectors = torch.linalg.eigh(hermitise(R)).eigenvectors[..., -1]
    return vectors.mT * R.shape[-1] ** 0.5


def _of(A: Tensor) -> Tensor:
    a = A.mT
    return a[..., :, None] * a[..., None, :].conj()


def _step(scene: Scene, A: Tensor, model: Model) -> tuple[Tensor, Model, float]:
    T, channels, count = model.spectra, A.shape[1], A.shape[2]
    W, new, loss = torch.empty_like(model.W), A.clone(), 0.0
    above, below = torch.zeros_like(model.H), torch.zeros_like(model.H)
    sides = [(model.sources == j).nonzero()[:, 0] for j in range(count)]
    first, second = torch.triu_indices(count, count)
    packed = pack(model.R).to(W)
    for f in scene.bins():
        X = scene.X[f].to(A)
        fit = meet(X, T[f], model.H, model.noise[f])
        loss += fit.loss
        D = fit.outer - fit.inverse
        v = torch.stack([model.W[f][:, side] @ model.H[side] for side in sides], 1).clamp_(min=FLOOR)  # (f, J, N)
        found = v * (A[f].mH.to(fit.y) @ fit.y)  # ŝ
        crossed = (X @ found.mH).to(A)  # Σ x ŝᴴ (f, C, J)
        inner = unpack(((v[:, first] * v[:, second]) @ D.mT).double())  # (f, pairs, C, C)
        pairs = torch.einsum("fcp,fpcd,fdp->fp", A[f][..., first].conj(), inner, A[f][..., second])
        moments = torch.zeros(len(v), count, count, dtype=A.dtype, device=A.device)
        moments[:, second, first] = pairs.conj()
        moments[:, first, second] = pairs
        moments += torch.diag_embed(v.sum(-1).to(A))
        size = moments.diagonal(dim1=-2, dim2=-1).real.clamp(min=1e-60).sqrt()  # quiet sources are solved as well
        moments /= size[..., None] * size[..., None, :]
        new[f] = torch.linalg.solve(regular(moments, ridge(W)), (crossed / size[:, None]).mH).mH / size[:, None]
        for j, side in enumerate(sides):
            z = v[:, j] + v[:, j].square() * (packed[f][:, j, None] @ D)[:, 0]
            W[f.start : f.stop, side] = W_side = stepped(model.W[f][:, side], z, v[:, j], model.H[side].T)
            after = (W_side @ model.H[side]).clamp_(min=FLOOR)
            above[side] += W_side.T @ (z / after / after)
            below[side] += W_side.T @ after.reciprocal_()
    H = (model.H * (above.clamp(min=0.0) / below.clamp(min=1e-30)).sqrt_()).clamp_(min=FLOOR)
    level = (new.abs().square().sum(1) / channels).clamp(min=1e-30)  # (F, J): it belongs to the powers
    new = new / level.sqrt()[:, None]
    return new, replace(model, R=_of(new), W=W * level[:, model.sources].to(W), H=H), loss
