"""Ctrl-C and a polite kill: both raise `Cancelled` at once, and only once, so that tidying up is not disturbed."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from separation.errors import Cancelled

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """While entered, SIGINT, SIGTERM and SIGHUP raise `Cancelled`; also an event for `Report`."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._asked = self._shielded = False

    def is_set(self) -> bool:
        return self._asked

    def __enter__(self) -> Interruption:
        self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Let the block inside, a short one, run to its end; a signal that came meanwhile acts afterwards."""
        before, self._shielded = self._asked, True
        try:
            yield
        finally:
            self._shielded = False
        if self._asked and not before:
            raise Cancelled("The separation was cancelled.")

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first, self._asked = not self._asked, True
        if first and not self._shielded:
            raise Cancelled("The separation was cancelled.")
