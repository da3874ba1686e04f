"""BSS Eval, versions 4 and 3: an estimate as its source, filtered, plus the other sources, plus artefacts.

Each estimate ŝ is projected on its own reference with a filter of 512 taps from every channel (P s), and on all
references (P all); Vincent, Gribonval & Févotte, IEEE TASLP 14(4), 2006, images as in Vincent et al. 2007:

    SDR = ‖s‖² / ‖ŝ − s‖²            ISR = ‖s‖² / ‖P s − s‖²
    SIR = ‖P s‖² / ‖P all − P s‖²    SAR = ‖P all‖² / ‖ŝ − P all‖²

Version 4 (Stöter, Liutkus & Ito 2018) has one set of filters for the whole song and looks through windows of a second;
version 3 finds new filters for every window, of 30 s usually. The two must not be mixed.

How it is quick: correlations are gathered from short transforms of the song, one Cholesky factor of the block Toeplitz
matrix serves all estimates, and the energies in a window are taken from spectra (Parseval), so nothing is turned back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from separation.errors import InputError

TAPS = 512
PIECE, AT_ONCE = 1 << 12, 128  # samples of the transforms that correlations are gathered from, and how many at a time
RIDGE = 1e-12  # of the mean energy: sources without anything in a band make the matrix singular


@dataclass(frozen=True, eq=False)
class Scores:
    """In dB, (J, windows) float64 each; nan where a reference or an estimate is silent in a window."""

    sdr: np.ndarray
    isr: np.ndarray
    sir: np.ndarray
    sar: np.ndarray

    def median(self) -> dict[str, np.ndarray]:
        """Over the windows that are not silent, (J,) each; nan if all are: what is quoted of a song."""
        return {name: _median(getattr(self, name)) for name in ("sdr", "isr", "sir", "sar")}


def bss_eval(
    references: np.ndarray,
    estimates: np.ndarray,
    *,
    window: int | None = None,
    hop: int | None = None,
    framewise: bool = False,
    taps: int = TAPS,
    check: Callable[[int, int], object] = lambda done, total: None,
) -> Scores:
    """Scores of estimates (J, C, T) beside references (J, C, T), each estimate meant to be the reference of its number.

    window, hop: in samples; None: the whole sound. framewise: new filters for every window (version 3).
    check: called with how many windows of how many are done; what it raises ends the work.
    Raises InputError for shapes that differ or an empty sound.
    """
    if references.ndim != 3 or references.shape != estimates.shape or not references.size:
        raise InputError(
            f"References and estimates must have one shape (stems, channels, samples); "
            f"{references.shape} and {estimates.shape} are not."
        )
    x, y = (np.ascontiguousarray(each, np.float64) for each in (references, estimates))
    length = x.shape[2]
    window = length if window is None else min(window, length)
    hop = window if hop is None else hop
    count = (length - window) // hop + 1
    result = np.full((4, len(x), count), np.nan)
    there = np.flatnonzero(_sounds(x))
    if len(there) == 0:
        return Scores(*result)
    x, y = x[there], y[there]
    size = int(next_fast_len(window + taps - 1, real=True))
    filters = None if framewise else _filters(x, y, taps).spectra(size)
    for index in range(count):
        check(index, count)
        part = slice(index * hop, index * hop + window)
        if _sounds(x[:, :, part]).all() and _sounds(y[:, :, part]).all():
            here = filters or _filters(x[:, :, part], y[:, :, part], taps).spectra(size)
            result[:, there, index] = _ratios(x[:, :, part], y[:, :, part], size, here)
    check(count, count)
    return Scores(*result)


def _sounds(sources: np.ndarray) -> np.ndarray:
    """(J,) whether anything is heard of sources (J, C, n)."""
    return np.asarray(sources.any((1, 2)))


@dataclass(frozen=True, eq=False)
class _Filters:
    """own (C, J, C, taps): what each channel of the own source gives to each channel of the estimate; every
    (J·C, J, C, taps): the same from all channels of all sources."""

    own: np.ndarray
    every: np.ndarray

    def spectra(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        return rfft(self.own, size), rfft(self.every, size)


def _ratios(x: np.ndarray, y: np.ndarray, size: int, filters: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(4, J) decibels of sources x and estimates y (J, C, n); the filters' spectra are of `size`."""
    X, Y = rfft(x, size), rfft(y, size)
    P_own = np.einsum("cjdf,jcf->jdf", filters[0], X)
    P_all = np.einsum("mjdf,mf->jdf", filters[1], X.reshape(-1, X.shape[2]))
    true = _energy(X, size)
    pairs = (
        (true, _energy(Y - X, size)),
        (true, _energy(P_own - X, size)),
        (_energy(P_own, size), _energy(P_all - P_own, size)),
        (_energy(P_all, size), _energy(Y - P_all, size)),
    )
    with np.errstate(divide="ignore"):  # a perfect estimate has infinitely many decibels
        return np.stack([10 * np.log10(above / below) for above, below in pairs])


