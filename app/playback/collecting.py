"""Collecting garbage while there is a render thread: only ever in the window's thread, and briefly.

Python collects in whichever thread happens to allocate. In the render thread that would make a gap, and would destroy
widgets outside the window's thread, which Qt does not survive. So automatic collecting is off while a player is open;
a timer does it instead, and what was there at the first play is not looked at any more.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

PERIOD = 500  # milliseconds

_open: set[Collector] = set()


class Collector(QObject):
    """From its making to `close`; the last one closed gives collecting back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        _open.add(self)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(PERIOD)

    def look(self) -> None:
        """Collect the oldest generation that is due, by Python's own thresholds."""
        due = [g for g, (n, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)) if n > most > 0]
        if due:
            gc.collect(due[-1])

    def settle(self) -> None:
        """What there is now stays: collecting need not look at it again."""
        if not gc.get_freeze_count():
            gc.freeze()

    def close(self) -> None:
        self._timer.stop()
        _open.discard(self)
        if not _open:
            gc.enable()
