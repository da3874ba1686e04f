"""The cheapest way to walk two sequences at once: dynamic time warping in bands, coarse to fine.

The recursion is that of Sakoe & Chiba (1978) with the weights 2 (both step), 1.5 and 1.5 (one waits; Ewert, Müller &
Grosche, ICASSP 2009). A whole table is made only of averaged sequences; each finer level looks within `reach` frames of
the way found before (Salvador & Chan 2007), so memory grows with length, not with its square. A row is one vectorised
step: waiting in a row is a running minimum over sums.
"""

from __future__ import annotations

import numpy as np

COARSE = 400  # frames of a sequence whose whole table is made
REACH = 40  # frames beside the coarser way that a finer level looks at
BOTH, ONE = 2.0, 1.5


def warp(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The way (L, 2), pairs of frames from (0, 0) to the last ones, never going back.

    x (N, D), y (M, D): features, compared by Euclid's distance. Both need one frame at least.
    """
    sequences = [(x, y)]
    while max(len(sequences[-1][0]), len(sequences[-1][1])) > COARSE:
        sequences.append((_halved(sequences[-1][0]), _halved(sequences[-1][1])))
    way = None
    for a, b in reversed(sequences):
        if way is None:
            low, high = np.zeros(len(a), int), np.full(len(a), len(b))
        else:
            low, high = _band(way, len(a), len(b))
        way = _walk(a.astype(np.float64), b.astype(np.float64), low, high)
    assert way is not None
    return way


def _walk(x: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The cheapest way within columns low[i] … high[i] − 1 of each row i; the bounds never fall."""
    squares = np.square(y).sum(1)
    before, came = np.full(1, np.inf), []
    first = 0
    for i, one in enumerate(x):
        a, b = low[i], high[i]
        cost = np.sqrt(np.maximum(squares[a:b] - 2.0 * (y[a:b] @ one) + one @ one, 0.0))
        above = np.full(b - a + 1, np.inf)  # of the row before, columns a − 1 … b − 1
        start, stop = max(a - 1, first), min(b, first + len(before))
        if i and stop > start:
            above[start - a + 1 : stop - a + 1] = before[start - first : stop - first]
        both, up = above[:-1] + BOTH * cost, above[1:] + ONE * cost
        if i == 0:
            both[0], up[0] = cost[0], np.inf
        best = np.minimum(both, up)
        sums = ONE * np.cumsum(cost)
        after = np.minimum.accumulate(best - sums) + sums
        came.append(np.where(after < best - 1e-12, 2, np.where(both <= up, 0, 1)).astype(np.uint8))
        before, first = after, a
    i, j = len(x) - 1, len(y) - 1
    way = [(i, j)]
    while i or j:
        step = came[i][j - low[i]] if i else 2
        i, j = (i - 1, j - 1) if step == 0 else (i - 1, j) if step == 1 else (i, j - 1)
        way.append((i, j))
    return np.array(way[::-1])


def _band(way: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a finer level looks: twice the coarser way, REACH to each side; the corners are always within."""
    low, high = np.full(rows, columns), np.zeros(rows, int)
    for i, j in way:
        for fine in (2 * i, 2 * i + 1):
            if fine < rows:
                low[fine], high[fine] = min(low[fine], 2 * j), max(high[fine], 2 * j + 2)
    low = np.minimum.accumulate(low[::-1])[::-1] - REACH
    high = np.maximum.accumulate(high) + REACH
    low[0], high[-1] = 0, columns
    return np.clip(low, 0, columns - 1), np.clip(high, 1, columns)


def _halved(x: np.ndarray) -> np.ndarray:
    """The means of each two frames; the last alone where their number is odd."""
    even = x[: len(x) // 2 * 2].reshape(-1, 2, x.shape[1]).mean(1)
    return even if len(x) % 2 == 0 else np.concatenate((even, x[-1:]))
