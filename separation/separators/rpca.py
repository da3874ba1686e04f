"""The voice as what is sparse over an accompaniment of low rank (robust PCA, Huang et al. 2012).

A song passes by in pieces of half a minute with a second of their neighbours on either side; where two pieces meet,
the masks cross-fade over that second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.shares import PART, transform

if TYPE_CHECKING:
    from torch import Tensor

OWN, AROUND = 30.0, 1.0  # seconds of a piece, and of its neighbours on either side
ITERATIONS, TOLERANCE = 40, 1e-3  # the masks hear no more than that


@dataclass(frozen=True)
class RpcaParameters(Parameters):
    sparsity: float = parameter(
        1.75, minimum=0.1, maximum=5.0,
        help="How sparse the voice is: low gives more of the song to it, high leaves more to the accompaniment.",
    )  # fmt: skip
    rank: int = parameter(
        64, minimum=1, maximum=256, expert=True, help="How many different sounds the accompaniment has at most."
    )
    voice_from: float = parameter(
        120.0, minimum=0.0, maximum=500.0, unit="Hz", help="Below this there is no voice; 0 looks for it everywhere."
    )
    exponent: float = parameter(
        1.0, minimum=0.5, maximum=4.0, expert=True,
        help="Bleed or artefacts: low lets some of the other stem through, high cuts harder.",
    )  # fmt: skip


def stream(stream: Stream, parameters: RpcaParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (2, C, n): vocals, accompaniment."""
    import torch

    from separation.spectral.low_rank import robust
    from separation.spectral.masks import magnitude, ratio
    from separation.spectral.stft import Patch, overlap_add, patches

    n_fft, hop = transform(stream.sample_rate)
    own, around = (max(round(length * stream.sample_rate / hop), 1) for length in (OWN, AROUND))
    silent = round(parameters.voice_from * n_fft / stream.sample_rate)
    length, words = max(stream.frames, 1), "Telling the sparse from the steady"

    def masked() -> Iterator[Patch]:
        previous: Tensor | None = None  # the mask of the frames where this piece overlaps the next
        for patch in patches(stream.blocks, own, n_fft, hop, (around, around), parameters.device):
            start, size = patch.start * hop, patch.samples

            def heard(done: int, total: int, start: int = start, size: int = size) -> None:
                report(min(start + size * (done / total), length), length, words)

            low, sparse = robust(
                magnitude(patch.spectrum), sparsity=parameters.sparsity, most=parameters.rank,
                tolerance=TOLERANCE, iterations=ITERATIONS, seed=parameters.seed, report=heard,
            )  # fmt: skip
            mask = ratio(torch.stack((sparse.abs_(), low.abs_())), parameters.exponent)[0]
            mask[:silent] = 0.0
            del low, sparse
            mine = mask[:, patch.own].clone()
            if previous is not None:
                _cross_fade(mine, previous)
            previous = mask[:, patch.own.stop :].clone()
            for place, part in patch.parts(PART, hop):
                voice = mine[:, place] * part.spectrum
                yield part.replace(torch.stack((voice, part.spectrum - voice)))

    for block in overlap_add(masked(), hop):
        yield block.cpu().numpy()
    report(1, 1, words)


def _cross_fade(mask: Tensor, previous: Tensor) -> None:
    """Blend the first frames of `mask`, in place, from what the piece before made of them."""
    import torch

    count = min(previous.shape[1], mask.shape[1])
    rise = (torch.arange(count, device=mask.device) + 0.5) / max(previous.shape[1], 1)
    mask[:, :count] = rise * mask[:, :count] + (1.0 - rise) * previous[:, :count]


METHOD = Method(
    "rpca",
    title="Moving over steady (RPCA)",
    summary="The moving voice over steady sounds.",
    family="classic",
    stems=("vocals", "accompaniment"),
    rest="accompaniment",
    source="Huang, Chen, Smaragdis & Hasegawa-Johnson, “Singing-voice separation from monaural recordings using robust "
    "principal component analysis”, ICASSP 2012; Candès, Li, Ma & Wright, JACM 58(3), 2011",
    licence="MIT",
    parameters=RpcaParameters,
    stream=stream,
    speed=12.0,
)
