"""FastMNMF2: multichannel NMF whose sources share the directions that one matrix per bin turns the channels to.

Atoms with a place (NTF) are grouped into sources; from there the model is learnt, on all of a song up to three quarters
of a minute, and on evenly spread moments of a longer one. Then the song passes by once more and is unmixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.moments import twice
from separation.separators.unmixing import flat, start, stems

if TYPE_CHECKING:
    from torch import Tensor

    from separation.spectral.stft import Patch

AGAIN = 20  # steps for the activations of a piece of a long song
WORDS = "Learning how the sources reach the channels"


@dataclass(frozen=True)
class FastMnmfParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(32, minimum=2, maximum=256, help="How many atoms (notes, hits, sounds) to learn.")
    iterations: int = parameter(40, minimum=0, maximum=5000, help="Learning steps of the multichannel model.")


def stream(stream: Stream, parameters: FastMnmfParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), the source that is loudest at the start first."""
    from separation.spatial import fast
    from separation.spatial.multichannel import Scene

    listening, starting, learning, rendering = report.split(1, 3, 8, 4)
    blocks, again = twice(stream)
    first = start(
        stream, again(), sources=parameters.sources, rank=parameters.rank, seed=parameters.seed,
        device=parameters.device, listening=listening, learning=starting,
    )  # fmt: skip
    if first is None:
        for block in blocks:
            yield np.zeros((parameters.sources, *block.shape), np.float32)
        return
    model = fast.fast_start(first.model)
    steps = fast.states(first.scene, model)
    for done in range(parameters.iterations + 1):
        learning(done, parameters.iterations + 1, WORDS)
        model, _ = next(steps)
    learning(1, 1, WORDS)
    scale, whole = first.scene.scale, first.whole
    del first, steps

    def filters(patch: Patch) -> Callable[[Tensor, slice], Tensor]:
        if whole:
            mine = model.with_H(model.H[:, patch.start : patch.start + patch.spectrum.shape[-1]])
        else:
            here = Scene((patch.spectrum.transpose(0, 1) / scale).contiguous(), scale)
            mine = model.with_H(flat(here.X, len(model.H)))
            for _ in range(AGAIN):
                rendering.check()
                mine, _ = fast.step_H(here, mine)
        return lambda X, place: fast.separate(X, mine, place)

    yield from stems(stream, blocks, filters, parameters.device, rendering)


def _names(parameters: FastMnmfParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "fastmnmf",
    title="Directions (FastMNMF2)",
    summary="Learns sounds and their directions.",
    family="nmf",
    stems=_names(FastMnmfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Sekiguchi, Bando, Nugraha, Yoshii & Kawahara, “Fast multichannel nonnegative matrix factorization with "
    "directivity-aware jointly-diagonalizable spatial covariance matrices”, IEEE/ACM TASLP 28, 2020",
    licence="MIT",
    parameters=FastMnmfParameters,
    stream=stream,
    speed=3.0,
    stems_for=_names,
)
