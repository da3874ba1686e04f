"""Dither for sound that is reduced to 16 bits: triangular noise of ±1 step, so that the error is no longer distortion.

Two uniform random numbers added (TPDF) make mean and variance of the error independent of the sound (Lipshitz,
Wannamaker & Vanderkooy, "Quantization and dither", JAES 40(5), 1992). What already lies on the steps needs none.
"""

from __future__ import annotations

import numpy as np


class Dither:
    """Adds the noise block by block; seeded, so that the same blocks give the same file."""

    def __init__(self, bits: int = 16, seed: int = 0) -> None:
        self._scale = float(1 << (bits - 1))
        self._random = np.random.default_rng(seed)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """(C, n), full scale ±1 -> float64 with noise; the block itself if all of it lies on the steps."""
        steps = np.asarray(block, np.float64) * self._scale
        if np.array_equal(steps, np.rint(steps)):
            return block
        steps += self._random.random(steps.shape)
        steps -= self._random.random(steps.shape)
        return steps / self._scale
