"""Grouping by the instrument that plays in different pitches: shifted factorisation of the atoms' own spectra.

Jaiswal, FitzGerald, Barry, Coyle & Rickard, “Clustering NMF basis functions using shifted NMF for monaural sound
source separation”, ICASSP 2011. On a logarithmic frequency axis another pitch is a shift. The atoms' spectra L (B, K)
are a few instruments' spectra D (B, J), each shifted s steps:

    L_bk ≈ Σ_j Σ_s D_(b − s) j  A_jsk

An atom belongs to the instrument that makes most of it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from separation.nmf.shifted import Shifted, states, toeplitz

PER_OCTAVE, LOWEST, OCTAVES = 12, 55.0, 8  # rows of the spectra, from A1 up
SHIFTS = 4 * PER_OCTAVE  # the pitches of an instrument lie within so many steps
RESTARTS, STEPS = 5, 60
SPARSITY = 0.2  # keeps an atom at few places of an instrument
COMPRESSION = 0.5  # power of the spectra, so that the upper partials, which make the timbre, count too


def log_spectra(W: Tensor, sample_rate: int) -> Tensor:
    """Spectra (B, K) on rows of one semitone, float64 on the CPU, each its bins' largest value, or between two bins.

    W (F, K) lies on the bins of an FFT.
    """
    width = sample_rate / 2 / (W.shape[0] - 1)
    edges = LOWEST * 2.0 ** ((torch.arange(PER_OCTAVE * OCTAVES + 1, dtype=torch.float64) - 0.5) / PER_OCTAVE) / width
    W = W.cpu().double()
    rows = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        inside = W[int(-(-low // 1)) : int(high // 1) + 1]
        if high >= W.shape[0] - 1:
            break
        if len(inside):
            rows.append(inside.amax(0))
        else:
            at = (low * high) ** 0.5
            below, part = int(at), at % 1
            rows.append((1 - part) * W[below] + part * W[below + 1])
    return torch.stack(rows) if rows else W.new_zeros(1, W.shape[1])


def by_instruments(L: Tensor, groups: int, seed: int = 0, check: Callable[[], object] = lambda: None) -> Tensor:
    """Labels (K,) of spectra L (B, K) >= 0 with logarithmic rows; the best of several starts, seeded by position.

    check: called at every step; what it raises ends the work.
    """
    L = L.double().pow(COMPRESSION)
    L = L / L.sum(0).clamp(min=1e-30) + 1e-9
    shifts = min(SHIFTS, len(L))
    apart = distances(L, shifts)
    generator = torch.Generator().manual_seed(seed)
    best, labels = float("inf"), torch.zeros(L.shape[1], dtype=torch.long)
    for _ in range(RESTARTS):
        loss, found = _once(L, _seeds(apart, groups, generator), shifts, check)
        if loss < best - 1e-12:
            best, labels = loss, found
    return labels


def distances(L: Tensor, shifts: int) -> Tensor:
    """1 − the best correlation over all shifts up to S / 2 either way, (K, K), of spectra L (B, K)."""
    L = L / L.norm(dim=0).clamp(min=1e-30)
    half, count = shifts // 2, L.shape[1]
    moved = toeplitz(_padded(L, 0, 2 * half).T, shifts)
    return (1.0 - (_padded(L, half, half).T @ moved).reshape(count, count, shifts).amax(2)).clamp(min=0.0)


def _padded(L: Tensor, below: int, above: int) -> Tensor:
    """With silent rows, into which a spectrum may move."""
    return torch.nn.functional.pad(L, (0, 0, below, above))


def _seeds(apart: Tensor, groups: int, generator: torch.Generator) -> Tensor:
    """Atoms far from each other, (J,): the first at random, each next one the likelier the farther (k-means++)."""
    chosen = torch.randint(len(apart), (1,), generator=generator)
    for _ in range(groups - 1):
        gap = apart[chosen].amin(0).square() + 1e-12
        chosen = torch.cat((chosen, torch.multinomial(gap, 1, generator=generator)))
    return chosen


def _once(L: Tensor, seeds: Tensor, shifts: int, check: Callable[[], object]) -> tuple[float, Tensor]:
    """Loss and labels (K,) when the instruments start as the atoms `seeds` (J,) and may move S / 2 rows either way."""
    half, groups = shifts // 2, len(seeds)
    V = _padded(L, half, half) + 1e-9
    W = _padded(L[:, seeds], 0, 2 * half).T[:, None] + 1e-2 / len(L)
    W = W / W.sum(2, keepdim=True)
    H = L.new_full((groups, shifts, L.shape[1]), 1.0 / (groups * shifts))
    for state in states(V, Shifted(W, H), sparsity=SPARSITY):
        check()
        if state.step == STEPS:
            return state.loss(V, SPARSITY), state.H.sum(1).argmax(0)
    raise AssertionError("states never end")
