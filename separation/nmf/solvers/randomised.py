"""Extrapolated least squares on a compressed spectrogram (Tepper & Sapiro 2016; Erichson et al. 2018).

V's columns almost lie in the span Q of K + EXTRA random mixtures of them, sharpened by two power iterations. Products
with V become products with QᵀV, which has far fewer rows; Euclidean distance only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from separation.nmf.factors import Factors
from separation.nmf.problem import Problem
from separation.nmf.products import times
from separation.nmf.solvers import hals

EXTRA, POWERS = 20, 2


def states(problem: Problem, start: Factors, seed: int = 0) -> Iterator[Factors]:
    """States without end, the start first; the loss is that of V only nearly, so it may rise at the very end."""
    hals.refuse_others(problem)
    basis = basis_of(problem.frames, start.W.shape[1] + EXTRA, seed, problem.check)
    small = replace(problem, frames=times(problem.frames, basis))
    return hals.extrapolated(small, start, basis)


def basis_of(frames: Tensor, size: int, seed: int = 0, check: Callable[[], object] = lambda: None) -> Tensor:
    """Orthonormal columns (F, size) that span most of frames (N, F)."""
    size = min(size, *frames.shape)
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(size, len(frames), generator=generator, dtype=torch.float64).to(frames)
    Q = torch.linalg.qr(hals.products_for_W(frames, mix).T).Q
    for _ in range(POWERS):
        check()
        P = torch.linalg.qr(times(frames, Q)).Q
        check()
        Q = torch.linalg.qr(hals.products_for_W(frames, P.T).T).Q
    return Q.contiguous()
