"""Two sources from two channels that were mixed without delay (FastICA, Hyvärinen 1999).

The mixing is learnt from instants spread evenly over the song; then the song passes by once more. Memory does not
grow with length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.moments import twice

if TYPE_CHECKING:
    from torch import Tensor

LEARNT = 1 << 19  # instants at most


@dataclass(frozen=True)
class IcaParameters(Parameters):
    iterations: int = parameter(
        200, minimum=1, maximum=5000, expert=True, help="Learning steps at most; it stops earlier when nothing moves."
    )


def stream(stream: Stream, parameters: IcaParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (2, 2, n), the louder source first. Raises InputError for a song that is not stereo."""
    import torch

    from separation.spatial.independent import independent
    from separation.spatial.panning import require_stereo

    require_stereo(stream.channels, "Independent component analysis")
    listening, learning, rendering = report.split(5, 2, 3)
    length = max(stream.frames, 1)
    blocks, again = twice(stream)

    def heard(blocks: Iterable[np.ndarray], report: Report, words: str) -> Iterator[Tensor]:
        done = 0
        for block in blocks:
            report(min(done, length), length, words)
            done += block.shape[1]
            for part in np.array_split(block, max(block.shape[1] >> 18, 1), axis=1):
                yield torch.from_numpy(np.array(part)).to(parameters.device)

    x = _instants(heard(again(), listening, "Listening"))
    steps = iter(range(parameters.iterations))
    mixing = independent(
        x, iterations=parameters.iterations, seed=parameters.seed,
        check=lambda: learning(next(steps), parameters.iterations, "Making the sources independent"),
    )  # fmt: skip
    images = mixing.images.to(parameters.device)
    for part in heard(blocks, rendering, "Making the stems"):
        yield (images @ part.double()).float().cpu().numpy()
    rendering(1, 1, "Making the stems")


def _instants(parts: Iterator[Tensor]) -> Tensor:
    """Samples (C, n) at evenly spread instants, all there are if n ≤ LEARNT; when too many, every second one goes."""
    import torch

    kept: list[Tensor] = []
    every, passed, count = 1, 0, 0
    for part in parts:
        first = -passed % every
        passed += part.shape[1]
        kept.append(part[:, first::every].clone())
        count += kept[-1].shape[1]
        while count > LEARNT:
            every *= 2
            kept = [torch.cat(kept, 1)[:, ::2].clone()]
            count = kept[0].shape[1]
    return torch.cat(kept, 1) if kept else torch.zeros(2, 0)


METHOD = Method(
    "ica",
    title="Independence (ICA)",
    summary="Two sources from two channels' levels.",
    family="classic",
    stems=("source 1", "source 2"),
    rest="source 1",  # the louder, where what is left over is heard least
    source="Hyvärinen, “Fast and robust fixed-point algorithms for independent component analysis”, "
    "IEEE Transactions on Neural Networks 10(3), 1999",
    licence="MIT",
    parameters=IcaParameters,
    stream=stream,
    speed=60.0,
)
