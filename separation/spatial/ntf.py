"""Non-negative tensor factorisation of a stereo spectrogram: atoms that also have a place.

V_cfn ≈ Σ_k q_ck w_fk h_kn, the PARAFAC model on channels × bins × frames (FitzGerald, Cranitch & Coyle, ISSC 2005;
Févotte & Ozerov, CMMR 2010), by multiplicative steps that never raise the Kullback–Leibler or Itakura–Saito
divergence: H first, then W and Q from one common majorisation. With one channel it is the factorisation WH.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.divergences import NAMES, divergence
from separation.nmf.products import times
from separation.nmf.tiles import tiles
from separation.progress import SILENT, Report

EVERY = 10  # iterations between two evaluations of the loss
TINY, QUIET, FLOOR = 1e-12, 1e-9, 1e-16  # of V's mean: nothing, silence under Itakura–Saito; and of factors


@dataclass(frozen=True, eq=False)
class Atoms:
    """Q (C, K) in which channels, W (F, K) spectra, H (K, N) when; columns of Q and W sum to one."""

    Q: Tensor
    W: Tensor
    H: Tensor

    def model(self) -> Tensor:
        """Σ_k q_ck w_fk h_kn (C, F, N)."""
        return torch.stack([(self.W * gains) @ self.H for gains in self.Q])

    def loss(self, V: Tensor, kind: str = "kl") -> float:
        """Σ d(V | model) of V (C, F, N), floored as the updates floor it."""
        tensor = _Tensor.of(V, kind)
        return tensor.loss(self.Q, self.W, self.H.T)

    @property
    def position(self) -> Tensor:
        """Where each atom stands (K,): −1 left, 0 middle, 1 right; 0 for all where there are not two channels."""
        if len(self.Q) != 2:
            return torch.zeros(self.Q.shape[1], dtype=self.Q.dtype, device=self.Q.device)
        return torch.atan2(self.Q[1], self.Q[0]) * (4.0 / math.pi) - 1.0


def states(V: Tensor, rank: int, *, kind: str = "kl", seed: int = 0, start: Atoms | None = None) -> Iterator[Atoms]:
    """States of the factorisation of V (C, F, N) >= 0 without end, the start first.

    kind: "kl" for magnitudes, "is" for powers. Raises InputError or ParameterError, in a sentence.
    """
    tensor = _Tensor.of(V, kind)
    if rank < 1:
        raise ParameterError(f"The number of atoms must be at least 1; {rank} is not.")
    found = start or _random(V, rank, seed)
    Q, W, H = found.Q.to(V), found.W.to(V), found.H.to(V).T.contiguous()
    while True:
        yield Atoms(Q, W, H.T)
        H = tensor.step_H(Q, W, H)
        Q, W = tensor.step_QW(Q, W, H)
        sizes = Q.sum(0), W.sum(0)
        Q, W, H = Q / sizes[0], W / sizes[1], H * (sizes[0] * sizes[1])


def factorise_tensor(
    V: Tensor,
    rank: int,
    *,
    kind: str = "kl",
    iterations: int = 200,
    tolerance: float = 1e-4,
    seed: int = 0,
    start: Atoms | None = None,
    report: Report = SILENT,
) -> Atoms:
    """The last state: after `iterations`, or once ten of them lower the loss by less than the share `tolerance`."""
    before = math.inf
    for count, state in enumerate(itertools.islice(states(V, rank, kind=kind, seed=seed, start=start), iterations + 1)):
        report(count, max(iterations, 1), "Learning the atoms and their places")
        if count and count % EVERY == 0:
            loss = state.loss(V, kind)
            if before - loss < tolerance * before:
                break
            before = loss
    report(1, 1, "Learning the atoms and their places")
    return state


@dataclass(frozen=True, eq=False)
class _Tensor:
    """V frame by frame, a list of (N, F), one per channel; kind: which divergence; shift: what is added to models."""

    sides: list[Tensor]
    kind: str
    shift: Tensor

    @staticmethod
    def of(V: Tensor, kind: str) -> _Tensor:
        if kind not in ("kl", "is"):
            raise ParameterError(f"A tensor is factorised by the divergence kl or is; “{kind}” is neither.")
        if V.ndim != 3 or not V.numel() or not V.is_floating_point():
            raise InputError("A tensor to factorise is a table of real numbers by channels, bins and frames.")
        low, high, mean = float(V.min()), float(V.max()), float(V.mean(dtype=torch.float64))
        if not (low >= 0.0 and high < math.inf):
            raise InputError("A tensor to factorise must hold finite numbers that are not negative: take magnitudes.")
        if high == 0.0:
            raise InputError("This spectrogram is all zeros: there is nothing in it to take apart.")
        sides = [side.T.contiguous() for side in V]
        if kind == "is":
            sides = [side.clamp(min=QUIET * mean) for side in sides]
        return _Tensor(sides, kind, torch.full((V.shape[1],), TINY * mean, dtype=V.dtype, device=V.device))

    def loss(self, Q: Tensor, W: Tensor, H: Tensor) -> float:
        total = 0.0
        for side, gains in zip(self.sides, Q, strict=True):
            for rows in tiles(side, 0, len(side)):
                total += divergence(side[rows], times(H[rows], (W * gains).T, self.shift), NAMES[self.kind])
        return total

    def _ratios(self, side: Tensor, W: Tensor, H: Tensor) -> tuple[Tensor, Tensor | None]:
        """P = V Ṽ^(β−2) and Q = Ṽ^(β−1) (n, F) of some frames; None for all ones."""
        model = times(H, W.T, self.shift)
        if self.kind == "kl":
            return torch.div(side, model, out=model), None
        inverse = model.reciprocal_()
        return side * inverse * inverse, inverse

    def step_H(self, Q: Tensor, W: Tensor, H: Tensor) -> Tensor:
        above, below = torch.zeros_like(H), torch.zeros_like(H)
        for side, gains in zip(self.sides, Q, strict=True):
            atoms = W * gains
            for rows in tiles(side, 0, len(side)):
                P, inverse = self._ratios(side[rows], atoms, H[rows])
                above[rows] += times(P, atoms)
                below[rows] += atoms.sum(0) if inverse is None else times(inverse, atoms)
        return self._stepped(H, above, below)

    def step_QW(self, Q: Tensor, W: Tensor, H: Tensor) -> tuple[Tensor, Tensor]:
        """W, then Q, each the minimum of Σ −A log(qw) + D qw, or Σ A/(qw) + D qw, that majorises the divergence."""
        up, down = [], []
        for side, gains in zip(self.sides, Q, strict=True):
            atoms = W * gains
            above = torch.zeros_like(W)
            below = torch.zeros_like(W) if self.kind == "is" else H.sum(0).expand_as(W)
            for rows in tiles(side, 0, len(side)):
                P, inverse = self._ratios(side[rows], atoms, H[rows])
                above += times(P.T, H[rows])
                if inverse is not None:
                    below += times(inverse.T, H[rows])
            up.append(above)
            down.append(below)
        rows_up, rows_down = torch.stack(up), torch.stack(down)  # (C, F, K)
        moved = self._stepped(W, (rows_up * Q[:, None]).sum(0), (rows_down * Q[:, None]).sum(0))
        change = W / moved.clamp(min=1e-30)  # the majorisation was made at the old W
        pull = rows_up * W * (change if self.kind == "is" else 1.0)
        return self._stepped(Q, pull.sum(1), (rows_down * moved).sum(1)), moved

    def _stepped(self, factor: Tensor, above: Tensor, below: Tensor) -> Tensor:
        ratio = above / below.clamp(min=1e-30)
        return (factor * (ratio.sqrt_() if self.kind == "is" else ratio)).clamp_(min=FLOOR)


def _random(V: Tensor, rank: int, seed: int) -> Atoms:
    generator = torch.Generator().manual_seed(seed)
    W, H, Q = (
        torch.rand(*shape, generator=generator, dtype=torch.float64) + 0.1
        for shape in ((V.shape[1], rank), (rank, V.shape[2]), (V.shape[0], rank))
    )
    Q, W = Q / Q.sum(0), W / W.sum(0)
    level = float(V.sum(dtype=torch.float64)) / float(H.sum())
    return Atoms(Q.to(V), W.to(V), (H * level).to(V))
