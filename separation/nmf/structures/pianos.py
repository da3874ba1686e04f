"""A piano taken apart by its notes, whose strings are measured on the way (Rigaud, David & Daudet 2013).

Harmonic atoms begin with the stiffness that is typical of their notes. Every few steps the frames that each note has
most to say in are averaged without what the others explain; the peaks of that tell its fundamental and its stiffness,
its combs are built anew, and the envelope stays. The loss falls from step to step, but may change either way when combs
are rebuilt, which happens a few times at the beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.factorisation import Factors, iterate
from separation.nmf.structures.harmonic import Harmonic, harmonic
from separation.nmf.structures.strings import String, string_of, typical_stiffness

EVERY, TIMES = 10, 4  # steps before the strings are measured, and how often they are
MOMENTS = 64  # frames that tell about a note
HEARD = 0.01  # a note that has less than this share of the song's loudest note is not measured
OFF, ODD = 0.5, 5.0  # a measure more than this many semitones or times B off is not believed


@dataclass(frozen=True, eq=False)
class Piano:
    """A state: its strings are those of the first atoms, the others are free."""

    factors: Factors
    strings: tuple[String, ...]


def states(
    V: Tensor, sample_rate: float, notes: Sequence[float], *, free: int = 0, bands: int = 6, **options: Any
) -> Iterator[Piano]:
    """States of V (F, N) >= 0 without end, the first before any update. notes: MIDI numbers. options: of `iterate`."""
    if "structure" in options or "shape" in options:
        raise ParameterError("A piano's atoms are made of its strings: leave out other structures and shapes.")
    typical = tuple(String(440.0 * 2.0 ** ((note - 69.0) / 12.0), typical_stiffness(note)) for note in notes)
    strings, rank = typical, len(typical) + free
    structure = _structure(V, sample_rate, strings, free, bands)
    for count in range(TIMES + 1):
        going = iterate(V, rank, structure=structure, **options)
        state = next(going)
        if count == 0:
            yield Piano(state, strings)
        for _ in range(EVERY):
            state = next(going)
            yield Piano(state, strings)
        if count == TIMES:
            break
        E = structure.inside(state.W)
        strings = measured(V, state, sample_rate, typical)
        structure = _structure(V, sample_rate, strings, free, bands)
        options["start"] = Factors(structure.atoms(E), state.H, state.step)
    for state in going:
        yield Piano(state, strings)


def measured(V: Tensor, state: Factors, sample_rate: float, typical: Sequence[String]) -> tuple[String, ...]:
    """The strings of the first atoms as V sounds; what is typical where a note is not heard, or cannot be believed."""
    levels = state.W.sum(0)[:, None] * state.H
    shares = levels / levels.sum(0).clamp(min=1e-30)
    loudness = levels.sum(1)
    found = []
    for k, usual in enumerate(typical):
        string = usual
        if float(loudness[k]) > HEARD * float(loudness.max()):
            frames = (shares[k].square() * levels[k]).topk(min(MOMENTS, V.shape[1])).indices
            V_k, H = V[:, frames], state.H[:, frames]
            others = state.W @ H - torch.outer(state.W[:, k], H[k])
            left = (V_k - others * (V_k / (state.W @ H).clamp(min=1e-30)).clamp(max=1.0)).clamp(min=0.0)
            string = string_of(left @ shares[k, frames].square(), sample_rate, usual)
        odd = string.B <= 0.0 or abs(math.log(string.B / usual.B)) > math.log(ODD)
        found.append(usual if odd or abs(12.0 * math.log2(string.f0 / usual.f0)) > OFF else string)
    return tuple(found)


def _structure(V: Tensor, sample_rate: float, strings: Sequence[String], free: int, bands: int) -> Harmonic:
    hertz = torch.tensor([string.f0 for string in strings], dtype=torch.float64)
    B = torch.tensor([string.B for string in strings], dtype=torch.float64)
    return harmonic(V.shape[0], sample_rate, hertz, stiffness=B, bands=bands, free=free)
