"""Atoms learnt as a musician asks for them: sparse, steady, on the notes of the scale, heard as the ear hears.

The strengths are relative: 1 is a fair amount for any song, whatever its level, length and transform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.activations import activations
from separation.nmf.divergences import beta_of
from separation.nmf.factorisation import Constraint, Factorisation, Factors, factorise, iterate
from separation.nmf.loudness import loudness_weights
from separation.nmf.penalties.continuity import Continuity
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.penalties.sparsity import Sparsity
from separation.nmf.rank import STEPS as RANKING
from separation.nmf.rank import suggest_rank
from separation.nmf.starts.combs import tuning_of
from separation.nmf.structures import pianos
from separation.nmf.structures.harmonic import harmonic
from separation.progress import SILENT, Report

LOWEST, HIGHEST = 28, 100  # MIDI notes: the low E of a bass, the E three octaves above the middle one
MOST, PRICE = 64, 0.8  # atoms where the song says how many; music is of no low rank, so small gains must cost more
STEPS = 40  # to find when known atoms sound


@dataclass(frozen=True)
class Wanted:
    """divergence: "kl", "is", "euclidean" or β. sparsity, continuity: 0 is none. harmonic: one atom per semitone with
    any envelope, and a quarter of the rank free for drums and noise. piano: the same with the partials of stiff
    strings, measured note by note. perceptual: what counts is the loudness.

    For atoms that are free (not harmonic, not piano): start: one of `factorisation.STARTS`, or "best-of-four" random
    ones. solver: one of `factorisation.SOLVERS`. together: at most so many atoms sound at a time while they are
    learnt, 0 is any number.
    """

    divergence: float | str = "kl"
    sparsity: float = 0.0
    continuity: float = 0.0
    harmonic: bool = False
    piano: bool = False
    perceptual: bool = False
    start: str = "random"
    solver: str = "auto"
    together: int = 0

    @property
    def plain(self) -> bool:
        return not (self.sparsity or self.continuity or self.perceptual)


@dataclass(frozen=True, eq=False)
class Learnt:
    """fit: W (F, K), columns that sum to one, H (K, N), as of `factorise`. level: the mean of V it was learnt on."""

    fit: Factorisation
    wanted: Wanted
    sample_rate: float
    level: float

    def hear(self, V: Tensor, check: Callable[[], object] = lambda: None) -> Tensor:
        """H (K, N) of other frames (F, N) of the same song, with the same wishes. check: called at every step."""
        W = self.fit.W
        if self.wanted.plain:
            return activations(V, W, divergence=self.wanted.divergence, steps=STEPS, check=check)
        if not float(V.max()) > 0.0:
            return V.new_zeros(W.shape[1], V.shape[1])
        V = V / self.level
        even = (V.sum(0, keepdim=True) / W.shape[1]).clamp(min=1e-9).expand(W.shape[1], -1)
        held = torch.ones(W.shape[1], dtype=torch.bool)
        start, options = Factors(W, even), _options(V, self.wanted, self.sample_rate)
        states = iterate(V, W.shape[1], divergence=self.wanted.divergence, start=start, hold_W=held, **options)
        for _ in range(STEPS):
            check()
            next(states)
        return next(states).H * self.level


def learn(
    V: Tensor, rank: int, wanted: Wanted, sample_rate: float, *, iterations: int = 150, seed: int = 0,
    report: Report = SILENT,
) -> Learnt:  # fmt: skip
    """Atoms of magnitudes V (F, N) >= 0, not all zero; there are `rank`, or those of the scale and rank / 4 more.

    rank 0: as many as V needs, MOST at most (`rank.py`).
    """
    on_notes = wanted.harmonic or wanted.piano
    if on_notes and (wanted.start, wanted.solver, wanted.together) != ("random", "auto", 0):
        raise ParameterError("Start, solver and together are for free atoms: leave them out, or harmonic and piano.")
    if rank == 0:
        counting, report = report.split(1, 2)
        steps = count()
        rank = suggest_rank(V, MOST, divergence=wanted.divergence, strength=PRICE, seed=seed,
                            check=lambda: counting(next(steps), RANKING, "Counting the atoms"))  # fmt: skip
    free = max(1, rank // 4)
    level = 1.0 if wanted.plain and not on_notes else float(V.mean(dtype=torch.float64))
    V = V if level == 1.0 else V / level
    options = {"divergence": wanted.divergence, "seed": seed, **_options(V, wanted, sample_rate)}
    if wanted.piano:
        options["start"] = _piano(V, sample_rate, free, iterations, report, options)
        fit = factorise(V, options["start"].W.shape[1], iterations=0, report=report, **options)
    elif wanted.harmonic:
        structure = harmonic(V.shape[0], sample_rate, _hertz(notes_of(V, sample_rate)), free=free)
        rank = len(structure.loose)
        fit = factorise(V, rank, iterations=iterations, report=report, structure=structure, **options)
    else:
        best = wanted.start == "best-of-four"
        fit = factorise(
            V, rank, iterations=iterations, report=report, start="random" if best else wanted.start,
            restarts=4 if best else 1, solver=wanted.solver,
            constraint=Constraint(atoms=wanted.together) if wanted.together else None, **options,
        )  # fmt: skip
    return Learnt(replace(fit, H=fit.H * level), wanted, sample_rate, level)


def notes_of(V: Tensor, sample_rate: float) -> Tensor:
    """MIDI numbers of every semitone that fits below half the rate, tuned as V (F, N) is."""
    notes = torch.arange(LOWEST, HIGHEST + 1, dtype=torch.float64) + tuning_of(V, sample_rate)
    below = _hertz(notes) < 0.45 * sample_rate
    below[0] = True
    return notes[below]


def _hertz(notes: Tensor) -> Tensor:
    return 440.0 * 2.0 ** ((notes - 69.0) / 12.0)


def _piano(
    V: Tensor, sample_rate: float, free: int, iterations: int, report: Report, options: dict[str, Any]
) -> Factors:
    notes = notes_of(V, sample_rate).tolist()
    going = pianos.states(V, sample_rate, notes, free=free, **options)
    for done in range(iterations):
        report(done, iterations, "Learning the atoms")
        next(going)
    return next(going).factors


def _options(V: Tensor, wanted: Wanted, sample_rate: float) -> dict[str, Any]:
    """For `iterate` on V of mean 1."""
    penalties: list[Sparsity | Continuity | Smooth] = []
    if wanted.sparsity:
        penalties.append(Sparsity(wanted.sparsity))
    if wanted.continuity:
        kind = Smooth if beta_of(wanted.divergence) == 0.0 else Continuity
        penalties.append(kind(wanted.continuity * V.shape[0] / 100.0))
    options: dict[str, Any] = {"penalties": penalties}
    if wanted.perceptual:
        options["weights"] = loudness_weights(V, sample_rate, divergence=wanted.divergence)
    return options
