"""Progress and cancel travel together: the object that reports is the one that raises `Cancelled`.

A long computation takes a `report` and calls `report(done, total, message)` as it goes. `report.split(2, 1)`
gives two reports that share one bar by weight. Calls are throttled to ten a second; the first, the last and
every new message always pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from separation.errors import Cancelled

Progress = Callable[[float, float, str], object]

INTERVAL = 0.1  # seconds between two calls of the listener


class Event(Protocol):
    """Anything with `is_set()`: `threading.Event`, `multiprocessing.Event`, or one's own."""

    def is_set(self) -> bool: ...


class Report:
    """Says how far a computation is, and raises `Cancelled` from the same call when it should stop.

    progress: called with (done, total, message), 0 <= done <= total; None for silence.
    cancel: polled at every call; once set, the call raises `Cancelled`.
    """

    def __init__(self, progress: Progress | None = None, cancel: Event | None = None) -> None:
        self._progress = progress
        self._cancel = cancel
        self._last = -INTERVAL
        self._message: str | None = None

    def check(self) -> None:
        """Raise `Cancelled` if a stop was asked for; costs next to nothing, so call it often."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled("The separation was cancelled; nothing was written.")

    def __call__(self, done: float, total: float, message: str = "") -> None:
        """Report `done` out of `total` (any unit, total > 0) with a short message."""
        self.check()
        if self._progress is None:
            return
        now = time.monotonic()
        if done < total and message == self._message and now - self._last < INTERVAL:
            return
        self._last, self._message = now, message
        self._progress(min(done, total), total, message)

    def split(self, *weights: float) -> tuple[Report, ...]:
        """One report per weight; together they fill this one from start to end."""
        whole, start, parts = float(sum(weights)), 0.0, []
        for weight in weights:
            parts.append(_Part(self, start / whole, weight / whole))
            start += weight
        return tuple(parts)

    def together(self, *weights: float) -> tuple[Report, ...]:
        """One report per weight, for parts that advance side by side: this one shows the sum of their shares."""
        whole, shares = float(sum(weights)), [0.0] * len(weights)
        return tuple(_Beside(self, shares, k, weight / whole) for k, weight in enumerate(weights))


class _Part(Report):
    def __init__(self, parent: Report, offset: float, scale: float) -> None:
        super().__init__()
        self._parent, self._offset, self._scale = parent, offset, scale

    def check(self) -> None:
        self._parent.check()

    def __call__(self, done: float, total: float, message: str = "") -> None:
        share = min(done / total, 1.0) if total > 0 else 1.0
        self._parent(self._offset + self._scale * share, 1.0, message)


class _Beside(Report):
    def __init__(self, parent: Report, shares: list[float], place: int, scale: float) -> None:
        super().__init__()
        self._parent, self._shares, self._place, self._scale = parent, shares, place, scale

    def check(self) -> None:
        self._parent.check()

    def __call__(self, done: float, total: float, message: str = "") -> None:
        share = min(done / total, 1.0) if total > 0 else 1.0
        self._shares[self._place] = max(self._shares[self._place], self._scale * share)
        self._parent(sum(self._shares), 1.0, message)


def time_left(started: float, now: float, share: float) -> float | None:
    """Seconds left at `share` (0 to 1) of the work, from two monotonic times; None while too early to say."""
    elapsed = now - started
    if share < 0.02 or elapsed < 0.5:
        return None
    return elapsed * (1.0 - share) / share


SILENT = Report()
