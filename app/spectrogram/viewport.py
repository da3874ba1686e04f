"""What of the song is seen: seconds from start to end, hertz from low to high. One object for all parts of the area.

Where the eye is belongs to the project: it is written there a moment after it rested, and taken from there when
another project is opened.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from separation.project.project import Project, View

if TYPE_CHECKING:
    from app.document import Document

GUTTER, MARGIN = 52, 8  # pixels left and right of the picture, in every part of the area
SHORTEST = 0.1  # seconds that can fill the view
LOWEST, HIGHEST = 32.0, 16000.0  # Hz, what the pictures hold
NARROWEST = 0.5  # octaves that can fill the view
REST = 250  # ms without a move after which the project learns of it


class Viewport(QObject):
    """Signals: changed (the window moved), reset (another song)."""

    changed = Signal()
    reset = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.total = 1.0
        self.start, self.end = 0.0, 1.0
        self.low, self.high = LOWEST, HIGHEST
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.keep)
        document.changed.connect(self._changed)
        self._adopt(document.project)

    @property
    def length(self) -> float:
        """Seconds that are seen."""
        return self.end - self.start

    @property
    def whole(self) -> bool:
        """Whether all of the song is seen."""
        return self.length >= self.total - 1e-9

    def x(self, seconds: float, width: float) -> float:
        """Where a time lies in a part that is `width` wide, its margins included."""
        return GUTTER + (seconds - self.start) / self.length * body_width(width)

    def time(self, x: float, width: float) -> float:
        """The time at a place; not held within the song."""
        return self.start + (x - GUTTER) / body_width(width) * self.length

    def y(self, hertz: float, height: float) -> float:
        """How far below the upper edge a frequency lies, in a picture of that height."""
        return height * log2(self.high / max(hertz, 1e-3)) / log2(self.high / self.low)

    def frequency(self, y: float, height: float) -> float:
        """Hertz at a place."""
        return float(self.high * (self.low / self.high) ** (y / max(1.0, height)))

    def show_times(self, start: float, end: float) -> None:
        """Show from start to end, held within the song: the length is kept where it fits."""
        length = min(self.total, max(min(SHORTEST, self.total), end - start))
        start = min(max(0.0, start), self.total - length)
        self._become(start, start + length, self.low, self.high)

    def show_frequencies(self, low: float, high: float) -> None:
        """Show from low to high, held within what the pictures hold."""
        octaves = min(log2(HIGHEST / LOWEST), max(NARROWEST, log2(max(high, 1.0) / max(low, 1.0))))
        low = min(max(LOWEST, low), HIGHEST / 2**octaves)
        self._become(self.start, self.end, low, min(HIGHEST, low * 2**octaves))

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show `factor` times as many seconds; the time `at` stays where it is (None: the middle)."""
        at = (self.start + self.end) / 2 if at is None else at
        length = min(self.total, max(min(SHORTEST, self.total), self.length * factor))
        start = at - (at - self.start) / self.length * length
        self.show_times(start, start + length)

    def zoom_frequency(self, factor: float, at: float) -> None:
        """Show `factor` times as many octaves; the frequency `at` stays where it is."""
        span = log2(self.high / self.low)
        octaves = min(log2(HIGHEST / LOWEST), max(NARROWEST, span * factor))
        low = at * 2 ** (-log2(at / self.low) / span * octaves)
        self.show_frequencies(low, low * 2**octaves)

    def pan(self, seconds: float) -> None:
        """Scroll by that much."""
        self.show_times(self.start + seconds, self.end + seconds)

    def pan_frequency(self, octaves: float) -> None:
        """Scroll up by that much."""
        self.show_frequencies(self.low * 2**octaves, self.high * 2**octaves)

    def fit(self) -> None:
        """The whole song, all frequencies."""
        self._become(0.0, self.total, LOWEST, HIGHEST)

    def follow(self, before: float, now: float) -> None:
        """The playhead went from one time to another: turn the page when it leaves the window, or jumps.

        A person who looked elsewhere meanwhile is left there until the playhead jumps or comes into the window.
        """
        if self.start <= now <= self.end:
            return
        if self.start <= before <= self.end or abs(now - before) > 0.5:
            self.show_times(now, now + self.length)

    def keep(self) -> None:
        """Write the window into the project."""
        self._rest.stop()
        if self._document.project.source is not None:
            self._document.set_view(self._view())

    def _view(self) -> View:
        return View(self.start, 0.0 if self.whole else self.end, self.low, self.high)

    def _become(self, start: float, end: float, low: float, high: float) -> None:
        if (start, end, low, high) != (self.start, self.end, self.low, self.high):
            self.start, self.end, self.low, self.high = start, end, low, high
            self._rest.start()
            self.changed.emit()

    def _changed(self, before: Project, after: Project) -> None:
        old, new = before.source, after.source
        if (old is None) != (new is None) or (old and new and old.path != new.path):
            self._adopt(after)
            self.reset.emit()
            self.changed.emit()
        elif old is not new and new is not None:  # its length became known
            whole, self.total = self.whole, max(new.duration, 1e-3)
            if whole:
                self.show_times(0.0, self.total)
            else:
                self.show_times(self.start, self.end)
        elif before.view != after.view and after.view != self._view():
            self._adopt(after)
            self.changed.emit()

    def _adopt(self, project: Project) -> None:
        self._rest.stop()
        view = project.view
        self.total = max(project.source.duration, 1e-3) if project.source else 1.0
        end = min(view.end, self.total) if view.end > 0 else self.total
        start = min(max(0.0, view.start), end)
        if end - start < min(SHORTEST, self.total):
            start, end = 0.0, self.total
        low, high = max(LOWEST, view.low), min(HIGHEST, view.high)
        if high < low * 2**NARROWEST:
            low, high = LOWEST, HIGHEST
        self.start, self.end, self.low, self.high = start, end, low, high


def body_width(width: float) -> float:
    """Of the picture in a part that is `width` wide."""
    return max(1.0, width - GUTTER - MARGIN)
