"""What a method that learns on a whole song hears of it: its spectrum at evenly spread moments, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.progress import Report
from separation.separators.shares import FRAMES

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


def listened(
    blocks: Iterable[np.ndarray], n_fft: int, hop: int, *, length: int, device: str, report: Report
) -> Iterator[Patch]:
    """The spectrum of a sound of `length` samples, patch by patch, before anything is learnt from it."""
    from separation.spectral.stft import patches

    for patch in patches(blocks, FRAMES, n_fft, hop, device=device):
        report(min(patch.start * hop, length), max(length, 1), "Listening")
        yield patch


def moments(spectra: Iterable[Tensor], most: int) -> tuple[Tensor, int]:
    """Of consecutive spectra (C, F, …), n ≤ most frames (C, F, n), all if there are no more, and how many there were.

    When too many are kept, every second moment goes, and from then on every second of those that come.
    Memory runs frame by frame. No spectra at all: (1, 1, 0).
    """
    import torch

    room: Tensor | None = None  # (C, most, F), filled from the start: many small arrays would scatter the memory
    sizes: list[int] = []
    every, number, total = 1, 0, 0
    for spectrum in spectra:
        if room is None:
            room = spectrum.new_empty(len(spectrum), most, spectrum.shape[1])
        total += spectrum.shape[-1]
        for moment in spectrum.split(min(MOMENT, max(most // 4, 1)), -1):
            while number % every == 0:
                at, size = sum(sizes), moment.shape[-1]
                if at + size <= most:
                    room[:, at : at + size] = moment.mT
                    sizes.append(size)
                    break
                sizes, every = _thinned(room, sizes), 2 * every
            number += 1
    if room is None:
        return torch.zeros(1, 1, 0), 0
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
