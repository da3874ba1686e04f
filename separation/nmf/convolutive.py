"""Convolutive NMF (NMFD): spectrograms as sums of short patterns that begin whenever their activation says so.

V(f, n) ≈ Σ_k Σ_t W(t, f, k) H(k, n − t)                                          (Smaragdis, ICA 2004, eq. 5)

A drum hit is one pattern, its attack and its decay, where plain NMF needs several atoms. The shifted activations are
laid side by side, so that a step is the one of `updates.py` on T·K atoms: W steps as there, H with the sums of its T
shifts together. Both majorise the divergence (Févotte & Idier 2011), so that it never rises, for any β or αβ.

Two wishes: `recentre` moves patterns that drifted in time back to where they began, their activations along with them
(the same sound can be written with any shift); `apart` adds the penalty λ/2 Σ_f Σ_{k≠l} m_fk m_fl / v_f, with m_fk all
that pattern k puts into bin f and v_f all that there is: every bin wants one owner. Its quadratic majoriser gives, for
KL, the step r = 2 P / (Q + √(Q² + 4 a P)) instead of P / Q, with a the gradient of the penalty; monotone as well.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.divergences import AlphaBeta, Divergence, beta_of
from separation.nmf.problem import Problem, pose
from separation.nmf.tiles import alone
from separation.nmf.updates import FLOOR, Sums, stepped, sums_for_H, sums_for_W
from separation.progress import SILENT, Report

EVERY = 10  # iterations between two evaluations of the loss
RECENTRE = 20  # iterations between two looks at where the patterns lie


@dataclass(frozen=True, eq=False)
class Patterns:
    """A state: W (T, F, K) patterns of T frames, H (K, N) when they begin; `step` iterations were made.

    losses: whenever `factorise` evaluated it, start and end included.
    """

    W: Tensor
    H: Tensor
    step: int = 0
    losses: tuple[float, ...] = ()

    def model(self, which: Tensor | slice = slice(None)) -> Tensor:
        """Σ_t W_t H(→t), (F, N), of all patterns or of some."""
        W, H = self.W[:, :, which], self.H[which]
        return _stacked(H.T, len(W)).matmul(_flat(W).T).T

    def loss(self, V: Tensor, divergence: Divergence = 1.0) -> float:
        """Σ d(V | model) of V (F, N)."""
        problem = pose(V, divergence)
        H = _stacked(self.H.T.to(V) * problem.scale, len(self.W))
        kind = divergence
        degree = kind.alpha + kind.beta if isinstance(kind, AlphaBeta) else beta_of(kind)
        return problem.loss(_flat(self.W.to(V)), H) / problem.scale**degree


def iterate(
    V: Tensor,
    rank: int = 0,
    length: int = 0,
    *,
    divergence: Divergence = 1.0,
    seed: int = 0,
    start: Patterns | None = None,
    hold_W: Tensor | bool = False,
    hold_H: Tensor | bool = False,
    recentre: int = RECENTRE,
    apart: float = 0.0,
) -> Iterator[Patterns]:
    """States of V (F, N) >= 0 as `rank` patterns of `length` frames, the first before any update, without end.

    divergence: "kl", "is", "euclidean", any β, or AlphaBeta. start: go on from these patterns instead of random ones;
    exact zeros in them stay zero. hold_W, hold_H: what is True stays (spreads to W (T, F, K) and H (K, N)).
    recentre: after every so-many-th iteration; the loss may rise by what falls off the edges then; 0: never.
    apart: λ of the penalty on sharing bins, KL only. Raises InputError or ParameterError, in a sentence.
    """
    problem = pose(V, divergence)
    first = _start(problem, rank, length, seed, start)
    held = _held(hold_W, first.W, "patterns"), _held(hold_H, first.H, "activations")
    kl = not isinstance(divergence, AlphaBeta) and beta_of(divergence) == 1.0
    if not 0.0 <= apart < math.inf:
        raise ParameterError(f"How far patterns are kept apart must be 0 or more and finite; {apart} is not.")
    if apart and not kl:
        raise ParameterError("Patterns can be kept apart with the divergence “kl” only: use it, or set apart to 0.")
    states = _states(problem, first, held, recentre, apart)
    while True:
        state = alone(problem.frames, lambda: next(states))
        yield state if problem.scale == 1.0 else replace(state, H=state.H / problem.scale)


def factorise(
    V: Tensor,
    rank: int = 0,
    length: int = 0,
    *,
    iterations: int = 100,
    tolerance: float = 1e-4,
    report: Report = SILENT,
    divergence: Divergence = 1.0,
    start: Patterns | None = None,
    seed: int = 0,
    hold_W: Tensor | bool = False,
    hold_H: Tensor | bool = False,
    recentre: int = RECENTRE,
    apart: float = 0.0,
) -> Patterns:
    """Drain `iterate`: stop after `iterations`, or once ten of them gain less than this share of the loss.

    Each pattern comes back with entries that sum to one.
    """
    states = iterate(V, rank, length, divergence=divergence, seed=seed, start=start, hold_W=hold_W, hold_H=hold_H,
                     recentre=recentre, apart=apart)  # fmt: skip
    losses: list[float] = []
    state = next(states)
    for count in itertools.count():
        if count % EVERY == 0 or count == iterations:
            losses.append(state.loss(V, divergence))
            if len(losses) > 1 and abs(losses[-2] - losses[-1]) < tolerance * losses[-2]:
                break
        if count == iterations:
            break
        report(count, iterations, "Learning the patterns")
        state = next(states)
    report(1, 1, "Learning the patterns")
    scale = state.W.sum((0, 1)).clamp(min=1e-30)
    return Patterns(state.W / scale, state.H * scale[:, None], state.step, tuple(losses))


def recentred(W: Tensor, H: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The same model with the centre of each pattern's energy within half a frame of `wanted` (K,).

    W (T, F, K), H (K, N). What is moved past the edges is lost; frames that come in are a thousandth of the last.
    """
    drift = (centres(W) - wanted).round().long().tolist()
    if not any(drift):
        return W, H
    W, H = W.clone(), H.clone()
    for k, by in enumerate(drift):
        if by:
            W[:, :, k] = _moved(W[:, :, k], -by, 1e-3)
            H[k] = _moved(H[k], by, 1e-3)
    return W, H


