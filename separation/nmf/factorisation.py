"""Non-negative matrix factorisation V ≈ WH by multiplicative updates (Lee & Seung 2001; Févotte & Idier 2011).

`iterate` is an endless generator of immutable states; `factorise` drains it, reports, and stops when it is done.
The loss never rises from one state to the next, unless `shape` (a wish about the atoms) is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from separation.errors import InputError, ParameterError
from separation.nmf.divergences import beta_of, divergence
from separation.nmf.updates import step_H, step_W
from separation.progress import SILENT, Report

EVERY = 10  # iterations between two evaluations of the loss; one costs about half an iteration


@dataclass(frozen=True, eq=False)
class Factors:
    """A state: W (F, K) spectra of the atoms, H (K, N) when they sound; `step` iterations were made."""

    W: Tensor
    H: Tensor
    step: int = 0

    def loss(self, V: Tensor, divergence_name: float | str = 1.0) -> float:
        """Σ d(V | WH)."""
        model = (self.W @ self.H).clamp_(min=_tiny(V))
        beta = beta_of(divergence_name)
        return divergence(_floored(V, beta), model, beta)


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
    divergence: float | str = 1.0,
    seed: int = 0,
    start: Factors | None = None,
    shape: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Factors]:
    """States of the factorisation of V (F, N) >= 0, the first before any update, without end.

    start: resume from these factors instead of random ones. shape: applied to W after each of its updates.
    Raises InputError or ParameterError, in a sentence, for what cannot be factorised.
    """
    beta = beta_of(divergence)
    _check(V, rank)
    return _states(_floored(V, beta), rank, beta, seed, start, shape)


def _states(
    V: Tensor, rank: int, beta: float, seed: int, start: Factors | None, shape: Callable[[Tensor], Tensor] | None
) -> Iterator[Factors]:
    tiny, buffer = _tiny(V), torch.empty_like(V)
    state = start or _random(V, rank, seed)
    while True:
        yield state
        H = step_H(V, state.W, state.H, beta, buffer, tiny)
        W = step_W(V, state.W, H, beta, buffer, tiny)
        state = Factors(shape(W) if shape else W, H, state.step + 1)


def factorise(
    V: Any,
    rank: int,
    *,
    divergence: float | str = 1.0,
    iterations: int = 200,
    tolerance: float = 1e-4,
    seed: int = 0,
    start: Factors | None = None,
    shape: Callable[[Tensor], Tensor] | None = None,
    report: Report = SILENT,
) -> Factorisation:
    """Factorise V (F, N) >= 0, a NumPy array or a tensor; W and H come back as the same kind.

    tolerance: stop once ten iterations lower the loss by less than this share; 0 makes all `iterations`.
    """
    tensor = torch.as_tensor(V)
    states = iterate(tensor, rank, divergence=divergence, seed=seed, start=start, shape=shape)
    losses: list[float] = []
    state = next(states)
    for count in itertools.count():
        if count % EVERY == 0 or count == iterations:
            losses.append(state.loss(tensor, divergence))
            if len(losses) > 1 and losses[-2] - losses[-1] < tolerance * losses[-2]:
                break
        if count == iterations:
            break
        report(count, iterations, "Learning the atoms")
        state = next(states)
    report(1, 1, "Learning the atoms")
    scale = state.W.sum(0)
    W, H = state.W / scale, state.H * scale[:, None]
    if isinstance(V, Tensor):
        return Factorisation(W, H, tuple(losses))
    return Factorisation(W.numpy(), H.numpy(), tuple(losses))


def _random(V: Tensor, rank: int, seed: int) -> Factors:
    """Seeded on the CPU, so that every device starts alike; of V's own size, so that scaling V scales H."""
    generator = torch.Generator().manual_seed(seed)
    W = torch.rand(V.shape[0], rank, generator=generator, dtype=torch.float64) + 0.1
    H = torch.rand(rank, V.shape[1], generator=generator, dtype=torch.float64) + 0.1
    H = H * (float(V.mean()) / (0.36 * rank))  # 0.36 is the mean of a product of two such numbers
    return Factors(W.to(V), H.to(V))


def _tiny(V: Tensor) -> float:
    """What counts as nothing in V: 120 dB and more below its mean."""
    return 1e-12 * float(V.mean(dtype=torch.float64))


def _floored(V: Tensor, beta: float) -> Tensor:
    """V itself, or for β < 1, where digital silence would cost infinitely much, V with a floor 90 dB down."""
    return V if beta >= 1.0 else V.clamp(min=1e-9 * float(V.mean(dtype=torch.float64)))


def _check(V: Tensor, rank: int) -> None:
    if V.ndim != 2 or not V.is_floating_point() or not V.numel():
        raise InputError("A spectrogram to factorise is a table of real numbers with two axes, bins and frames.")
    low, high = float(V.min()), float(V.max())
    if not (low >= 0.0 and high < float("inf")):  # NaN fails both
        raise InputError("A spectrogram to factorise must hold finite numbers that are not negative: take magnitudes.")
    if high == 0.0:
        raise InputError("This spectrogram is all zeros: there is nothing in it to take apart.")
    if not 1 <= rank <= min(V.shape):
        raise ParameterError(
            f"The number of atoms must lie between 1 and {min(V.shape)} for {V.shape[0]} bins × {V.shape[1]} frames; "
            f"{rank} does not."
        )
