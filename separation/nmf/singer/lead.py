"""A singer before an accompaniment: V_c ≈ α_c (W_F0 H_F0)·(W_G H_G H_Φ) + W_Mc H_M, by Itakura–Saito updates.

The instantaneous mixture model of Durrieu, David & Richard (IEEE JSTSP 5(6), 2011), with one gain
per channel for the singer and one spectrum per channel for each accompanying atom (Durrieu & Thivent's stereo model).
The model is linear in (H_F0, H_M), in H_Φ, in (H_G, W_M) and in (α, W_M): each group steps as one, and with the power
½ on the ratio (majorisation, Févotte & Idier 2011) the loss never rises. The authors' power 1 is quicker.

Here frames come first: V is (C, N, F), H_F0 (N, U), H_Φ (N, R), H_M (N, K), W_M (C, F, K).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.products import times
from separation.nmf.tiles import over, tiles

TINY, FLOOR = 1e-12, 1e-16  # of V's mean: what is added to the model; the least of an activation
SILENT = 1e-9  # of V's mean: V is raised to it, since silence would cost infinitely much


@dataclass(frozen=True, eq=False)
class Lead:
    """A state. W_F0 (F, U) and W_G (F, P) are fixed; H_F0 (N, U), H_G (P, R), H_P (N, R), gains (C,),
    W_M (C, F, K), H_M (N, K); `step` iterations were made. Exact zeros of H_F0 stay zero."""

    W_F0: Tensor
    W_G: Tensor
    H_F0: Tensor
    H_G: Tensor
    H_P: Tensor
    gains: Tensor
    W_M: Tensor
    H_M: Tensor
    step: int = 0

    @property
    def filters(self) -> Tensor:
        """W_G H_G (F, R)."""
        return self.W_G @ self.H_G

    def voice(self, rows: slice = slice(None)) -> Tensor:
        """The singer's power (n, F), before the gains."""
        return times(self.H_F0[rows], self.W_F0.T).mul_(times(self.H_P[rows], self.filters.T))

    def accompaniment(self, channel: int, rows: slice = slice(None)) -> Tensor:
        """The accompaniment's power (n, F) in a channel."""
        return times(self.H_M[rows], self.W_M[channel].T)

    def loss(self, V: Tensor) -> float:
        """Σ d_IS of V (C, N, F), floored as `states` floors it."""
        V, tiny = floored(V)
        total = 0.0
        for rows in tiles(V[0], 0, V.shape[1]):
            voice = self.voice(rows)
            for c in range(len(V)):
                ratio = V[c, rows] / (self.gains[c] * voice + self.accompaniment(c, rows) + tiny)
                total += float((ratio - ratio.log() - 1.0).sum(dtype=torch.float64))
        return total


def begin(V: Tensor, W_F0: Tensor, W_G: Tensor, *, filters: int = 10, rank: int = 40, seed: int = 0) -> Lead:
    """A random start for V (C, N, F) >= 0: the voice and the accompaniment each about half of the power.

    Raises ParameterError for bases of other bins, InputError for silence.
    """
    if V.ndim != 3 or len(W_F0) != V.shape[-1] or len(W_G) != V.shape[-1]:
        raise ParameterError(
            f"A spectrogram of shape {tuple(V.shape)} and bases of {len(W_F0)} and {len(W_G)} bins do not fit."
        )
    if not float(V.max()) > 0.0:
        raise InputError("This spectrogram is all zeros: there is no singer in it to follow.")
    random = torch.Generator().manual_seed(seed)
    C, N, F = V.shape

    def noise(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random, dtype=torch.float64).add_(0.5).to(V)

    level = V.mean((0, 2)).clamp(min=TINY * float(V.mean()))[:, None]  # (N, 1)
    W_M = V.mean(1)[:, :, None] / V.mean(1).sum(-1).mean() * noise(C, F, rank)
    H_M = level * F / rank / 2.0 * noise(N, rank)
    H_G, H_P = noise(W_G.shape[1], filters), noise(N, filters)
    H_P = H_P / H_P.sum(1, keepdim=True)
    H_F0 = (level * F / W_F0.shape[1] / 2.0).expand(-1, W_F0.shape[1]).clone()
    return Lead(W_F0.to(V), W_G.to(V), H_F0, H_G, H_P, V.new_ones(C), W_M, H_M)


def states(V: Tensor, start: Lead, *, power: float = 0.5, held: frozenset[str] = frozenset()) -> Iterator[Lead]:
    """States for V (C, N, F) >= 0 without end, the start first.

    power: of the ratio in each step; at ½ the loss never rises, 1 is quicker and usually falls too.
    held: names of factors that stay, among H_F0, H_G, H_P, gains, W_M, H_M.
    """
    V, tiny = floored(V)
    yield start
    state = start
    while True:
        state = _next(V, state, tiny, power, held)
        yield state


def floored(V: Tensor) -> tuple[Tensor, float]:
    mean = max(float(V.mean()), 1e-30)
    return V.clamp(min=SILENT * mean), TINY * mean


