"""FastMNMF2: covariances of all sources that one matrix per bin makes diagonal (Sekiguchi et al., IEEE/ACM TASLP 28,
2020).

x̃_fn = Q_f x_fn, ỹ_fmn = Σ_k w_fk h_kn g_{j(k) m} + ε_f: each of the M = C directions m is shared by the sources in
proportions g that are the same for every bin. What is minimised is the negative log-likelihood up to a constant,

    Σ_fmn |x̃|² / ỹ + log ỹ − 2 N Σ_f log |det Q_f|.

H steps as in NMF; W and g from one common majorisation; the rows of Q by iterative projection (Ono, WASPAA 2011).
None of them raises the loss. With T_fmk = w_fk g_{j(k) m} all of ỹ is one matrix product, T H.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.nmf.products import times
from separation.spatial.covariance import hermitise, normal, outer, pack, regular, unpack
from separation.spatial.multichannel import FLOOR, Scene, ridge
from separation.spatial.multichannel import Model as FullModel

QUIET = 1e-13  # power that is taken to be in every bin when directions are sought, or those of silence had no bounds


@dataclass(frozen=True, eq=False)
class Model:
    """Q (F, C, C) complex128; g (J, C), rows that sum to one; W (F, K); H (K, N); sources (K,); noise (F,)."""

    Q: Tensor
    g: Tensor
    W: Tensor
    H: Tensor
    sources: Tensor
    noise: Tensor

    @property
    def spectra(self) -> Tensor:
        """T (F, C, K)."""
        return self.W[:, None] * self.g[self.sources].T

    def with_H(self, H: Tensor) -> Model:
        return replace(self, H=H)


def fast_start(full: FullModel, open: float = 0.02) -> Model:
    """From a full-rank model. A source has at least the share `open` / C of its power in every direction.

    Directions are those that tell the source with the most unusual covariance from the mixture: the generalised
    eigenvectors of the two, which is what makes two sources diagonal at once.
    """
    level = torch.zeros(full.R.shape[:2], dtype=torch.float64, device=full.R.device)
    level.index_add_(1, full.sources, (full.W * full.H.sum(1)).double())  # (F, J)
    R = regular(full.R.to(torch.complex128), 1e-4)
    parts = R * level[..., None, None]
    mixture, mean = regular(parts.sum(1), 1e-6), parts.sum(0)
    unusual = (pack(normal(mean)[0]) - pack(normal(mean.sum(0))[0])).square().sum(-1)
    odd = int((unusual * (level.sum(0) > 0.02 * level.sum())).argmax())
    over = torch.linalg.inv(torch.linalg.cholesky(mixture))
    Q = torch.linalg.eigh(hermitise(over @ R[:, odd] @ over.mH)).eigenvectors.mH @ over
    Q = Q / (Q.abs().square().sum((1, 2), keepdim=True) / Q.shape[-1]).sqrt()
    turned = (Q[:, None] @ R @ Q[:, None].mH).diagonal(dim1=-2, dim2=-1).real  # (F, J, C): powers per unit of v
    size = turned.sum(-1)
    g = (turned / size[..., None] * level[..., None]).sum(0) / level.sum(0).clamp(min=1e-300)[:, None]
    g = torch.where(g.sum(1, keepdim=True) > 0.0, g, 1.0 / g.shape[1])
    g = (1.0 - open) * g + open / g.shape[1]
    return Model(Q, g.to(full.W), full.W * size[:, full.sources].to(full.W), full.H, full.sources, full.noise)


def loss(scene: Scene, model: Model) -> float:
    """Σ |x̃|² / ỹ + log ỹ − 2 N Σ log |det Q|."""
    T, total = model.spectra, 0.0
    for f in scene.bins():
        y = _powers(T[f], model.H, model.noise[f])
        total += _part(scene.X[f], y, model.Q[f])
    return total


def states(scene: Scene, start: Model, *, spatial: bool = True) -> Iterator[tuple[Model, float]]:
    """Models without end, the start first, each with the loss of the one before it; spatial: whether Q and g move."""
    model, loss = start, float("inf")
    while True:
        yield model, loss
        model, loss = _step(scene, model, spatial)


def step_H(scene: Scene, model: Model) -> tuple[Model, float]:
    """The model with the next H, and the loss of the model that came."""
    return _step_QH(scene, model, False)


def _step(scene: Scene, model: Model, spatial: bool) -> tuple[Model, float]:
    model, loss = _step_QH(scene, model, spatial)
    return _step_Wg(scene, model, spatial), loss


def _step_QH(scene: Scene, model: Model, spatial: bool) -> tuple[Model, float]:
    """Q, for which the powers ỹ are enough, and with the new x̃ at once H."""
    T, Q, loss = model.spectra, model.Q.clone(), 0.0
    above, below = torch.zeros_like(model.H), torch.zeros_like(model.H)
    for f in scene.bins():
        y = _powers(T[f], model.H, model.noise[f])
        loss += _part(scene.X[f], y, Q[f])
        inverse = y.reciprocal_()
        if spatial:
            Q[f] = _projected(Q[f], outer(scene.X[f]), inverse, ridge(inverse))
        atoms = T[f].flatten(0, 1).T
        above += times(atoms, (_turned(Q[f], scene.X[f]) * inverse.square()).flatten(0, 1))
        below += times(atoms, inverse.flatten(0, 1))
    H = (model.H * (above / below.clamp(min=1e-30)).sqrt_()).clamp_(min=FLOOR)
    return replace(model, Q=Q, H=H), loss


def _projected(Q: Tensor, moments: Tensor, inverse: Tensor, share: float) -> Tensor:
    """Row by row, q ← (Q V)⁻¹ e / √(qᴴ V q) with V = mean of xxᴴ / ỹ. Q (f, C, C), moments (f, P, N), 1/ỹ (f, C, N)."""
    V = unpack((inverse @ moments.mT).double() / inverse.shape[-1])  # (f, C, C, C)
    hiss = QUIET * inverse.mean(-1, dtype=torch.float64)
    V = regular(V + hiss[..., None, None] * torch.eye(Q.shape[-1], dtype=V.dtype, device=V.device), share)
    Q = Q.clone()
    for m in range(Q.shape[-1]):
        q = torch.linalg.inv(Q @ V[:, m])[..., m]
        size = torch.einsum("fi,fij,fj->f", q.conj(), V[:, m], q).real.clamp(min=1e-300)
        Q[:, m] = q.conj() / size.sqrt()[:, None]
    return Q


def _step_Wg(scene: Scene, model: Model, spatial: bool) -> Model:
    T, W = model.spectra, torch.empty_like(model.W)
    mine = model.g[model.sources].T  # (C, K)
    up, down = (torch.zeros_like(mine, dtype=torch.float64) for _ in range(2))
    for f in scene.bins():
        inverse = _powers(T[f], model.H, model.noise[f]).reciprocal_()
        pulled = (_turned(model.Q[f], scene.X[f]) * inverse.square()).flatten(0, 1)
        pull = times(pulled, model.H.T).unflatten(0, inverse.shape[:2])  # (f, C, K)
        push = times(inverse.flatten(0, 1), model.H.T).unflatten(0, inverse.shape[:2])
        before = model.W[f]
        ratio = (mine * pull).sum(1) / (mine * push).sum(1).clamp(min=1e-30)
        W[f] = after = (before * ratio.sqrt_()).clamp_(min=FLOOR)
        up += (pull * (before.square() / after)[:, None]).sum(0)
        down += (push * after[:, None]).sum(0)
    model = replace(model, W=W)
    if not spatial:
        return model
    shape = (model.g.shape[1], len(model.g))
    over, under = (torch.zeros(shape, dtype=torch.float64, device=W.device).index_add_(1, model.sources, part)
                   for part in (up, down))  # fmt: skip
    g = (model.g * (over / under.clamp(min=1e-300)).sqrt_().T.to(W)).clamp(min=FLOOR)
    return _normal(replace(model, g=torch.where(under.T > 0.0, g, model.g)))


def _normal(model: Model) -> Model:
    """The same model with rows of g that sum to one and rows of Q of mean square one: W and the noise take the rest."""
    size = model.g.sum(1, keepdim=True)
    level = (model.Q.abs().square().sum((1, 2)) / model.Q.shape[-1]).clamp(min=1e-300)
    W = model.W * size[model.sources, 0] / level[:, None].to(model.W)
    return replace(
        model, Q=model.Q / level.sqrt()[:, None, None], g=model.g / size, W=W, noise=model.noise / level.to(W)
    )


def separate(X: Tensor, model: Model, frames: slice = slice(None)) -> Tensor:
    """Spectra (J, C, F, n) of the sources in X (F, C, n), frames of the model: Q⁻¹ diag((λ_j g_j + ε/J) / ỹ) Q x.

    They add up to X but for rounding.
    """
    H, T = model.H[:, frames], model.spectra
    count = len(model.g)
    sides = [model.sources == j for j in range(count)]
    result = X.new_empty((count, X.shape[1], X.shape[0], X.shape[2]))
    for f in Scene(X, 1.0).bins():
        turned = model.Q[f].to(X) @ X[f]
        back = torch.linalg.inv(model.Q[f]).to(X)
        y = _powers(T[f], H, model.noise[f])
        for j, side in enumerate(sides):
            share = (model.W[f][:, side] @ H[side])[:, None] * model.g[j][:, None]
            share += model.noise[f][:, None, None] / count
            result[j, :, f] = (back @ (share / y * turned)).transpose(0, 1)
    return result


def _powers(T: Tensor, H: Tensor, noise: Tensor) -> Tensor:
    """ỹ (f, C, N)."""
    return times(T.flatten(0, 1), H).unflatten(0, T.shape[:2]).add_(noise[:, None, None])


def _turned(Q: Tensor, X: Tensor) -> Tensor:
    """|Q x|² (f, C, N)."""
    return torch.view_as_real(Q.to(X) @ X).square().sum(-1)


def _part(X: Tensor, y: Tensor, Q: Tensor) -> float:
    fit = (_turned(Q, X) / y).sum(dtype=torch.float64) + y.log().sum(dtype=torch.float64)
    return float(fit - 2.0 * X.shape[-1] * torch.linalg.slogdet(Q).logabsdet.sum())
