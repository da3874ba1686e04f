"""Changing the sample rate, whole or as the sound flows past: SoXR's high-quality filter (−120 dB aliasing).

The streamed form gives the same samples as the whole one, whatever the size of the blocks, and adds no delay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

QUALITY = "HQ"


def resample(samples: np.ndarray, source: int, target: int) -> np.ndarray:
    """float32 (C, T) at `source` Hz → (C, T') at `target` Hz, T' ≈ T · target / source; the same array if equal."""
    if source == target:
        return samples
    parts = list(resample_blocks(iter([samples]), source, target))
    return np.concatenate(parts, axis=1) if parts else np.zeros((samples.shape[0], 0), np.float32)


def resample_blocks(blocks: Iterator[np.ndarray], source: int, target: int) -> Iterator[np.ndarray]:
    """Consecutive float32 blocks (C, n) at `source` Hz → blocks at `target` Hz; passed through if equal.

    Everything in one call shares one filter, so channels stay aligned. Empty blocks are not handed on.
    """
    resampler = Resampler(source, target)
    for block in blocks:
        yield from resampler.feed(block)
    yield from resampler.finish()


class Resampler:
    """The same, for those who have blocks to give instead of blocks to take."""

    def __init__(self, source: float, target: float) -> None:
        self._rates = source, target
        self._filter: Any = None
        self._channels = 0

    def feed(self, block: np.ndarray) -> Iterator[np.ndarray]:
        """What is ready after this block (C, n): none or one."""
        source, target = self._rates
        if source == target:
            yield block
            return
        if self._filter is None:
            import soxr

            self._channels = block.shape[0]
            self._filter = soxr.ResampleStream(source, target, self._channels, dtype="float32", quality=QUALITY)
        yield from _filled(self._filter.resample_chunk(np.ascontiguousarray(block.T, np.float32)))

    def finish(self) -> Iterator[np.ndarray]:
        """What was still in the filter."""
        if self._filter is not None:
            yield from _filled(self._filter.resample_chunk(np.zeros((0, self._channels), np.float32), last=True))


def _filled(chunk: np.ndarray) -> Iterator[np.ndarray]:
    if len(chunk):
        yield np.ascontiguousarray(chunk.T)