def _energy(spectrum: np.ndarray, size: int) -> np.ndarray:
    """(J,) of half spectra (J, C, F): every bin counts twice, for its mirror image, but those that have none."""
    parts = spectrum.view(np.float64)
    whole = 2.0 * np.einsum("jcf,jcf->j", parts, parts)
    single = np.square(spectrum[..., 0].real).sum(1)
    if size % 2 == 0:
        single += np.square(spectrum[..., -1].real).sum(1)
    return np.asarray(whole - single)


def _filters(x: np.ndarray, y: np.ndarray, taps: int) -> _Filters:
    """Least-squares filters of all estimates y (J, C, T) from x (J, C, T)."""
    sources, channels = x.shape[:2]
    inputs = sources * channels
    between, across = _correlations(x.reshape(inputs, -1), y.reshape(inputs, -1), taps)
    G, D = _toeplitz(between), across.transpose(0, 2, 1).reshape(inputs * taps, inputs)
    every = _solved(G, D).reshape(inputs, taps, sources, channels).transpose(0, 2, 3, 1)
    own = []
    for j in range(sources):
        rows = slice(j * channels * taps, (j + 1) * channels * taps)
        solved = _solved(G[rows, rows], D[rows, j * channels : (j + 1) * channels])
        own.append(solved.reshape(channels, taps, channels).transpose(0, 2, 1))
    return _Filters(np.stack(own, 1), np.ascontiguousarray(every))


def _correlations(x: np.ndarray, y: np.ndarray, taps: int) -> tuple[np.ndarray, np.ndarray]:
    """Σ_t x_m(t) x_n(t + τ) for |τ| < taps, (M, M, 2 taps − 1) from −taps + 1 on, and Σ_t x_m(t) y_n(t + τ) for τ >= 0.

    A piece of x meets the same piece of x and y with taps − 1 more samples on both sides; spectra add up over the song.
    """
    size = max(PIECE, 1 << (4 * taps - 1).bit_length())
    step, margin = size - 2 * (taps - 1), taps - 1
    pieces, inputs = -(-x.shape[1] // step), len(x)
    both = np.concatenate((x, y))
    cross = np.zeros((size // 2 + 1, inputs, len(both)), np.complex128)
    for first in range(0, pieces, AT_ONCE):
        count = min(AT_ONCE, pieces - first)
        begin, width = first * step - margin, count * step + 2 * margin
        part = both[:, max(begin, 0) : begin + width]
        before = max(-begin, 0)
        part = np.pad(part, ((0, 0), (before, width - before - part.shape[1])))
        around = rfft(np.lib.stride_tricks.sliding_window_view(part, size, axis=1)[:, ::step])  # (2 M, pieces, F)
        inside = rfft(part[:inputs, margin : margin + count * step].reshape(inputs, count, step), size)
        cross += np.einsum("mpf,npf->fmn", inside.conj(), around)
    lags = irfft(cross.transpose(1, 2, 0), size)[..., : 2 * taps - 1]  # the margin makes them begin at −taps + 1
    return lags[:, :inputs], lags[:, inputs:, margin:]


def _toeplitz(between: np.ndarray) -> np.ndarray:
    """G[(m, k), (n, l)] = Σ_t x_m(t − k) x_n(t − l) = r_mn(k − l)."""
    inputs, taps = len(between), (between.shape[2] + 1) // 2
    rows = np.lib.stride_tricks.sliding_window_view(between[:, :, ::-1], taps, axis=2)[:, :, ::-1]
    return rows.transpose(0, 2, 1, 3).reshape(inputs * taps, inputs * taps)


def _solved(G: np.ndarray, D: np.ndarray) -> np.ndarray:
    """G⁻¹ D for symmetric G ⪰ 0: where it is singular, with as small a ridge as will do."""
    import torch

    matrix, right = torch.from_numpy(np.ascontiguousarray(G)), torch.from_numpy(np.ascontiguousarray(D))
    ridge = RIDGE * float(matrix.diagonal().mean())
    while True:
        factor, failed = torch.linalg.cholesky_ex(matrix + ridge * torch.eye(len(G), dtype=torch.float64))
        if not int(failed):
            return torch.cholesky_solve(right, factor).numpy()
        ridge *= 100.0


def _median(values: np.ndarray) -> np.ndarray:
    return np.array([np.median(row[~np.isnan(row)]) if not np.isnan(row).all() else np.nan for row in values])
