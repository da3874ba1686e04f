"""Multichannel NMF: sources with powers that are sums of atoms, and with a way of their own to reach the channels.

Atoms with a place (NTF) are grouped into sources; from there the full model is learnt, on all of a song up to three
quarters of a minute, and on evenly spread moments of a longer one. Then the song passes by once more, and each bin's
channels are unmixed by a multichannel Wiener filter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.moments import moments, twice
from separation.separators.shares import FRAMES, PART, transform

if TYPE_CHECKING:
    from separation.spectral.stft import Patch

LEARNT = 2048  # frames the model is learnt on at most: 48 s
BEFORE, AGAIN = 80, 20  # steps of the start, and for the activations of a piece of a long song


@dataclass(frozen=True)
class MnmfParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(32, minimum=2, maximum=256, help="How many atoms (notes, hits, sounds) to learn.")
    iterations: int = parameter(40, minimum=0, maximum=5000, help="Learning steps of the multichannel model.")
    algorithm: str = parameter(
        "mu", choices=("mu", "em"), expert=True,
        help="How to learn: mu, multiplicative steps, is quick; em, expectation–maximisation, is gentle.",
    )  # fmt: skip


def stream(stream: Stream, parameters: MnmfParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), the source that is loudest at the start first."""
    from separation.nmf.factors import Factors
    from separation.nmf.features import describe
    from separation.nmf.grouping.affinity import affinity
    from separation.nmf.grouping.assignment import loudest_first
    from separation.nmf.grouping.spectral import spectral
    from separation.spatial import multichannel_em, multichannel_mu
    from separation.spatial.multichannel import Scene, scene, wiener
    from separation.spatial.ntf import factorise_tensor
    from separation.spatial.starts import start
    from separation.spectral.stft import overlap_add, patches

    listening, starting, learning, rendering = report.split(1, 3, 8, 4)
    n_fft, hop = transform(stream.sample_rate)
    length = max(stream.frames, 1)
    blocks, again = twice(stream)

    def heard() -> Iterator[Patch]:
        for patch in patches(again(), FRAMES, n_fft, hop, device=parameters.device):
            listening(min(patch.start * hop, length), length, "Listening")
            yield patch

    X, total = moments(heard(), LEARNT)
    if not total:
        return
    if not X.any():  # silence has no atoms
        for block in blocks:
            yield np.zeros((parameters.sources, *block.shape), np.float32)
        return
    V = X.abs()
    atoms = factorise_tensor(V, min(parameters.rank, *V.shape[1:]), iterations=BEFORE, seed=parameters.seed,
                             report=starting)  # fmt: skip
    features = replace(
        describe(Factors(atoms.W, atoms.H), list(V), stream.sample_rate, hop), position=atoms.position.float().cpu()
    )
    labels = spectral(affinity(features, atoms.H), parameters.sources, parameters.seed)
    labels = loudest_first(labels, features.energy, parameters.sources).to(V.device)
    learnt_all = V.shape[2] == total
    del V
    whole = scene(X)
    del X
    model = start(whole, atoms, labels, parameters.sources)
    words = "Learning how the sources reach the channels"
    steps = (multichannel_em if parameters.algorithm == "em" else multichannel_mu).states(whole, model)
    for done in range(parameters.iterations + 1):
        learning(done, parameters.iterations + 1, words)
        model, _ = next(steps)
    learning(1, 1, words)
    scale = whole.scale
    del whole, steps

    def unmixed() -> Iterator[Patch]:
        for patch in patches(blocks, FRAMES, n_fft, hop, device=parameters.device):
            rendering(min(patch.start * hop, length), length, "Making the stems")
            X = patch.spectrum.transpose(0, 1)
            if learnt_all:
                mine = model.with_H(model.H[:, patch.start : patch.start + X.shape[-1]])
            else:
                here = Scene((X / scale).contiguous(), scale)
                level = here.X.abs().square().mean((0, 1)) * len(here.X) / len(model.H)
                mine = model.with_H(level.clamp(min=1e-12).expand(len(model.H), -1).clone())
                for _ in range(AGAIN):
                    rendering.check()
                    mine, _ = multichannel_mu.step_H(here, mine)
            for place, part in patch.parts(PART, hop):
                rendering.check()
                yield part.replace(wiener(part.spectrum.transpose(0, 1), mine, place))

    for stems in overlap_add(unmixed(), hop):
        yield stems.cpu().numpy()
    rendering(1, 1, "Making the stems")


def _names(parameters: MnmfParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "mnmf",
    title="Atoms in a room (multichannel NMF)",
    summary="Learns how every source sounds and how it reaches the channels, and unmixes them together.",
    family="nmf",
    stems=_names(MnmfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Ozerov & Févotte, “Multichannel nonnegative matrix factorization in convolutive mixtures for audio source "
    "separation”, IEEE TASLP 18(3), 2010; steps of Sawada, Kameoka, Araki & Ueda, IEEE TASLP 21(5), 2013",
    licence="MIT",
    parameters=MnmfParameters,
    stream=stream,
    speed=1.0,
    stems_for=_names,
)