def _next(V: Tensor, before: Lead, tiny: float, power: float, held: frozenset[str]) -> Lead:
    """H_F0 with H_M, then H_Φ, tile by tile; from each tile the sums for W_M and either H_G or the gains."""
    filters = before.filters
    H_F0, H_P, H_M = torch.empty_like(before.H_F0), torch.empty_like(before.H_P), torch.empty_like(before.H_M)
    with_gains = "gains" not in held and len(V) > 1 and before.step % 2 == 1

    def part(first: int, last: int) -> list[Tensor]:
        found: list[Tensor] = []
        for rows in tiles(V[0], first, last):
            tile = _Tile(V[:, rows], before, filters, rows, tiny, power, held)
            H_F0[rows], H_M[rows], H_P[rows] = tile.frames()
            sums = tile.sums(with_gains)
            found = [a.add_(b) for a, b in zip(found, sums, strict=True)] if found else sums
        return found

    parts = over(V[0], part)
    W_above, W_below, above, below = (torch.stack([one[i] for one in parts]).sum(0) for i in range(4))
    after = replace(before, H_F0=H_F0, H_P=H_P, H_M=H_M, step=before.step + 1)
    if "W_M" not in held:
        after = replace(after, W_M=_stepped(before.W_M, W_above.mT, W_below.mT, power, FLOOR))
    if with_gains:
        after = replace(after, gains=_stepped(before.gains, above, below, power, FLOOR))
    elif "H_G" not in held:
        W_G = before.W_G
        after = replace(after, H_G=_stepped(before.H_G, W_G.T @ above, W_G.T @ below, power, FLOOR))
    return _balanced(after)


class _Tile:
    """Some frames while they are worked on: the parts of the model, each renewed when its factor steps."""

    def __init__(self, V: Tensor, lead: Lead, filters: Tensor, rows: slice, tiny: float, power: float,
                 held: frozenset[str]) -> None:  # fmt: skip
        self.V, self.lead, self.filters, self.tiny, self.power, self.held = V, lead, filters, tiny, power, held
        self.H_F0, self.H_P, self.H_M = lead.H_F0[rows], lead.H_P[rows], lead.H_M[rows]
        self.pitched, self.formed = times(self.H_F0, lead.W_F0.T), times(self.H_P, filters.T)
        self.least = FLOOR * tiny

    def frames(self) -> tuple[Tensor, Tensor, Tensor]:
        """The next H_F0, H_M and H_Φ."""
        lead, held = self.lead, self.held
        if not {"H_F0", "H_M"} <= held:
            P, Q = self._powers()
            if "H_F0" not in held:
                above, below = (times(self._voiced(x).mul_(self.formed), lead.W_F0) for x in (P, Q))
                self.H_F0 = _stepped(self.H_F0, above, below, self.power, self.least)
            if "H_M" not in held:
                above, below = (sum_of(times(x[c], lead.W_M[c]) for c in range(len(x))) for x in (P, Q))
                self.H_M = _stepped(self.H_M, above, below, self.power, self.least)
            self.pitched = times(self.H_F0, lead.W_F0.T)
        if "H_P" not in held:
            P, Q = self._powers()
            above, below = (times(self._voiced(x).mul_(self.pitched), self.filters) for x in (P, Q))
            self.H_P = _stepped(self.H_P, above, below, self.power, FLOOR)
            self.formed = times(self.H_P, self.filters.T)
        return self.H_F0, self.H_M, self.H_P

    def sums(self, with_gains: bool) -> list[Tensor]:
        """Numerator and denominator of W_M, each (C, K, F), then of the gains (C,) or of W_G H_G (F, R)."""
        P, Q = self._powers()
        found = [torch.stack([times(self.H_M.T, one) for one in x]) for x in (P, Q)]
        if with_gains:
            voice = self.pitched * self.formed
            return found + [x.mul_(voice).sum((1, 2)) for x in (P, Q)]
        return found + [times(self._voiced(x).mul_(self.pitched).T, self.H_P) for x in (P, Q)]

    def _powers(self) -> tuple[Tensor, Tensor]:
        """V / S² and 1 / S, each (C, n, F)."""
        voice, lead = self.pitched * self.formed, self.lead
        Q = torch.stack([times(self.H_M, W.T) for W in lead.W_M])
        Q.add_(voice * lead.gains[:, None, None]).add_(self.tiny).reciprocal_()
        return (self.V * Q).mul_(Q), Q

    def _voiced(self, each: Tensor) -> Tensor:
        """Σ over channels, weighted by the gains."""
        if len(each) == 1:
            return each[0] * self.lead.gains[0]
        return torch.tensordot(self.lead.gains, each, 1)


def sum_of(parts: Iterator[Tensor]) -> Tensor:
    total = next(parts)
    for part in parts:
        total = total.add_(part)
    return total


def _stepped(factor: Tensor, above: Tensor, below: Tensor, power: float, least: float) -> Tensor:
    ratio = above / below.clamp(min=1e-30)
    ratio = ratio.sqrt_() if power == 0.5 else ratio if power == 1.0 else ratio.pow_(power)
    return ratio.mul_(factor).clamp_(min=least).masked_fill_(factor == 0.0, 0.0)


def _balanced(state: Lead) -> Lead:
    """The same model with filters, their shares per frame, gains and atoms of one size; the loudness is H's."""
    form = (state.W_G.sum(0) @ state.H_G).clamp(min=1e-30)  # (R,)
    H_P = state.H_P * form
    share = H_P.sum(1, keepdim=True).clamp(min=1e-30)
    gain = state.gains.mean()
    atom = state.W_M.mean(0).sum(0).clamp(min=1e-30)  # (K,)
    return replace(
        state, H_G=state.H_G / form, H_P=H_P / share, gains=state.gains / gain, H_F0=state.H_F0 * (share * gain),
        W_M=state.W_M / atom, H_M=state.H_M * atom,
    )  # fmt: skip
