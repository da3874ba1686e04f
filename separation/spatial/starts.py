"""Where multichannel models begin: atoms with a place (NTF), grouped into sources, as powers with covariances."""

from __future__ import annotations

import torch
from torch import Tensor

from separation.spatial.covariance import identity, normal, outer, unpack
from separation.spatial.multichannel import FLOOR, Model, Scene
from separation.spatial.ntf import Atoms

OPEN = 0.1  # share of a start's covariance that is the same from everywhere, so that it may turn


def powers(atoms: Atoms, scale: float) -> tuple[Tensor, Tensor]:
    """W (F, K) and H (K, N) of the powers of atoms made on magnitudes, in the units of a scene of that scale."""
    W = atoms.W.square()
    size = W.sum(0).clamp(min=1e-30)
    H = atoms.H.square() * (size * atoms.Q.square().mean(0) / scale**2)[:, None]
    return (W / size).clamp_(min=FLOOR), H.clamp_(min=FLOOR)


def start(scene: Scene, atoms: Atoms, sources: Tensor, count: int) -> Model:
    """atoms: of the magnitudes of the spectrum that the scene shows. sources (K,): the source of each atom, < count.

    The covariance of a source is that of the mixture where its atoms outweigh the others'.
    """
    W, H = powers(atoms, scene.scale)
    X, channels = scene.X, scene.X.shape[1]
    R = torch.empty(len(X), count, channels * channels, dtype=torch.float64, device=X.device)
    sides = [sources == j for j in range(count)]
    for f in scene.bins():
        v = torch.stack([W[f][:, side] @ H[side] for side in sides], 1)  # (f, J, N)
        R[f] = (v / v.sum(1, keepdim=True).clamp(min=1e-30)).double() @ outer(X[f]).mT.double()
    level = R[..., :channels].mean(-1, keepdim=True)
    R = torch.where(level > 0.0, R / level.clamp(min=1e-30), identity(channels, R))
    return Model(normal(unpack((1.0 - OPEN) * R + OPEN * identity(channels, R)))[0], W, H, sources, scene.noise.to(W))
