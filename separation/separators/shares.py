"""From models of the sources to their stems: every bin of the mixture is shared out by soft masks, piece by piece.

What the mask methods have in common: the transform that suits a sample rate, and the way back to sound in bounded
memory. A method only says how loud each source is in each bin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from separation.parameters import parameter
from separation.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

    from separation.spectral.stft import Patch

WINDOW = 0.093  # seconds: 4096 samples at 44.1 kHz
FRAMES, PART = 512, 128  # of one piece of the song, and of what is turned back into sound at once

Loudness = Callable[[slice], "Tensor"]  # own frames of a patch -> magnitudes (J, F, n), or (J, C, F, n) per channel


def reconstruction() -> Any:
    """The parameter of that name, of every method that cuts by masks."""
    return parameter(
        "mask", choices=("mask", "consistent"), expert=True,
        help="How stems are cut: mask is quick; consistent makes their moments agree with each other, more slowly.",
    )  # fmt: skip


def transform(sample_rate: int, window: float = WINDOW) -> tuple[int, int]:
    """n_fft, the power of two closest to `window` seconds, and hop, a quarter of it."""
    n_fft = 2 ** max(round(np.log2(window * sample_rate)), 5)
    return n_fft, n_fft // 4


def stems_by_shares(
    blocks: Iterable[np.ndarray],
    models: Callable[[Patch], Loudness],
    n_fft: int,
    hop: int,
    *,
    exponent: float = 1.0,
    length: int,
    device: str,
    report: Report,
    reconstruction: str = "mask",
    floor: float = 0.0,
) -> Iterator[np.ndarray]:
    """Blocks (J, C, n) of the sound that comes in blocks (C, n), `length` samples in all.

    models: given a patch of the spectrum, how loud each source is within it. exponent: of the masks, see `ratio`.
    reconstruction: "mask", or "consistent" for stems whose frames agree with each other, see `consistent_wiener`.
    floor: no mask is below it, see `floored`.
    """
    from separation.spectral.consistent_wiener import consistent
    from separation.spectral.masks import floored, ratio
    from separation.spectral.stft import overlap_add, patches

    def shared() -> Iterator[tuple[Patch, Tensor, Tensor]]:
        for patch in patches(blocks, FRAMES, n_fft, hop, device=device):
            report(min(patch.start * hop, length), max(length, 1), "Making the stems")
            loudness = models(patch)
            for place, part in patch.parts(PART, hop):
                each = loudness(place)
                yield part, each, floored(ratio(each, exponent), floor)

    def stems_of() -> Iterator[Patch]:
        if reconstruction == "consistent":  # the same masks, with the power that all models together have
            yield from consistent(
                ((part, masks * each.square().sum(0)) for part, each, masks in shared()), hop, check=report.check
            )
            return
        for part, _, masks in shared():
            yield part.replace((masks if masks.ndim == 4 else masks[:, None]) * part.spectrum)

    for stems in overlap_add(stems_of(), hop):
        yield stems.cpu().numpy()
    report(1, 1, "Making the stems")
