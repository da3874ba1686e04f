"""Atoms with a place in the stereo picture (non-negative tensor factorisation), grouped by sound or by place.

Learnt on all of a song up to a minute and a half, and on evenly spread moments of a longer one; then the song passes
by once more. Every channel has a mask of its own, so that what stands left is looked for on the left.
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
from separation.separators.moments import listened, moments, twice
from separation.separators.shares import Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:
    from separation.spectral.stft import Patch

LEARNT = 4096  # frames the atoms are learnt on at most: 95 s


@dataclass(frozen=True)
class NtfParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(32, minimum=2, maximum=512, help="How many atoms (notes, hits, sounds) to learn.")
    iterations: int = parameter(
        150, minimum=1, maximum=5000, help="Learning steps at most; it stops earlier when they gain nothing."
    )
    grouping: str = parameter(
        "sound", choices=("sound", "place"),
        help="What makes atoms one stem: how they sound, when and where; or only where they stand, left to right.",
    )  # fmt: skip
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: NtfParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), loudest source first."""
    import torch

    from separation.nmf.activations import activations
    from separation.nmf.factors import Factors
    from separation.nmf.features import describe
    from separation.nmf.grouping.affinity import affinity
    from separation.nmf.grouping.assignment import loudest_first
    from separation.nmf.grouping.spectral import spectral
    from separation.spatial.ntf import factorise_tensor
    from separation.spatial.places import by_place

    listening, learning, grouping, rendering = report.split(1, 8, 1, 4)
    n_fft, hop = transform(stream.sample_rate)
    blocks, again = twice(stream)

    heard = listened(
        again(), n_fft, hop, length=stream.frames, device=parameters.device, report=listening
    )
    X, total = moments((patch.spectrum for patch in heard), LEARNT)
    if not total:
        return
    V = X.abs()
    del X
    if float(V.max()) == 0.0:  # silence has no atoms
        for block in blocks:
            yield np.zeros((parameters.sources, *block.shape), np.float32)
        return
    atoms = factorise_tensor(
        V, min(parameters.rank, *V.shape[1:]), iterations=parameters.iterations, seed=parameters.seed, report=learning
    )
    grouping(0, 1, "Grouping the atoms")
    energy = atoms.H.sum(1).float().cpu()
    if parameters.grouping == "place":
        labels = by_place(atoms.Q, energy, parameters.sources, parameters.seed)
    else:
        features = replace(
            describe(Factors(atoms.W, atoms.H), list(V), stream.sample_rate, hop), position=atoms.position.float().cpu()
        )
        labels = spectral(affinity(features, atoms.H), parameters.sources, parameters.seed)
    labels = loudest_first(labels, energy, parameters.sources).to(V.device)
    learnt_all = V.shape[2] == total
    del V
    stacked = (atoms.Q[:, None] * atoms.W).flatten(0, 1)  # (C F, K): one tall spectrum per atom

    def models(patch: Patch) -> Loudness:
        if learnt_all:
            H = atoms.H[:, patch.start : patch.start + patch.spectrum.shape[-1]]
        else:
            H = activations(patch.spectrum.abs().flatten(0, 1), stacked, check=rendering.check)
        sides = [labels == j for j in range(parameters.sources)]
        shape = patch.spectrum.shape[:2]
        return lambda place: torch.stack([(stacked[:, s] @ H[s, place]).unflatten(0, shape) for s in sides])

    yield from stems_by_shares(
        blocks, models, n_fft, hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
    )  # fmt: skip


def _names(parameters: NtfParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "ntf",
    title="Atoms with a place (NTF)",
    summary="By sound and place in the stereo.",
    family="nmf",
    stems=_names(NtfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="FitzGerald, Cranitch & Coyle, “Non-negative tensor factorisation for sound source separation”, ISSC 2005; "
    "Févotte & Ozerov, “Notes on nonnegative tensor factorization of the spectrogram”, CMMR 2010",
    licence="MIT",
    parameters=NtfParameters,
    stream=stream,
    speed=6.0,
    stems_for=_names,
)
