"""Blocks of sound re-cut: put in as they come, taken out as they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from separation.audio.signal import Stream


class Blocks:
    """A queue of samples (C, n). With a `source` it fills itself as far as it must."""

    def __init__(self, channels: int, source: Iterable[np.ndarray] = ()) -> None:
        self._channels, self._source = channels, iter(source)
        self._parts: list[np.ndarray] = []
        self._size = 0

    def put(self, block: np.ndarray) -> None:
        self._parts.append(block)
        self._size += block.shape[1]

    def take(self, count: int) -> np.ndarray:
        """The next `count` samples, (C, count); fewer where the sound ends."""
        while self._size < count:
            block = next(self._source, None)
            if block is None:
                break
            self.put(block)
        taken: list[np.ndarray] = []
        while count > 0 and self._parts:
            head = self._parts.pop(0)
            taken.append(head[:, :count])
            if head.shape[1] > count:
                self._parts.insert(0, head[:, count:])
            count -= taken[-1].shape[1]
        result = np.concatenate(taken, axis=1) if taken else np.zeros((self._channels, 0), np.float32)
        self._size -= result.shape[1]
        return result


def remembered(stream: Stream) -> tuple[Stream, Blocks]:
    """The same stream, and a queue that holds what has passed until it is taken."""
    kept = Blocks(stream.channels)

    def passing() -> Iterator[np.ndarray]:
        for block in stream.blocks:
            kept.put(block)
            yield block

    return Stream(passing(), stream.sample_rate, stream.channels, stream.frames, stream.again), kept


def padded(block: np.ndarray, count: int) -> np.ndarray:
    """`block` (C, n) with silence up to `count` samples."""
    missing = count - block.shape[1]
    return np.pad(block, ((0, 0), (0, missing))) if missing > 0 else block
