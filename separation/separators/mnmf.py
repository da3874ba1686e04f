"""Multichannel NMF: sources with powers that are sums of atoms, and with a way of their own to reach the channels.

Atoms with a place (NTF) are grouped into sources; from there the full model is learnt, on all of a song up to three
quarters of a minute, and on evenly spread moments of a longer one. Then the song passes by once more, and each bin's
channels are unmixed by a multichannel Wiener filter.
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
class MnmfParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(32, minimum=2, maximum=256, help="How many atoms (notes, hits, sounds) to learn.")
    iterations: int = parameter(40, minimum=0, maximum=5000, help="Learning steps of the multichannel model.")
    algorithm: str = parameter(
        "mu", choices=("mu", "em", "em-point"), expert=True,
        help="How to learn: mu, in quick steps; em, in gentle ones; em-point takes every source for a point in space.",
    )  # fmt: skip


def stream(stream: Stream, parameters: MnmfParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), the source that is loudest at the start first."""
    from separation.spatial import multichannel_em, multichannel_mu, multichannel_rank_one
    from separation.spatial.multichannel import Scene, wiener

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
    model = first.model
    if parameters.algorithm == "em-point":
        steps = multichannel_rank_one.states(first.scene, model, falling=3 * parameters.iterations // 4)
    else:
        steps = (multichannel_em if parameters.algorithm == "em" else multichannel_mu).states(first.scene, model)
    for done in range(parameters.iterations + 1):
        learning(done, parameters.iterations + 1, WORDS)
        model, _ = next(steps)
    learning(1, 1, WORDS)
    scale, whole = first.scene.scale, first.whole
    double = model.W.dtype != first.model.W.dtype
    del first, steps

    def filters(patch: Patch) -> Callable[[Tensor, slice], Tensor]:
        if whole:
            mine = model.with_H(model.H[:, patch.start : patch.start + patch.spectrum.shape[-1]])
        else:
            here = Scene((patch.spectrum.transpose(0, 1) / scale).to(model.R if double else patch.spectrum), scale)
            mine = model.with_H(flat(here.X, len(model.H)))
            for _ in range(AGAIN):
                rendering.check()
                mine, _ = multichannel_mu.step_H(here, mine)
        return lambda X, place: wiener(X, mine, place)

    yield from stems(stream, blocks, filters, parameters.device, rendering)


def _names(parameters: MnmfParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "mnmf",
    title="Rooms (multichannel NMF)",
    summary="Sounds and their ways to the channels.",
    family="nmf",
    stems=_names(MnmfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Ozerov & Févotte, “Multichannel nonnegative matrix factorization in convolutive mixtures for audio source "
    "separation”, IEEE TASLP 18(3), 2010; steps of Sawada, Kameoka, Araki & Ueda, IEEE TASLP 21(5), 2013",
    licence="MIT",
    parameters=MnmfParameters,
    stream=stream,
    speed=1.5,
    stems_for=_names,
)
