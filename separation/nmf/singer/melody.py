"""The melody as the best path through the pitches of every frame (Viterbi; Durrieu et al. 2011).

A pitch costs −log of how strongly it sounds, a step its width in semitones, and a silence what a sound `threshold`
below the loud ones would cost; so a faint moment inside a phrase is bridged and a faint one alone is not sung.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import InputError

LOUD = 0.95  # the share of frames whose strongest pitch is below "loud"


@dataclass(frozen=True)
class Costs:
    """threshold: of the sung, in dB beside the loud frames. glide: nats per semitone between two frames.
    leap: nats for a leap of any width, and most that a glide costs. breath: nats for starting or ending a phrase."""

    threshold: float = -23.0
    glide: float = 0.4
    leap: float = 6.0
    breath: float = 3.0


USUAL = Costs()


def path(salience: Tensor, per_semitone: int, costs: Costs = USUAL, loud: float | None = None) -> Tensor:
    """For each of N frames the index of the sung pitch, −1 where nothing is sung; int64 (N,).

    salience (N, U) >= 0: the power of each of U evenly spaced pitches. loud: what counts as loud; by default what 95 %
    of the sounding frames stay below. Multiplying the salience changes nothing.
    """
    if salience.ndim != 2 or not salience.shape[1]:
        raise InputError("A melody is followed through a table with one row per frame and one column per pitch.")
    power = salience.cpu().double()
    best = power.amax(1) if len(power) else power.new_zeros(0)
    if not bool((best > 0.0).any()):
        return torch.full((len(power),), -1)
    if loud is None:
        loud = float(best[best > 0.0].quantile(LOUD))
    N, U = power.shape
    floor = loud * 10.0 ** (costs.threshold / 10.0)
    local = torch.full((N, U + 1), -math.log(floor / loud), dtype=torch.float64)
    local[:, :U] = -(power / loud + 1e-2 * floor / loud).log()
    return _cheapest(local, _moves(U, per_semitone, costs))


def hertz_of(indices: Tensor, hertz: Tensor) -> Tensor:
    """f0 (N,) in Hz, float64, NaN where nothing is sung."""
    found = hertz.cpu().double()[indices.clamp(min=0)]
    return torch.where(indices < 0, math.nan, found)


def near(indices: Tensor, count: int, reach: int) -> Tensor:
    """True (N, count) at most `reach` steps from the path; nowhere in unsung frames."""
    away = (torch.arange(count) - indices[:, None]).abs()
    return (away <= reach) & (indices >= 0)[:, None]


def _moves(U: int, per_semitone: int, costs: Costs) -> Tensor:
    """Cost (U + 1, U + 1) of going from one pitch (row) to another; the last is silence."""
    steps = torch.arange(U, dtype=torch.float64)
    moves = torch.full((U + 1, U + 1), costs.breath, dtype=torch.float64)
    moves[:U, :U] = ((steps[:, None] - steps).abs() * (costs.glide / per_semitone)).clamp(max=costs.leap)
    moves[U, U] = 0.0
    return moves


def _cheapest(local: Tensor, moves: Tensor) -> Tensor:
    """The path of least total cost, −1 for the last state. local (N, S), moves (S, S)."""
    N, S = local.shape
    back = torch.empty(N, S, dtype=torch.int64)
    total, into = local[0], moves.T.contiguous()  # row: where to
    for n in range(1, N):
        least, back[n] = (into + total).min(1)
        total = least + local[n]
    found = torch.empty(N, dtype=torch.int64)
    at = int(total.argmin())
    for n in range(N - 1, -1, -1):
        found[n] = at
        at = int(back[n, at])
    return torch.where(found == S - 1, -1, found)
