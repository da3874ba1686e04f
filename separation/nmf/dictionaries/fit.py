"""A song in the atoms of a dictionary: when they sound, a few free atoms for what is unknown, and how they adapt.

With W held, KL is convex in H: any start ends at one cost. A logarithmic penalty per instrument and frame keeps few
instruments sounding at a time (Lefèvre, Bach & Févotte 2011); free atoms pay a price, or they would take everything;
then the atoms move towards the song as far as a prior at the dictionary lets them: W ← (W·(P Hᵀ) + ν W⁰) / (1 Hᵀ + ν).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from separation.nmf.factorisation import iterate
from separation.nmf.factors import Factors
from separation.nmf.penalties.groups import Groups
from separation.nmf.penalties.prices import Prices
from separation.nmf.penalties.prior import Prior
from separation.nmf.solvers.wishes import Penalty
from separation.progress import SILENT, Report

FIRST = 10  # steps of H before anything adapts
PRICE = 0.3  # of a free atom, as a share of the mixture
LEVEL = 0.1  # of the mean frame: an instrument below it counts as silent


@dataclass(frozen=True)
class Choices:
    """sparsity: how strongly few instruments are wished for, 0: not at all. adaptation: 0 keeps the atoms, 1 lets each
    follow the song as much as its own sound weighs; more is freer. rest: number of free atoms.
    """

    sparsity: float = 0.01
    adaptation: float = 1.0
    rest: int = 6
    divergence: str = "kl"


@dataclass(frozen=True, eq=False)
class Fit:
    """Atoms (F, K + R) for the song: the dictionary's, adapted, then the free ones. groups: of each; rest is the last.

    prices (K + R,): of each atom. level: mean sum of a frame of the song, which the penalties refer to.
    """

    W: Tensor
    H: Tensor
    groups: tuple[int, ...]
    prices: Tensor
    level: float
    choices: Choices

    def penalties(self) -> list[Penalty]:
        return _penalties(self.groups, self.prices, self.level, self.choices)


def fit(
    V: Tensor,
    W: Tensor,
    groups: Sequence[int],
    choices: Choices,
    *,
    prices: Tensor | None = None,
    steps: int = 60,
    seed: int = 0,
    report: Report = SILENT,
) -> Fit:
    """Fit V (F, N) by known atoms W (F, K) of these groups 0 … J-1; free atoms become group J.

    prices (K,): what each atom costs, as a share of the mixture. W is not written to.
    Raises InputError for what cannot be factorised.
    """
    W = W.to(V)
    W = W / W.sum(0)
    of = (*groups, *(max(groups) + 1,) * choices.rest)
    if choices.rest:
        W = torch.cat([W, _free(V, choices.rest, seed)], 1)
    level = float(V.sum(0).mean())
    each = torch.full((W.shape[1],), PRICE, dtype=W.dtype, device=W.device)
    each[: len(groups)] = 0.0 if prices is None else prices.to(each)
    penalties = _penalties(of, each, level, choices)
    known = torch.arange(W.shape[1], device=V.device) < len(groups)
    moving = choices.adaptation > 0.0
    first = FIRST if moving else steps
    listening, adapting = report.split(first, max(steps - first, 1))
    start = Factors(W, started(V, W.shape[1]))
    options: dict[str, Any] = {"divergence": choices.divergence, "solver": "mu"}
    held = known.expand_as(W)
    state = _last(iterate(V, W.shape[1], start=start, penalties=penalties, hold_W=held, **options), first, listening)
    if moving:
        prior = Prior(W, state.H.sum(1) * known / choices.adaptation)
        states = iterate(V, W.shape[1], start=state, penalties=[*penalties, prior], **options)
        state = _last(states, max(steps - first, 1), adapting)
    return Fit(state.W, state.H, of, each, level, choices)


def sounding(V: Tensor, fitted: Fit, *, steps: int = 40, report: Report = SILENT) -> Tensor:
    """When the fitted atoms sound in V (F, N): H (K + R, N), the atoms held."""
    if float(V.max()) <= 1e-9 * fitted.level:
        return torch.zeros(fitted.W.shape[1], V.shape[1], dtype=V.dtype, device=V.device)
    held = torch.ones(1, 1, dtype=torch.bool, device=V.device).expand_as(fitted.W)
    states = iterate(
        V, fitted.W.shape[1], divergence=fitted.choices.divergence, start=Factors(fitted.W, started(V, len(held.T))),
        hold_W=held, penalties=fitted.penalties(), solver="mu",
    )  # fmt: skip
    for _ in range(steps):
        next(states)
        report.check()
    return next(states).H


def started(V: Tensor, atoms: int) -> Tensor:
    """H (K, N) to start from: in every frame all atoms alike, together as loud as the frame."""
    level = V.sum(0, keepdim=True)
    return (level / atoms).clamp(min=1e-9 * float(level.max())).expand(atoms, -1).contiguous()


def _last(states: Iterator[Factors], steps: int, report: Report) -> Factors:
    """The state after so many steps."""
    for count in range(steps):
        next(states)
        report(count, steps, "Listening for the instruments")
    report(1, 1, "Listening for the instruments")
    return next(states)


def _free(V: Tensor, count: int, seed: int) -> Tensor:
    """Atoms like the song's mean spectrum, each another way."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(V.shape[0], count, generator=generator).to(V) + 0.2
    W = (V.mean(1) + 1e-6 * V.mean())[:, None] * noise
    return W / W.sum(0)


def _penalties(groups: Sequence[int], prices: Tensor, level: float, choices: Choices) -> list[Penalty]:
    result: list[Penalty] = []
    if choices.sparsity > 0.0 and level > 0.0:
        result.append(Groups(tuple(groups), choices.sparsity * level, LEVEL * level))
    if float(prices.max()) > 0.0:
        result.append(Prices(prices))
    return result
