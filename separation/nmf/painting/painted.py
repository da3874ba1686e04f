"""Factorisation of sources that were painted: V ≈ Σ_s M_s · (W_s H_s), after Bryan & Mysore (ICML 2013).

M_s = exp(−L_s) says where a person let source s be. With R = V / Ṽ the steps of least Kullback–Leibler divergence are
H_s ← H_s · (W_sᵀ (M_s · R)) / (W_sᵀ M_s) and W_s ← W_s · ((M_s · R) H_sᵀ) / (M_s H_sᵀ): weighted MM steps, so the loss
never rises (the paper's probabilistic form normalises distributions instead). Away from paint M = 1, and a step is that
of plain NMF at the price of plain NMF.

Products within a band are torch's own: oneDNN's are hundreds of times slower for matrices cut out of others.

Atoms may be anchored to spectra W⁰ by a prior Σ_k c_k d_KL(w⁰_k | w_k), which adds c W⁰ above and c below the line of
W's step: c = 0 lets them move freely, c = ∞ holds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.divergences import divergence
from separation.nmf.grouped import Grouped
from separation.nmf.painting.maps import Maps, Tile
from separation.nmf.problem import Problem, pose
from separation.nmf.products import times
from separation.nmf.tiles import alone, over
from separation.nmf.updates import FLOOR


@dataclass(frozen=True, eq=False)
class Anchor:
    """Where W is drawn to, (F, K), and how much, (K,): masses of activation that stand behind each atom."""

    W: Tensor
    mass: Tensor

    def value(self, W: Tensor) -> float:
        return float((self.mass * _kl(self.W, W)).sum())


def states(
    V: Tensor, start: Grouped, maps: Maps, *, hold_W: bool = False, anchor: Anchor | None = None
) -> Iterator[Grouped]:
    """States without end, the first the start. V (F, N) >= 0; exact zeros of the start stay zero.

    hold_W: only H moves; the problem is then convex. Raises InputError or ParameterError, in a sentence.
    """
    problem = pose(V)
    _check(problem, start, maps)
    W, H, step = start.W.to(V), (start.H.T * problem.scale).to(V).contiguous(), start.step
    if anchor is not None:
        anchor = Anchor(anchor.W.to(V), anchor.mass.to(V) * problem.scale)
    here, places = maps.to(V), start.places
    while True:
        yield Grouped(W, H.T if problem.scale == 1.0 else H.T / problem.scale, start.sizes, step)
        W, H = alone(problem.frames, partial(_step, problem, W, H, places, here, hold_W, anchor))
        step += 1


def loss(V: Tensor, factors: Grouped, maps: Maps, anchor: Anchor | None = None) -> float:
    """Σ d_KL(V | Ṽ), and what the anchor adds."""
    problem = pose(V)
    _check(problem, factors, maps)
    W, H, here = factors.W.to(V), factors.H.T.to(V) * problem.scale, maps.to(V)

    def part(first: int, last: int) -> float:
        total = 0.0
        for rows, tile in here.pieces(first, last):
            total += divergence(problem.frames[rows], _model(W, H[rows], factors.places, tile, problem.shift), 1.0)
        return total

    return sum(over(problem.frames, part)) / problem.scale + (anchor.value(W) if anchor is not None else 0.0)


def models(factors: Grouped, maps: Maps, first: int = 0, last: int | None = None) -> Tensor:
    """M_s · (W_s H_s) of frames first … last − 1: (J, F, n), memory frame by frame."""
    W, H = factors.W, factors.H.T
    last = H.shape[0] if last is None else last
    result = W.new_empty(maps.sources, last - first, len(W))
    for rows, tile in maps.pieces(first, last):
        for s, place in enumerate(factors.places):
            out = result[s, rows.start - first : rows.stop - first]
            torch.mm(H[rows, place], W[:, place].T, out=out)
            m = tile.M[s] if tile is not None else None
            if m is not None and tile is not None:
                out[:, tile.low : tile.high] *= m.to(out)
    return result.mT


def _step(
    problem: Problem, W: Tensor, H: Tensor, places: tuple[slice, ...], maps: Maps, hold_W: bool, anchor: Anchor | None
) -> tuple[Tensor, Tensor]:
    """The next W (F, K) and H (N, K)."""
    new, low, whole = torch.empty_like(H), FLOOR * problem.tiny, W.sum(0)

    def part(first: int, last: int) -> tuple[Tensor, Tensor] | None:
        above = below = None
        plain = torch.zeros_like(whole)  # what unpainted frames add to the denominators of W, alike for every bin
        for rows, tile in maps.pieces(first, last):
            R, band = _ratio(problem, rows, W, H[rows], places, tile)
            numerator, denominator = times(R, W), whole.expand(len(R), -1)
            if tile is not None and band is not None:
                side = slice(tile.low, tile.high)
                denominator = (W[: tile.low].sum(0) + W[tile.high :].sum(0)).expand(len(R), -1).clone()
                for place, m, r in zip(places, tile.M, band, strict=True):
                    numerator[:, place] += r @ W[side, place]
                    denominator[:, place] += W[side, place].sum(0) if m is None else m @ W[side, place]
            new[rows] = _moved(H[rows], numerator, denominator, low)
            if hold_W:
                continue
            R, band = _ratio(problem, rows, W, new[rows], places, tile)
            more, mass = times(new[rows].T, R), new[rows].sum(0)
            above = more if above is None else above.add_(more)
            if tile is None or band is None:
                plain += mass
                continue
            below = torch.zeros_like(above) if below is None else below
            below[:, : tile.low] += mass[:, None]
            below[:, tile.high :] += mass[:, None]
            for place, m, r in zip(places, tile.M, band, strict=True):
                h = new[rows, place].T
                above[place, tile.low : tile.high] += h @ r
                below[place, tile.low : tile.high] += mass[place, None] if m is None else h @ m
        if above is None:
            return None
        return above, plain[:, None].expand_as(above) if below is None else below + plain[:, None]

    found = [sums for sums in over(problem.frames, part) if sums is not None]
    if hold_W:
        return W, new
    above, below = torch.stack([a for a, _ in found]).sum(0).T, torch.stack([b for _, b in found]).sum(0).T
    if anchor is not None:
        above, below = above * W + anchor.mass * anchor.W, below + anchor.mass
        return torch.where(W == 0.0, W, (above / below.clamp(min=1e-30)).clamp_(min=FLOOR)), new
    return _moved(W, above, below, FLOOR), new


def _ratio(
    problem: Problem, rows: slice, W: Tensor, H: Tensor, places: tuple[slice, ...], tile: Tile | None
) -> tuple[Tensor, list[Tensor] | None]:
    """V / Ṽ (n, F), zero within the painted band; and there M_s · V / Ṽ of each source."""
    model = _model(W, H, places, tile, problem.shift)
    R = torch.div(problem.frames[rows], model, out=model)
    if tile is None:
        return R, None
    inside = R[:, tile.low : tile.high].clone()
    R[:, tile.low : tile.high] = 0.0
    return R, [inside if m is None else m * inside for m in tile.M]


def _model(W: Tensor, H: Tensor, places: tuple[slice, ...], tile: Tile | None, shift: Tensor) -> Tensor:
    """Ṽ (n, F): one product, and within the painted band one for each source, so that nothing is subtracted."""
    model = times(H, W.T, shift)
    if tile is not None:
        side = slice(tile.low, tile.high)
        inside = shift[side].expand(len(H), -1).clone()
        for place, m in zip(places, tile.M, strict=True):
            one = H[:, place] @ W[side, place].T
            inside += one if m is None else one.mul_(m)
        model[:, side] = inside
    return model


def _moved(factor: Tensor, above: Tensor, below: Tensor, floor: float) -> Tensor:
    """factor · above / below; exact zeros stay zero."""
    new = (factor * above).div_(below.clamp(min=1e-30)).clamp_(min=floor)
    return new.masked_fill_(factor == 0.0, 0.0)


def _kl(x: Tensor, y: Tensor) -> Tensor:
    return torch.xlogy(x, x / y.clamp(min=1e-30)) - x + y


def _check(problem: Problem, factors: Grouped, maps: Maps) -> None:
    frames, bins = problem.frames.shape
    if factors.W.shape[0] != bins or factors.H.shape[1] != frames or (maps.bins, maps.frames) != (bins, frames):
        raise ParameterError(
            f"Factors {tuple(factors.W.shape)} and {tuple(factors.H.shape)} and maps of {maps.bins} × {maps.frames} do "
            f"not fit a spectrogram of {bins} bins × {frames} frames: make them for the same transform and place."
        )
    if maps.sources != len(factors.sizes):
        raise ParameterError(f"There are maps of {maps.sources} sources, but atoms of {len(factors.sizes)}.")
    for factor in (factors.W, factors.H):
        if not (float(factor.min()) >= 0.0 and float(factor.max()) < math.inf):
            raise ParameterError("Factors to start from must be finite and not negative.")