def centres(W: Tensor) -> Tensor:
    """Centre of energy (K,) of patterns W (T, F, K), in frames."""
    energy = W.square().sum(1)
    frame = torch.arange(len(W), dtype=W.dtype, device=W.device)[:, None]
    return (frame * energy).sum(0) / energy.sum(0).clamp(min=1e-30)


def _moved(x: Tensor, by: int, edge: float) -> Tensor:
    """x (n, …) moved `by` places to the right along its first axis, of which |by| < n."""
    by = max(min(by, len(x) - 1), 1 - len(x))
    if by > 0:
        return torch.cat((edge * x[:1].expand(by, *x.shape[1:]), x[:-by]))
    return torch.cat((x[-by:], edge * x[-1:].expand(-by, *x.shape[1:])))


def _states(
    problem: Problem, start: Patterns, held: tuple[Tensor | None, Tensor | None], recentre: int, apart: float
) -> Iterator[Patterns]:
    W, H, step, length = _flat(start.W), start.H.T.contiguous(), start.step, len(start.W)
    hold_W = None if held[0] is None else _flat(held[0])
    hold_H = None if held[1] is None else held[1].T
    wanted = centres(start.W)
    yield Patterns(_unflat(W, length), H.T, step)
    power, low = problem.rule.exponent, FLOOR * problem.tiny
    inverse = apart / problem.frames.sum(0).clamp(min=problem.tiny)[:, None]  # λ / v_f
    while True:
        if hold_H is None or not bool(hold_H.all()):
            sums = _folded(sums_for_H(problem, W, _stacked(H, length)), length)
            if apart:
                whole = W.view(len(W), length, -1).sum(1)
                sums = _quadratic(sums, (whole * _others(whole, H) * inverse).sum(0))
            H = _kept(hold_H, H, stepped(H, sums, power, low))
        if hold_W is None or not bool(hold_W.all()):
            stack = _stacked(H, length)
            sums = sums_for_W(problem, W, stack)
            if apart:
                a = H.sum(0) * _others(W.view(len(W), length, -1).sum(1), H) * inverse
                sums = _quadratic(sums, a.repeat(1, length))
            W = _kept(hold_W, W, stepped(W, sums, power, FLOOR))
        step += 1
        if recentre and length > 1 and step % recentre == 0 and hold_W is None and hold_H is None:
            moved = recentred(_unflat(W, length), H.T, wanted)
            W, H = _flat(moved[0]), moved[1].T.contiguous()
        yield Patterns(_unflat(W, length), H.T, step)


