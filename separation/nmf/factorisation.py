"""Non-negative matrix factorisation V ≈ WH: one door to every solver, start and penalty.

`iterate` is an endless generator of immutable states; `factorise` drains it, reports, and stops when it is done.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.divergences import Divergence
from separation.nmf.factors import Factors
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.problem import Problem, check_rank, pose
from separation.nmf.solvers import admm, extrapolated, hals, joint, mu, randomised, sag, smooth_is
from separation.nmf.solvers.coarse import coarse_start
from separation.nmf.solvers.constraints import Constraint
from separation.nmf.solvers.wishes import Penalty, Structure, Wishes
from separation.nmf.starts.kmeans import kmeans
from separation.nmf.starts.nndsvd import nndsvd
from separation.nmf.starts.random import random_start
from separation.nmf.starts.restarts import best_start
from separation.nmf.tiles import alone
from separation.nmf.updates import plain
from separation.progress import SILENT, Report

__all__ = ["SOLVERS", "STARTS", "Constraint", "Factorisation", "Factors", "factorise", "iterate"]

EVERY = 10  # iterations between two evaluations of the loss; one costs about half an iteration
WISHFUL: dict[str, Callable[..., Iterator[Factors]]] = {"mu": mu.states, "extrapolated": extrapolated.states}
PLAIN: dict[str, Callable[..., Iterator[Factors]]] = {
    "joint": joint.states,
    "sag": sag.states,
    "hals": hals.plain,
    "accelerated-hals": hals.accelerated,
    "extrapolated-hals": hals.extrapolated,
    "randomised-hals": randomised.states,
}
SOLVERS = ("auto", *WISHFUL, "smooth-is", *PLAIN, "ao-admm")
STARTS = ("random", "nndsvd", "kmeans")
LARGE = 1 << 22  # entries of V: about 50 s of a song; from here on compressing it pays
LONG = 80_000  # frames: about half an hour
Check = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Factorisation:
    """W (F, K), columns that sum to one; H (K, N); the loss whenever it was evaluated, start and end included."""

    W: Any
    H: Any
    losses: tuple[float, ...]


def iterate(
    V: Tensor,
    rank: int,
    *,
    divergence: Divergence = 1.0,
    seed: int = 0,
    start: Factors | str = "random",
    restarts: int = 1,
    shape: Callable[[Tensor], Tensor] | None = None,
    solver: str = "auto",
    constraint: Constraint | None = None,
    coarse: bool = False,
    weights: Tensor | None = None,
    penalties: Sequence[Penalty | Smooth] = (),
    hold_W: Tensor | None = None,
    hold_H: Tensor | None = None,
    structure: Structure | None = None,
    check: Check = lambda: None,
) -> Iterator[Factors]:
    """States of the factorisation of V (F, N) >= 0, the first before any update, without end.

    divergence: "kl", "is", "euclidean", any β, or AlphaBeta(α, β).
    start: one of STARTS, or factors to go on from; exact zeros in them stay zero.
    restarts: so many random starts (seed, seed + 1, …) make a few steps on averages of frames, and the lowest goes on.
    shape: applied to W after each of its updates.
    solver: one of SOLVERS; "auto" picks by β, size, device and what else is asked for, see `choose`.
    coarse: begin on averages of eight frames, where nothing is held or penalised.
    constraint: what the factors must obey exactly; "ao-admm" grants it.
    weights: what counts how much, broadcasts to V. penalties: of `separation.nmf.penalties`.
    hold_W (F, K) or (K,), hold_H (K, N) or (K, 1): what is True stays as it is.
    structure: what the atoms are made of, of `separation.nmf.structures`.
    check: called now and then, from several threads; what it raises ends the work.
    Raises InputError or ParameterError, in a sentence, for what cannot be factorised.
    """
    problem = pose(V, divergence, weights, check)
    if structure is None and hold_W is None and isinstance(start, str):  # known atoms may outnumber the frames
        check_rank(V.shape, rank)
    if restarts < 1 or (restarts > 1 and start != "random"):
        raise ParameterError("Restarts choose among random starts: ask for one or more, and for no other start.")
    if restarts > 1 and not (hold_W is None and hold_H is None):
        raise ParameterError("What is held must be given as a start, so there is nothing for restarts to choose from.")
    if restarts > 1:
        first = alone(problem.frames, lambda: best_start(problem, rank, seed, restarts, check))
    else:
        first = _start(problem, rank, seed, start, V, check)
    held = _held(hold_W, first.W), _held(hold_H, first.H)
    if structure is not None and shape is not None:
        raise ParameterError("A shape and a structure would both make the atoms: leave one of them out.")
    if structure is not None:
        structure = structure.joining(first.W, held[0])
    smooth = [penalty for penalty in penalties if isinstance(penalty, Smooth)]
    others = tuple(penalty for penalty in penalties if not isinstance(penalty, Smooth))
    wishes = Wishes(shape, others, held[0], None if held[1] is None else held[1].T, structure)
    name = choose(problem, first.W.shape[1], wishes, constraint) if solver == "auto" else solver
    name = "smooth-is" if smooth and solver == "auto" else name
    if name not in SOLVERS:
        raise ParameterError(f"There is no solver “{solver}”: use one of {', '.join(SOLVERS)}.")
    if len(smooth) != (name == "smooth-is"):
        raise ParameterError("The penalty Smooth and the solver “smooth-is” belong together: ask for one of each.")
    if name != "ao-admm" and constraint is not None:
        raise ParameterError(f"The solver “{name}” cannot keep a constraint: use ao-admm, or leave the constraint out.")
    if name == "smooth-is":
        return _led(smooth_is.states(problem, first, wishes, smooth[0].strength), problem)
    if name not in WISHFUL and not wishes.none:
        raise ParameterError(
            f"The solver “{name}” knows no penalties, held factors, shapes or structures: "
            f"use one of {', '.join(WISHFUL)}."
        )
    if coarse and wishes.none:
        rough = first
        first = alone(problem.frames, lambda: coarse_start(problem, rough, check=check))
    if name == "ao-admm":
        states = admm.states(problem, first, constraint or admm.FREE)
    else:
        states = PLAIN[name](problem, first) if name in PLAIN else WISHFUL[name](problem, first, wishes)
    return _led(states, problem)


def choose(problem: Problem, rank: int, wishes: Wishes, constraint: Constraint | None = None) -> str:
    """The solver that "auto" stands for; the first row that fits.

    | what is asked for                                      | solver            | because                            |
    |--------------------------------------------------------|-------------------|------------------------------------|
    | a constraint                                           | ao-admm           | the others would break it          |
    | penalties or a shape                                   | mu                | monotone with them                 |
    | anything held, a structure                             | extrapolated      | momentum costs nothing             |
    | Euclid without weights: on a processor, LARGE entries  |                   |                                    |
    |   and K + 20 at most a quarter of F and of N           | randomised-hals   | products with a small matrix       |
    |   smaller, or on a graphics card, whose time goes into |                   |                                    |
    |   the sweeps and not into the products                 | extrapolated-hals | the lowest error per product       |
    | KL or IS of LONG frames, where few passes are made     | sag               | W moves many times per pass: in    |
    |                                                        |                   |   reach of the end sooner, at it   |
    |                                                        |                   |   later than with momentum         |
    | everything else: any β, αβ, weights                    | extrapolated      | for 0 ≤ β < 1 with bold start    |
    """
    if constraint is not None:
        return "ao-admm"
    if wishes.shape is not None or wishes.penalties:
        return "mu"
    if not wishes.none:
        return "extrapolated"
    count, bins = problem.frames.shape
    if plain(problem):
        large = problem.frames.device.type == "cpu" and count * bins >= LARGE
        return "randomised-hals" if large and 4 * (rank + randomised.EXTRA) <= min(count, bins) else "extrapolated-hals"
    if problem.rule.alpha == 1.0 and problem.rule.q in (0.0, -1.0) and count >= LONG:
        return "sag"
    return "extrapolated"


def factorise(
    V: Any,
    rank: int,
    *,
    divergence: Divergence = 1.0,
    iterations: int = 200,
    tolerance: float = 1e-4,
    seed: int = 0,
    report: Report = SILENT,
    **options: Any,
) -> Factorisation:
    """Factorise V (F, N) >= 0, a NumPy array or a tensor; W and H come back as the same kind. Options as for `iterate`.

    tolerance: stop once ten iterations lower the loss by less than this share; 0 makes all `iterations`.
    """
    tensor = torch.as_tensor(V)
    states = iterate(tensor, rank, divergence=divergence, seed=seed, check=report.check, **options)
    losses: list[float] = []
    state = next(states)
    for count in itertools.count():
        if count % EVERY == 0 or count == iterations:
            losses.append(state.loss(tensor, divergence, report.check))
            if len(losses) > 1 and losses[-2] - losses[-1] < tolerance * losses[-2]:
                break
        if count == iterations:
            break
        report(count, iterations, "Learning the atoms")
        state = next(states)
    report(1, 1, "Learning the atoms")
    scale = state.W.sum(0).clamp(min=1e-30)
    W, H = state.W / scale, state.H * scale[:, None]
    if isinstance(V, Tensor):
        return Factorisation(W, H, tuple(losses))
    return Factorisation(W.numpy(), H.numpy(), tuple(losses))


def _start(problem: Problem, rank: int, seed: int, start: Factors | str, V: Tensor, check: Check) -> Factors:
    if start == "random":
        return random_start(problem.frames.T, rank, seed)
    if start == "nndsvd":
        start = nndsvd(V, rank, seed)
    elif start == "kmeans":
        start = kmeans(V, rank, divergence=problem.kind, seed=seed, check=check)
    elif isinstance(start, str):
        raise ParameterError(f"There is no start “{start}”: use one of {', '.join(STARTS)}, or factors.")
    count, bins = problem.frames.shape
    if start.W.shape[0] != bins or start.H.shape[1] != count or start.W.shape[1] != start.H.shape[0]:
        raise ParameterError(
            f"These factors, {tuple(start.W.shape)} and {tuple(start.H.shape)}, do not fit a spectrogram of {bins} "
            f"bins × {count} frames: they were made with another transform or for another song."
        )
    for factor in (start.W, start.H):
        low, high = float(factor.min()), float(factor.max())
        if not (low >= 0.0 and high < math.inf):
            raise ParameterError("Factors to start from must be finite and not negative.")
    return Factors(start.W.to(problem.frames), start.H.to(problem.frames) * problem.scale, start.step)


def _held(mask: Tensor | None, factor: Tensor) -> Tensor | None:
    if mask is None:
        return None
    try:
        return mask.to(factor.device, torch.bool).expand(factor.shape)
    except RuntimeError:
        raise ParameterError(
            f"What is held must have the shape of its factor, {tuple(factor.shape)}, or spread to it; "
            f"{tuple(mask.shape)} does not."
        ) from None


def _led(states: Iterator[Factors], problem: Problem) -> Iterator[Factors]:
    """Each step on a quiet thread, its result in V's own units."""
    while True:
        state = alone(problem.frames, lambda: next(states))
        yield state if problem.scale == 1.0 else Factors(state.W, state.H / problem.scale, state.step)
