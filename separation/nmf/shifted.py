"""Shift-invariant factorisation on a log-frequency axis: one atom is an instrument, moved over all its notes.

Non-negative matrix factor 2-D deconvolution (Schmidt & Mørup, ICA 2006; FitzGerald et al., 2005, for one
time shift): V̂(b, n) = Σ_k Σ_t Σ_p W_k(t, b − p) H_k(p, n − t), by the multiplicative rules of Kullback–Leibler.

A note may be a rich atom at one place or a thin one at many. The penalty sparsity · Σ_k ‖W_k‖₂ ‖H_k‖₁, which no scaling
of the factors can evade, makes the first cheaper: pitch stays in H and timbre in W. (‖W_k‖₁ would not do: models of the
least divergence all have V's own sum.) W and H step in turn; fit and penalty together never rise.

An atom's shifts stand side by side as the columns of a Toeplitz matrix, so every step is a handful of matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.products import times

TINY, FLOOR = 1e-9, 1e-16  # of V's mean: what is added to the model; the least of a factor
PARTIALS = 20  # of an atom at the start, each as loud as its number's inverse
REGISTER, ELSEWHERE = 1.5, 0.05  # octaves, the width of what an atom first expects to play; and what it expects beyond


@dataclass(frozen=True, eq=False)
class Shifted:
    """A state: W (K, D, B), an atom's log spectrum over D frames; H (K, P, N), how it sounds moved up by p rows."""

    W: Tensor
    H: Tensor
    step: int = 0

    def model(self, k: int | None = None) -> Tensor:
        """V̂ (B, N): of all atoms, or of one."""
        which = slice(None) if k is None else slice(k, k + 1)
        return _model(self.W[which], self.H[which])

    def loss(self, V: Tensor, sparsity: float = 0.0) -> float:
        """Kullback–Leibler divergence of V (B, N) from the model, plus the penalty."""
        model = self.model().double() + TINY * float(V.mean())
        exact = V.double()
        fit = float((torch.xlogy(exact, exact / model) - exact + model).sum())
        mass = (_length(self.W.double()) * self.H.double().sum((1, 2))).sum()
        return fit + sparsity * float(mass)


def begin(rows: int, frames: int, *, atoms: int, shifts: int, depth: int = 1, per_octave: int = 36, level: float = 1.0,
          seed: int = 0) -> Shifted:  # fmt: skip
    """A start for V of `rows` × `frames`: each atom a row of partials, a little at random, in a register of its own.

    The atoms expect to sound from low to high, softly: instruments seldom share all of their range, and atoms that
    begin alike stay alike for long. shifts: how many rows an atom may be moved up. depth: frames of an atom.
    level: V's mean.
    Raises ParameterError where an atom would have no room.
    """
    if not (1 <= shifts <= rows and atoms >= 1 and depth >= 1):
        raise ParameterError(
            f"On an axis of {rows} rows an atom may be moved by 1 to {rows} of them, and there must be one at least; "
            f"{atoms} atoms moved by {shifts} rows cannot be."
        )
    random = torch.Generator().manual_seed(seed)
    place = torch.arange(rows, dtype=torch.float64)
    W = 0.02 * torch.rand(atoms, depth, rows, generator=random, dtype=torch.float64)
    for h in range(1, PARTIALS + 1):
        W += torch.exp(-((place - per_octave * math.log2(h)) ** 2) / 2.0) / h
    H = torch.rand(atoms, shifts, frames, generator=random, dtype=torch.float64) + 0.5
    middle = (torch.arange(atoms, dtype=torch.float64)[:, None] + 0.5) / atoms * shifts
    away = (torch.arange(shifts, dtype=torch.float64) - middle) / (REGISTER * per_octave)
    H = H * (torch.exp(-away.square() / 2.0) + ELSEWHERE)[..., None]
    W = W / W.sum((1, 2), keepdim=True)
    return Shifted(W.float(), (H * level * rows / H.sum((0, 1)).mean()).float())


def states(
    V: Tensor, start: Shifted, *, sparsity: float = 0.0, hold_W: bool = False
) -> Iterator[Shifted]:
    """States for V (B, N) >= 0 without end, the start first; exact zeros stay zero.

    sparsity: 0 for none, 2 for much. hold_W: only find when and where known atoms sound.
    Raises InputError for a V that is not a spectrogram, ParameterError for a start of another shape.
    """
    _check(V, start)
    tiny = TINY * float(V.mean())
    W, H, step = start.W.to(V), start.H.to(V), start.step
    yield Shifted(W, H, step)
    while True:
        H = _next_H(V, W, H, tiny, sparsity)
        if not hold_W:
            W, H = _next_W(V, W, H, tiny, sparsity)
        step += 1
        yield Shifted(W, H, step)


