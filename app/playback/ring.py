"""The buffer between the thread that renders and the callback that plays. Neither waits for the other.

Frames are counted from the start of the stream. Only the callback moves `read`; only the render thread writes ahead
of it. To change what was written already, the render thread prepares another content and puts it in place with one
assignment; a callback that is under way finishes with the old one.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np


class _Content:
    """Frames (capacity, channels), where writing stands, and the same memory as bytes."""

    __slots__ = ("bytes", "data", "write")

    def __init__(self, capacity: int, channels: int, write: int) -> None:
        self.data = np.zeros((capacity, channels), np.float32)
        self.bytes = self.data.data.cast("B")
        self.write = write

    def put(self, at: int, rows: np.ndarray) -> None:
        first = at % len(self.data)
        part = min(len(rows), len(self.data) - first)
        self.data[first : first + part] = rows[:part]
        self.data[: len(rows) - part] = rows[part:]

    def get(self, start: int, stop: int) -> np.ndarray:
        return self.data[np.arange(start, stop) % len(self.data)]


class Ring:
    """Float32 frames on their way to the sound card.

    read: frames handed over so far. quiet: running dry is meant. starved: callbacks that found too little.
    mark: (frame, monotonic time at which it is heard), as the last callback was told.
    """

    def __init__(self, capacity: int, channels: int) -> None:
        self.capacity, self.channels = capacity, channels
        self.read = 0
        self.quiet = True
        self.starved = 0
        self.mark = (0, 0.0)
        self._content = _Content(capacity, channels, 0)
        self._frame = 4 * channels
        self._silence = bytes(self._frame * capacity)

    @property
    def write(self) -> int:
        """One past the last frame written."""
        return self._content.write

    @property
    def room(self) -> int:
        """Frames that can be appended now."""
        return self.capacity - (self._content.write - self.read)

    def append(self, rows: np.ndarray) -> None:
        """Write frames (n, channels), n <= room."""
        content = self._content
        content.put(content.write, rows)
        content.write += len(rows)

    def replace(self, seen: int, at: int, rows: np.ndarray) -> bool:
        """From frame `at` on it becomes `rows`. False, and nothing done, if `read` moved since it was `seen`."""
        old = self._content
        new = _Content(self.capacity, self.channels, at + len(rows))
        new.put(seen, old.get(seen, at))
        new.put(at, rows)
        if self.read != seen:
            return False
        self._content = new
        return True

    def take(self, out: Any, count: int, delay: float) -> None:
        """Copy the next `count` frames into the byte buffer `out`; they are heard `delay` seconds from now."""
        content, read, frame = self._content, self.read, self._frame
        there = min(count, content.write - read)
        first = read % self.capacity
        part = min(there, self.capacity - first)
        out[: part * frame] = content.bytes[first * frame : (first + part) * frame]
        if part < there:
            out[part * frame : there * frame] = content.bytes[: (there - part) * frame]
        if there < count:
            out[there * frame : count * frame] = self._silence[: (count - there) * frame]
            if not self.quiet:
                self.starved += 1
        if there:  # in silence the last mark goes on, until all that was written is heard
            self.mark = (read, time.perf_counter() + delay)
            self.read = read + there
