"""Non-negative matrix factorisation with its atoms grouped into sources, then a soft mask per source.

The atoms are learnt (Févotte & Idier 2011) on all of a song up to a minute and a half, and on evenly spread moments of
a longer one; then the song passes by once more in pieces, and each is shared out. Memory does not grow with length.
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
from separation.separators.moments import listened, moments, twice
from separation.separators.shares import Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:

    from separation.spectral.stft import Patch

SOLVERS = (
    "auto", "mu", "extrapolated", "joint", "sag", "hals", "accelerated-hals", "extrapolated-hals", "randomised-hals",
    "ao-admm",
)  # fmt: skip
LEARNT = 4096  # frames the atoms are learnt on at most: 95 s


@dataclass(frozen=True)
class NmfParameters(Parameters):
    sources: int = parameter(
        4, minimum=2, maximum=16, help="How many stems to make; the grouping “percussive” always makes two."
    )
    grouping: str = parameter(
        "source-filter", choices=("affinity", "ward", "source-filter", "filters", "shift-invariant", "percussive"),
        help="What makes atoms one source: source-filter and filters hear the body of the instrument; affinity and "
        "ward weigh sound, place and time; shift-invariant follows an instrument through its pitches; percussive tells "
        "notes from hits.",
    )  # fmt: skip
    rank: int = parameter(
        32, minimum=0, maximum=512,
        help="How many atoms (notes, hits, sounds) to learn; 0 is as many as the song needs, up to 64.",
    )  # fmt: skip
    iterations: int = parameter(
        150, minimum=1, maximum=5000, help="Learning steps at most; it stops earlier when they gain nothing."
    )
    divergence: str = parameter(
        "kl", choices=("kl", "is", "euclidean"), expert=True,
        help="What counts as a good fit: kl for most music, is for quiet detail, euclidean for loud hits.",
    )  # fmt: skip
    sparsity: float = parameter(
        0.0, minimum=0.0, maximum=10.0, expert=True, help="More of it lets fewer atoms sound at a time."
    )
    continuity: float = parameter(
        0.0, minimum=0.0, maximum=10.0, expert=True, help="More of it makes atoms swell and fade more slowly."
    )
    harmonic: bool = parameter(
        False, expert=True, help="Learn one atom for each note of the scale, and a quarter of the rank for the rest."
    )
    piano: bool = parameter(
        False, expert=True, help="The same for pianos: each string's stretched overtones are measured."
    )
    perceptual: bool = parameter(
        False, expert=True, help="Listen as the ear does: quiet and middle voices count more, deep bass less."
    )
    start: str = parameter(
        "random", choices=("random", "best-of-four", "kmeans", "nndsvd"), expert=True,
        help="What free atoms begin as: noise, the most promising of four noises, sounds that come back often "
        "(kmeans), or singular vectors.",
    )  # fmt: skip
    solver: str = parameter(
        "auto", choices=SOLVERS, expert=True,
        help="How free atoms are learnt; auto is the quickest for the divergence and the length of the song.",
    )  # fmt: skip
    together: int = parameter(
        0, minimum=0, maximum=512, expert=True,
        help="At most so many free atoms sound at a time while they are learnt (kl and euclidean); 0 is any number.",
    )  # fmt: skip
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    floor: float = parameter(
        -120.0, minimum=-120.0, maximum=-10.0, unit="dB", expert=True,
        help="How far down at most a stem is cut: -30 lets a little of everything through, which sounds less torn.",
    )  # fmt: skip
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: NmfParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), loudest source first."""
    import torch

    from separation.nmf.factorisation import Factors
    from separation.nmf.features import describe
    from separation.nmf.grouping import soft
    from separation.nmf.grouping.assignment import group
    from separation.nmf.learning import Wanted, learn
    from separation.spectral.masks import magnitude

    listening, learning, grouping, rendering = report.split(1, 8, 1, 4)
    n_fft, hop = transform(stream.sample_rate)
    blocks, again = twice(stream)

    heard = listened(
        again(), n_fft, hop, length=stream.frames, device=parameters.device, report=listening
    )
    V, total = moments((patch.spectrum.abs() for patch in heard), LEARNT)
    channels = list(V)
    if not total:
        return
    V = torch.stack([side.square() for side in channels]).mean(0).sqrt_() if len(channels) > 1 else channels[0]
    if float(V.max()) == 0.0:  # silence has no atoms
        for block in blocks:
            yield np.zeros((len(_names(parameters)), *block.shape), np.float32)
        return
    wanted = Wanted(
        parameters.divergence, parameters.sparsity, parameters.continuity, parameters.harmonic, parameters.piano,
        parameters.perceptual, parameters.start, parameters.solver, parameters.together,
    )  # fmt: skip
    learnt = learn(
        V, min(parameters.rank, *V.shape), wanted, stream.sample_rate, iterations=parameters.iterations,
        seed=parameters.seed, report=learning,
    )  # fmt: skip
    fit = learnt.fit
    grouping(0, 1, "Grouping the atoms")
    factors = Factors(fit.W, fit.H)
    features = describe(factors, channels, stream.sample_rate, hop)
    sources = len(_names(parameters))
    labels = group(
        factors, features, V, sources, stream.sample_rate, parameters.grouping, parameters.seed, report.check
    )
    shares = soft.hard(labels, sources).to(V.device)
    learnt_all = V.shape[1] == total
    del channels, V

    def models(patch: Patch) -> Loudness:
        if learnt_all:
            H = fit.H[:, patch.start : patch.start + patch.spectrum.shape[-1]]
        else:
            H = learnt.hear(magnitude(patch.spectrum), rendering.check)
        return lambda place: soft.models(Factors(fit.W, H[:, place]), shares)

    yield from stems_by_shares(
        blocks, models, n_fft, hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
        floor=10.0 ** (parameters.floor / 20.0) if parameters.floor > -120.0 else 0.0,
    )  # fmt: skip


def _names(parameters: NmfParameters) -> tuple[str, ...]:
    count = 2 if parameters.grouping == "percussive" else parameters.sources  # notes and hits
    return tuple(f"source {j + 1}" for j in range(count))


METHOD = Method(
    "nmf",
    title="Atoms (NMF)",
    summary="Groups the notes and hits of this song.",
    family="nmf",
    stems=_names(NmfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Févotte & Idier, “Algorithms for nonnegative matrix factorization with the β-divergence”, "
    "Neural Computation 23(9), 2011; grouping after Spiertz & Gnann, DAFx 2009; Ng, Jordan & Weiss, NIPS 2001; "
    "Ward, JASA 58(301), 1963; Jaiswal et al., ICASSP 2011; FitzGerald, DAFx 2010",
    licence="MIT",
    parameters=NmfParameters,
    stream=stream,
    speed=19.0,
    stems_for=_names,
)
