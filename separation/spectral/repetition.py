"""What repeats in a spectrogram, by the medians of frames that sound alike (REPET-SIM, Rafii & Pardo, ISMIR 2012).

An accompaniment comes back, at even or uneven intervals, while the voice over it changes: of all frames that sound
like a given one, the median is what they have in common. The similarities of some frames to all others are made,
used and forgotten, so that memory grows with the length and not with its square.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

BLOCK = 64  # frames compared with all others at once


def repeating(
    V: Tensor,
    own: slice,
    *,
    most: int = 40,
    least: float = 0.0,
    apart: int = 43,
    check: Callable[[], object] = lambda: None,
) -> Tensor:
    """The repeating part (F, n) of the frames `own` of V (F, N) >= 0, nowhere above V.

    most: of the frames that sound alike, how many at most are taken, the likest first; the frame itself is one.
    least: the similarity, from 0 to 1, they have at least. apart: frames between two of them.
    check: called now and then; what it raises ends the work.
    """
    frames = V.T.contiguous()
    unit = frames / frames.norm(dim=1, keepdim=True).clamp(min=1e-30)
    result = torch.empty(own.stop - own.start, V.shape[0], dtype=V.dtype, device=V.device)
    for first in range(own.start, own.stop, BLOCK):
        check()
        mine = torch.arange(first, min(first + BLOCK, own.stop), device=V.device)
        places, count = _alike(unit[mine] @ unit.T, mine, most, least, apart)
        rows = slice(first - own.start, first - own.start + len(mine))
        result[rows] = torch.minimum(_median(frames, places, count), frames[mine])
    return result.T


def _alike(S: Tensor, mine: Tensor, most: int, least: float, apart: int) -> tuple[Tensor, Tensor]:
    """Numbers (b, k) of the frames most alike, and how many of them count (b,), from similarities S (b, N).

    They are peaks of the similarity, the highest within `apart` frames on either side. The frame itself counts always.
    """
    S[torch.arange(len(S)), mine] = 2.0  # rounding must not let a twin hide it
    highest = torch.nn.functional.max_pool1d(S[:, None], 2 * apart + 1, 1, apart)[:, 0]
    S = torch.where(S.eq(highest) & S.ge(least), S, -1.0)
    best = S.topk(min(most, S.shape[1]), dim=1)
    count = (best.values >= 0.0).sum(1)
    width = int(count.max())
    return best.indices[:, :width], count


def _median(frames: Tensor, places: Tensor, count: Tensor) -> Tensor:
    """The lower median (b, F) of the first count[b] of the frames places[b]."""
    chosen = frames[places].mT.contiguous()  # (b, F, k): sorting is quickest along the memory
    late = torch.arange(places.shape[1], device=frames.device) >= count[:, None]
    chosen = chosen.masked_fill_(late[:, None], torch.inf)  # what does not count comes last
    ordered = torch.from_numpy(np.sort(chosen.numpy())) if chosen.device.type == "cpu" else chosen.sort().values
    middle = ((count - 1) // 2)[:, None, None].expand(-1, ordered.shape[1], 1)
    return ordered.gather(2, middle)[..., 0]
