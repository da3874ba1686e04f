"""What a person sees while a command runs: bars on a terminal, plain lines elsewhere, all of it on stderr.

stdout belongs to results: paths for people, one JSON object with `--json`.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import Any, TextIO

from separation.progress import Progress, time_left

INTERVAL = 5.0  # seconds between two plain lines
SLOT = 24  # width of the bar


class Terminal:
    """Progress, notices and errors of one command."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out, self._err = out or sys.stdout, err or sys.stderr
        self._live = self._err.isatty()
        self._drawn = False

    def progress(self, label: str) -> Progress:
        """A listener for `Report` that shows how far `label` is and how long it will take."""
        return _Bar(self, label, self._live)

    def draw(self, line: str) -> None:
        """Put `line` in place of the bar drawn before."""
        width = shutil.get_terminal_size().columns - 1
        self._print(f"\r\x1b[K{line[:width]}", end="")
        self._drawn = True

    def clear(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._print("\r\x1b[K", end="")
            self._drawn = False

    close = clear

    def say(self, text: str) -> None:
        """A line on stderr that is no result."""
        self.clear()
        self._print(text)

    def error(self, text: str) -> None:
        """What went wrong, and what to do."""
        self.say(f"unbraid: {text}")

    def result(self, text: str) -> None:
        """A line on stdout."""
        self.clear()
        print(_safe(text, self._out), file=self._out, flush=True)

    def json(self, value: Any) -> None:
        """The one object on stdout."""
        self.result(json.dumps(value, indent=2, ensure_ascii=False))

    def _print(self, text: str, end: str = "\n") -> None:
        print(_safe(text, self._err), file=self._err, end=end, flush=True)


class _Bar:
    def __init__(self, terminal: Terminal, label: str, live: bool) -> None:
        self._terminal, self._label, self._live = terminal, label, live
        self._started = time.monotonic()
        self._said = -INTERVAL
        self._ended = False

    def __call__(self, done: float, total: float, message: str) -> None:
        now, share = time.monotonic(), done / total if total > 0 else 1.0
        left = time_left(self._started, now, share)
        remaining = f"{duration(left)} left" if left is not None and share < 1 else ""
        tail = ", ".join(
            part for part in (remaining, message) if part
        )  # a narrow terminal cuts the message, not the time
        if self._live:
            full = round(share * SLOT)
            self._terminal.draw(f"{self._label[:40]}  {'█' * full}{'░' * (SLOT - full)} {share:4.0%}  {tail}")
        elif not self._ended and (now - self._said >= INTERVAL or share >= 1):
            self._said, self._ended = now, share >= 1
            self._terminal.say(f"{self._label}: {share:.0%}{', ' if tail else ''}{tail}")


def duration(seconds: float) -> str:
    """5 s, 1 min 20 s, 2 h 5 min."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _safe(text: str, stream: TextIO) -> str:
    """Text that the stream's encoding can show; file names may hold bytes that are no text at all."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
