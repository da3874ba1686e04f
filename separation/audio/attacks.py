"""Where notes and hits begin: spectral flux says that something begins, the rise of the treble's energy says when.

Flux of log-compressed magnitudes, picked where it is the highest near it and above what is usual there (Bello et al.,
"A tutorial on onset detection in music signals", IEEE TSAP 13(5), 2005); the place is then the steepest rise of the
differenced sound's level, to about a millisecond.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

import numpy as np

BATCH = 256  # frames computed at once: fixed, so that the size of the blocks cannot change a bit
FINE = 4  # steps of the level per hop
NEAR, AROUND = 0.03, 0.4  # seconds: a peak is alone so far; what is usual is measured over so far
ABOVE, LEAST = 1.4, 0.02  # times what is usual, and at least this mean growth per bin
APART = 0.04  # seconds between attacks


def find_attacks(blocks: Iterable[np.ndarray], sample_rate: int) -> tuple[int, ...]:
    """Places of attacks in samples, ascending, of consecutive blocks (C, n) float32."""
    fine = max(1, 2 ** round(np.log2(max(1.0, sample_rate / 44100 * 64))))
    hop, size = FINE * fine, 16 * fine
    flux, level, before = [], [], None
    for part in _cut(blocks, BATCH * hop, size):
        spectra = np.fft.rfft(_frames(part, size, hop) * np.hanning(size).astype(np.float32))
        loud = np.log1p(100 * np.sqrt((spectra.real**2 + spectra.imag**2).sum(axis=0)) / np.sqrt(size))
        grown = np.diff(loud, axis=0, prepend=loud[:1] * 0 if before is None else before)
        flux.append(np.maximum(grown, 0).mean(axis=1))
        before = loud[-1:]
        steps = np.diff(part[:, : BATCH * hop], axis=1, prepend=part[:, :1])
        level.append(np.square(steps).sum(axis=0).reshape(-1, fine).mean(axis=1))
    if not flux:
        return ()
    found = _picked(np.concatenate(flux).astype(np.float64), sample_rate / hop)
    rise = _rise(np.concatenate(level).astype(np.float64))
    places: list[int] = []
    for frame in found:
        low = frame * FINE
        near = rise[low : low + size // fine]
        place = (low + int(np.argmax(near))) * fine + fine // 2
        if not places or place - places[-1] >= APART * sample_rate:
            places.append(place)
    return tuple(places)


def merged(lists: Iterable[Iterable[int]], sample_rate: int) -> tuple[int, ...]:
    """Attacks of several stems as one ascending list: where two are close, that of the earlier list counts."""
    found: list[int] = []
    for places in lists:
        for place in places:
            at = bisect_left(found, place)
            if all(abs(place - other) >= APART * sample_rate for other in found[max(0, at - 1) : at + 1]):
                insort(found, place)
    return tuple(found)


def _picked(flux: np.ndarray, rate: float) -> np.ndarray:
    """Frames where something begins."""
    near, around = max(1, round(NEAR * rate)), max(1, round(AROUND * rate))
    padded = np.pad(flux, near)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).max(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(np.pad(flux, around))])
    usual = (sums[2 * around + 1 :] - sums[: -2 * around - 1]) / (2 * around + 1)
    return np.flatnonzero((flux >= highest) & (flux > ABOVE * usual + LEAST))


def _rise(level: np.ndarray) -> np.ndarray:
    """How much louder each step is than the four before it, weighed by how loud it is."""
    quiet = 1e-10
    sums = np.concatenate([np.zeros(5), np.cumsum(level)])
    past = (sums[4:-1] - sums[:-5]) / 4
    return np.log((level + quiet) / (past + quiet)) * np.sqrt(level)


def _cut(blocks: Iterable[np.ndarray], count: int, size: int) -> Iterator[np.ndarray]:
    """Parts (C, count + size), each beginning `count` samples after the one before; silence after the end."""
    held: list[np.ndarray] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += block.shape[1]
        while length >= count + size:
            whole = np.concatenate(held, axis=1)
            yield whole[:, : count + size]
            held, length = [whole[:, count:]], length - count
    while length > 0:
        whole = np.concatenate(held, axis=1)
        whole = np.pad(whole, ((0, 0), (0, max(0, count + size - length))))
        yield whole[:, : count + size]
        held, length = [whole[:, count:]], length - count


def _frames(part: np.ndarray, size: int, hop: int) -> np.ndarray:
    """Frames (C, n, size) of a part (C, n · hop + size)."""
    return np.lib.stride_tricks.sliding_window_view(part, size, axis=1)[:, : BATCH * hop : hop]
