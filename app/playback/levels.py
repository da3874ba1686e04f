"""What the meters show: peaks and loudness of sound that is being heard, gathered as it passes."""

from __future__ import annotations

from collections import deque

import numpy as np

from separation.audio.loudness import LoudnessMeter

Reading = dict[str, tuple[float, float] | float]


class Levels:
    """Filled by the render thread, emptied by the window; neither waits for the other.

    names: of the stems.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._meter = LoudnessMeter(sample_rate, channels)
        self._passed: deque[tuple[tuple[str, ...], np.ndarray]] = deque(maxlen=1000)
        self._highest = 0.0
        self._loudness = (float("-inf"),) * 3

    def feed(self, block: np.ndarray, names: tuple[str, ...], peaks: np.ndarray) -> None:
        """A block (C, n) of the mix was heard, with these stems' peaks (J, C) after their faders."""
        master = np.abs(block).max(axis=1)
        self._highest = max(self._highest, float(master.max()))
        self._passed.append((names, np.vstack([peaks, master])))
        self._meter.feed(block)
        self._loudness = (self._meter.momentary, self._meter.short_term, self._meter.integrated)

    def restart(self) -> None:
        """Begin integrated loudness and the highest peak anew."""
        self._meter.reset()
        self._highest = 0.0
        self._loudness = (float("-inf"),) * 3

    def take(self) -> Reading:
        """What was heard since the last call; see `Player.levels`."""
        result: Reading = {}
        while self._passed:
            names, peaks = self._passed.popleft()
            for name, peak in zip((*names, "master"), peaks, strict=True):
                left, right = float(peak[0::2].max()), float(peak[1::2].max()) if len(peak) > 1 else float(peak[0])
                before = result.get(name)
                if isinstance(before, tuple):
                    left, right = max(left, before[0]), max(right, before[1])
                result[name] = (left, right)
        result.setdefault("master", (0.0, 0.0))
        momentary, short_term, integrated = self._loudness
        return result | {
            "momentary": momentary, "short_term": short_term, "integrated": integrated, "peak": self._highest,
        }  # fmt: skip
