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

PER_OCTAVE, LOWEST, OCTAVES = 12, 55.0, 8  # rows of the spectra, from A1 up
SHIFTS = 4 * PER_OCTAVE  # the pitches of an instrument lie within so many steps
RESTARTS, STEPS = 5, 100
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


def shifted(D: Tensor, shifts: int) -> Tensor:
    """What a window of B rows shows of spectra D (B + S − 1, J) moved up by s = 0 … S − 1 rows: (B, J, S)."""
    return D[_rows(len(D), shifts)].transpose(1, 2)


def gathered(G: Tensor, shifts: int) -> Tensor:
    """The adjoint of `shifted`: G (B, J, S) moved back down and added up, (B + S − 1, J)."""
    bins, groups, _ = G.shape
    rows = _rows(bins + shifts - 1, shifts)
    return G.new_zeros(bins + shifts - 1, groups).index_add_(
        0, rows.reshape(-1), G.transpose(1, 2).reshape(-1, groups)
    )


def _rows(length: int, shifts: int) -> Tensor:
    return torch.arange(length - shifts + 1)[:, None] - torch.arange(shifts) + shifts - 1


def distances(L: Tensor, shifts: int) -> Tensor:
    """1 − the best correlation over all shifts up to S / 2 either way, (K, K), of spectra L (B, K)."""
    rows = torch.nn.functional.pad(L / L.norm(dim=0).clamp(min=1e-30), (0, 0, shifts // 2, shifts - 1 - shifts // 2))
    moved = shifted(rows, shifts)  # (B, K, S)
    here = L / L.norm(dim=0).clamp(min=1e-30)
    return (1.0 - torch.einsum("bk,bls->kls", here, moved).amax(2)).clamp(min=0.0)


def _seeds(apart: Tensor, groups: int, generator: torch.Generator) -> Tensor:
    """Atoms far from each other, (J,): the first at random, each next one the likelier the farther (k-means++)."""
    chosen = torch.randint(len(apart), (1,), generator=generator)
    for _ in range(groups - 1):
        gap = apart[chosen].amin(0).square() + 1e-12
        chosen = torch.cat((chosen, torch.multinomial(gap, 1, generator=generator)))
    return chosen


def _once(L: Tensor, seeds: Tensor, shifts: int, check: Callable[[], object]) -> tuple[float, Tensor]:
    """Loss and labels (K,) after multiplicative updates for the Kullback-Leibler divergence."""
    (bins, atoms), groups = L.shape, len(seeds)
    middle = shifts - 1 - shifts // 2
    D = torch.nn.functional.pad(L[:, seeds], (0, 0, middle, shifts - 1 - middle)) + 1e-2 / bins
    D = D / D.sum(0)
    T = shifted(D, shifts).reshape(bins, -1)
    A = L.new_full((groups * shifts, atoms), 1.0 / (groups * shifts))
    for _ in range(STEPS):
        check()
        A = A * (T.T @ (L / (T @ A).clamp(min=1e-12))) / T.sum(0).clamp(min=1e-12)[:, None]
        ratio = L / (T @ A).clamp(min=1e-12)
        played = A.sum(1).expand(bins, -1).reshape(bins, groups, shifts)
        pull = gathered((ratio @ A.T).reshape(bins, groups, shifts), shifts)
        D = D * pull / gathered(played, shifts).clamp(min=1e-12)
        D = D / D.sum(0).clamp(min=1e-30)
        T = shifted(D, shifts).reshape(bins, -1)
    model = (T @ A).clamp(min=1e-12)
    loss = float((L * (L / model).log() - L + model).sum())
    made = T.sum(0)[:, None] * A
    return loss, made.reshape(groups, shifts, atoms).sum(1).argmax(0)