def _check(V: Tensor, start: Shifted) -> None:
    if V.ndim != 2 or not (float(V.min()) >= 0.0 and 0.0 < float(V.max()) < math.inf):
        raise InputError("A spectrogram to factorise must hold finite numbers, none negative and not all zeros.")
    K, _, rows = start.W.shape
    if rows != V.shape[0] or start.H.shape[0] != K or start.H.shape[2] != V.shape[1]:
        raise ParameterError(
            f"Factors of the shapes {tuple(start.W.shape)} and {tuple(start.H.shape)} do not fit a spectrogram of "
            f"{V.shape[0]} rows × {V.shape[1]} frames."
        )


def _next_H(V: Tensor, W: Tensor, H: Tensor, tiny: float, sparsity: float) -> Tensor:
    K, P, N = H.shape
    ratio = _ratio(V, W, H, tiny)
    above, below = torch.zeros_like(H), torch.zeros_like(H)
    for t in range(W.shape[1]):
        wide = toeplitz(W[:, t], P)
        above[..., : N - t] += times(wide.T, ratio[:, t:]).reshape(K, P, N - t)
        below[..., : N - t] += wide.sum(0).reshape(K, P, 1)
    below += sparsity * _length(W)[:, None, None]
    return _stepped(H, above, below, FLOOR * tiny)


def _next_W(V: Tensor, W: Tensor, H: Tensor, tiny: float, sparsity: float) -> tuple[Tensor, Tensor]:
    """The next W, atoms that sum to one, and the same H scaled to it."""
    K, D, B = W.shape
    P, N = H.shape[1:]
    ratio = _ratio(V, W, H, tiny)
    above, below = torch.empty_like(W), torch.empty_like(W)
    for t in range(D):
        early = H[..., : N - t].reshape(K * P, N - t)
        above[:, t] = along(times(ratio[:, t:], early.T).reshape(B, K, P))
        below[:, t] = along(early.sum(1).reshape(1, K, P).expand(B, K, P))
    if sparsity:
        below = _with_length(W, above, below, sparsity * H.sum((1, 2)))
    W = _stepped(W, above, below, FLOOR)
    mass = W.sum((1, 2)).clamp(min=1e-30)[:, None, None]
    return W / mass, H * mass


def _length(W: Tensor) -> Tensor:
    """‖W_k‖₂ (K,)."""
    return W.square().sum((1, 2)).sqrt()


def _with_length(W: Tensor, above: Tensor, below: Tensor, cost: Tensor) -> Tensor:
    """The denominator of W's step when ‖W_k‖₂ costs `cost` (K,).

    With ‖w‖ ≤ (‖w‖² / ‖w₀‖ + ‖w₀‖) / 2 each entry minimises −w₀ above log w + below w + bend w² / 2, the bend being
    cost / ‖w₀‖; the root of the quadratic equation is w₀ · above over what is returned.
    """
    bend = (cost / _length(W).clamp(min=1e-30))[:, None, None]
    return (below + (below.square() + 4.0 * bend * W * above).sqrt()) / 2.0


def toeplitz(W: Tensor, shifts: int) -> Tensor:
    """(B, K · P): column (k, p) is W_k (K, B) moved up by p rows; what leaves the axis is lost."""
    K, B = W.shape
    padded = torch.nn.functional.pad(W, (shifts - 1, 0))
    moved = padded.unfold(1, B, 1).flip(1)  # (K, P, B): row p begins p places earlier
    return moved.permute(2, 0, 1).reshape(B, K * shifts)


def along(table: Tensor) -> Tensor:
    """(K, B): Σ_p table(l + p, k, p) of (B, K, P), for every l; the transpose of `toeplitz`."""
    B, K, P = table.shape
    padded = torch.nn.functional.pad(table.permute(1, 2, 0), (0, P)).contiguous()  # (K, P, B + P)
    # reading with one place more per row puts table(l + p, k, p) at (k, p, l)
    slanted = padded.as_strided((K, P, B), (P * (B + P), B + P + 1, 1))
    return slanted.sum(1)


def _model(W: Tensor, H: Tensor) -> Tensor:
    K, P, N = H.shape
    total = times(toeplitz(W[:, 0], P), H.reshape(K * P, N))
    for t in range(1, W.shape[1]):
        total[:, t:] += times(toeplitz(W[:, t], P), H[..., : N - t].reshape(K * P, N - t))
    return total


def _ratio(V: Tensor, W: Tensor, H: Tensor, tiny: float) -> Tensor:
    return V / _model(W, H).add_(tiny)


def _stepped(factor: Tensor, above: Tensor, below: Tensor, least: float) -> Tensor:
    new = (factor * above / below.clamp(min=1e-30)).clamp_(min=least)
    return new.masked_fill_(factor == 0.0, 0.0)
