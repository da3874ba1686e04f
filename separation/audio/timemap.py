"""Which place of a sound is heard when it is stretched: straight on, but at natural speed through every attack.

An attack that is stretched is smeared, so the way through it is copied as it is, and the stretch is made up for
between attacks (Grofit & Lavner, "Time-scale modification of audio signals using enhanced WSOLA with management of
transients", IEEE TASLP 16(1), 2008). Each attack itself lies exactly where the even stretch puts it. All stems of a
song follow one map, so they stay together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHARE = 0.3  # of the way to the neighbouring attack that may be copied, on either side


class TimeMap:
    """Places in the stretched sound → places in the sound.

    factor: how much longer the stretched sound is. frames: length of the sound. attacks: ascending places in it.
    guard: how many samples before and after an attack are copied, where the neighbours leave room.
    """

    def __init__(self, factor: float, frames: int, attacks: Sequence[int] = (), guard: int = 0) -> None:
        inside = np.asarray([t for t in attacks if 0 < t < frames], np.float64)
        gaps = np.diff(np.concatenate([[0.0], inside, [float(frames)]])) * min(1.0, factor) * SHARE
        before, after = np.minimum(guard, gaps[:-1]), np.minimum(guard, gaps[1:])
        self.attacks = inside.astype(np.int64)
        self.starts, self.ends = factor * inside - before, factor * inside + after  # in the stretched sound
        span = 2.0 * guard + 1.0
        outer = np.asarray([[-span, -span], [0.0, 0.0]])
        last = np.asarray([[factor * frames, float(frames)], [factor * frames + span, frames + span]])
        through = np.stack(
            [np.stack([self.starts, inside - before], 1), np.stack([self.ends, inside + after], 1)], axis=1
        ).reshape(-1, 2)
        knots = np.concatenate([outer, through, last])
        self._to, self._from = knots[:, 0], knots[:, 1]

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """Places in the sound (n,) int64 of places in the stretched sound (n,)."""
        inner = np.interp(places, self._to, self._from)
        inner += np.minimum(0.0, places - self._to[0]) + np.maximum(0.0, places - self._to[-1])
        return np.floor(inner + 0.5).astype(np.int64)

    def attack_at(self, places: np.ndarray) -> np.ndarray:
        """For each place (n,) in the stretched sound the number of the attack it is copied through; −1 for none."""
        if not len(self.attacks):
            return np.full(len(places), -1)
        number = np.searchsorted(self.starts, places, side="right") - 1
        return np.where((number >= 0) & (places <= self.ends[number]), number, -1)
