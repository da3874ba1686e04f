"""What a method that learns on a whole song hears of it: its spectrum at evenly spread moments, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream

if TYPE_CHECKING:
    from torch import Tensor

    from separation.spectral.stft import Patch

MOMENT = 64  # frames of one moment: 1.5 s


def twice(stream: Stream) -> tuple[Iterable[np.ndarray], Callable[[], Iterator[np.ndarray]]]:
    """The blocks of a stream, and the same blocks for another time; one that passes only once is kept."""
    if stream.again is not None:
        return stream.blocks, stream.again
    whole = stream.collect().stream()
    assert whole.again is not None
    return whole.blocks, whole.again


def moments(patches: Iterable[Patch], most: int) -> tuple[Tensor, int]:
    """The spectrum (C, F, n), n ≤ most, all of it if it is that short, and how many frames there were.

    When too many are kept, every second moment goes, and from then on every second of those that come.
    Memory runs frame by frame.
    """
    import torch

    room: Tensor | None = None  # (C, most, F), filled from the start: many small arrays would scatter the memory
    sizes: list[int] = []
    every, number, total = 1, 0, 0
    for patch in patches:
        if room is None:
            room = patch.spectrum.new_empty(len(patch.spectrum), most, patch.spectrum.shape[1])
        total += patch.spectrum.shape[-1]
        for moment in patch.spectrum.split(min(MOMENT, max(most // 4, 1)), -1):
            while number % every == 0:
                at, size = sum(sizes), moment.shape[-1]
                if at + size <= most:
                    room[:, at : at + size] = moment.mT
                    sizes.append(size)
                    break
                sizes, every = _thinned(room, sizes), 2 * every
            number += 1
    if room is None:
        return torch.zeros(1, 1, 0, dtype=torch.complex64), 0
    return room[:, : sum(sizes)].mT, total


def _thinned(room: Tensor, sizes: list[int]) -> list[int]:
    """Keep every second moment, in place."""
    at = start = 0
    for k, size in enumerate(sizes):
        if k % 2 == 0:
            room[:, at : at + size] = room[:, start : start + size].clone()
            at += size
        start += size
    return sizes[::2]
