"""What of a long song is learnt on: tiles of frames, those that were pointed at and others evenly spread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from separation.spectral.stft import Patch

TILE = 64  # frames, 1.5 s; patches begin at multiples of it


def chosen(pointed: Iterable[int], count: int, most: int) -> set[int]:
    """At most `most` of `count` tiles: all, or those pointed at (thinned above three quarters) and others."""
    if count <= most:
        return set(range(count + 1))  # one more, for a length that was an estimate
    first = set(_spread(sorted({i for i in pointed if 0 <= i < count}), most * 3 // 4))
    return first | set(_spread([i for i in range(count) if i not in first], most - len(first)))


def kept(patches: Iterator[Patch], tiles: set[int]) -> tuple[list[Tensor], Tensor, int]:
    """Magnitudes (F, N) of each channel in these tiles, the numbers (N,) of their frames, and how many passed."""
    import torch

    parts: list[Tensor] = []
    numbers: list[Tensor] = []
    total = 0
    for patch in patches:
        for offset in range(0, patch.spectrum.shape[-1], TILE):
            first = patch.start + offset
            if first // TILE in tiles:
                parts.append(patch.spectrum[..., offset : offset + TILE].mT.abs())
                numbers.append(torch.arange(first, first + parts[-1].shape[1]))
        total += patch.spectrum.shape[-1]
    if not parts:
        return [], torch.zeros(0), total
    return [side.T for side in torch.cat(parts, 1)], torch.cat(numbers), total


def _spread(items: list[int], most: int) -> list[int]:
    """At most so many of them, evenly spread."""
    size = min(len(items), most)
    return [items[i * len(items) // size] for i in range(size)]