def _others(whole: Tensor, H: Tensor) -> Tensor:
    """Σ_{l≠k} m_fl (F, K) from the patterns' spectra (F, K) and H (N, K)."""
    mass = whole * H.sum(0)
    return (mass.sum(1, keepdim=True) - mass).clamp(min=0.0)


def _quadratic(sums: Sums, a: Tensor) -> Sums:
    """P / Q turned into the root r of a r² + Q r = P."""
    P, Q = sums.numerator, sums.denominator
    return Sums(2 * P, Q + (Q.square() + 4 * a * P).sqrt())


def _kept(hold: Tensor | None, before: Tensor, after: Tensor) -> Tensor:
    return after if hold is None else torch.where(hold, before, after)


def _stacked(H: Tensor, length: int) -> Tensor:
    """H (N, K) beside its shifts, (N, T·K), the longest shift first: row n reads frames n − T + 1 … n of H."""
    count, rank = H.shape
    padded = torch.cat((H.new_zeros(length - 1, rank), H))
    return padded.as_strided((count, length * rank), (rank, 1)).contiguous()


def _folded(sums: Sums, length: int) -> Sums:
    """The sums of all shifts together: (N, T·K) -> (N, K), the reverse of `_stacked`."""
    count = len(sums.numerator)
    below = sums.denominator.expand(count, -1)
    return Sums(*(_fold(each.view(count, length, -1), length) for each in (sums.numerator, below.contiguous())))


def _fold(each: Tensor, length: int) -> Tensor:
    count = len(each)
    total = each[:, -1].clone()
    for t in range(1, min(length, count)):
        total[: count - t] += each[t:, length - 1 - t]
    return total


def _flat(W: Tensor) -> Tensor:
    """(T, F, K) -> (F, T·K), the last frame first, as `_stacked` has it."""
    return W.flip(0).permute(1, 0, 2).reshape(W.shape[1], -1)


def _unflat(W: Tensor, length: int) -> Tensor:
    return W.view(len(W), length, -1).permute(1, 0, 2).flip(0)


def _start(problem: Problem, rank: int, length: int, seed: int, start: Patterns | None) -> Patterns:
    count, bins = problem.frames.shape
    if start is None:
        if not 1 <= rank <= min(bins, count):
            raise ParameterError(f"The number of patterns must lie between 1 and {min(bins, count)}; {rank} does not.")
        if not 1 <= length <= count:
            raise ParameterError(f"A pattern must last between 1 and {count} frames, as the song does; not {length}.")
        generator = torch.Generator().manual_seed(seed)
        W = torch.rand(length, bins, rank, generator=generator, dtype=torch.float64) + 0.1
        H = torch.rand(rank, count, generator=generator, dtype=torch.float64) + 0.1
        H *= float(problem.frames.mean(dtype=torch.float64)) / (0.36 * rank * length)
        return Patterns(W.to(problem.frames), H.to(problem.frames))
    W, H = start.W, start.H
    if W.ndim != 3 or H.ndim != 2 or W.shape[1] != bins or H.shape != (W.shape[2], count) or len(W) > count:
        raise ParameterError(
            f"Patterns (T, F, K) = {tuple(W.shape)} and activations (K, N) = {tuple(H.shape)} do not fit a spectrogram "
            f"of {bins} bins × {count} frames: they were made with another transform or for another song."
        )
    for factor in (W, H):
        if not (float(factor.min()) >= 0.0 and float(factor.max()) < math.inf):
            raise ParameterError("Patterns and activations to start from must be finite and not negative.")
    return Patterns(W.to(problem.frames), H.to(problem.frames) * problem.scale, start.step)


def _held(mask: Tensor | bool, factor: Tensor, name: str) -> Tensor | None:
    if mask is False:
        return None
    try:
        return torch.as_tensor(mask).to(factor.device, torch.bool).expand(factor.shape)
    except RuntimeError:
        raise ParameterError(
            f"What is held of the {name} must have their shape, {tuple(factor.shape)}, or spread to it."
        ) from None
