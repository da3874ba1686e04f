"""Non-negative matrix factorisation with its atoms grouped into sources, then a soft mask per source.

The atoms are learnt on the whole song at once (Févotte & Idier 2011); the stems are made in pieces, so that a long
song does not need a spectrogram per source in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Audio
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report

WINDOW = 0.093  # seconds: 4096 samples at 44.1 kHz
FRAMES = 512  # of one piece of the song


@dataclass(frozen=True)
class NmfParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(32, minimum=2, maximum=512, help="How many atoms (notes, hits, sounds) to learn.")
    iterations: int = parameter(
        150, minimum=1, maximum=5000, help="Learning steps at most; it stops earlier when they gain nothing."
    )
    divergence: str = parameter(
        "kl", choices=("kl", "is", "euclidean"), expert=True,
        help="What counts as a good fit: kl for most music, is for quiet detail, euclidean for loud hits.",
    )  # fmt: skip
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )


def run(audio: Audio, parameters: NmfParameters, report: Report) -> np.ndarray:
    """Stems (J, C, T), loudest first."""
    import torch

    from separation.nmf.assignment import assign
    from separation.nmf.factorisation import Factors, factorise
    from separation.nmf.features import describe
    from separation.spectral.masks import ratio
    from separation.spectral.stft import Patch, overlap_add, patches

    learning, grouping, rendering = report.split(8, 1, 2)
    n_fft = 2 ** max(round(np.log2(WINDOW * audio.sample_rate)), 5)
    hop = n_fft // 4
    stems = np.zeros((parameters.sources, audio.channels, audio.frames), np.float32)

    def pieces() -> Iterator[Patch]:
        return patches(audio.stream().blocks, FRAMES, n_fft, hop, device=parameters.device)

    magnitudes = [patch.spectrum.abs().unbind(0) for patch in pieces()]
    channels = [torch.cat(side, 1) for side in zip(*magnitudes, strict=True)]
    del magnitudes
    V = torch.stack([side.square() for side in channels]).mean(0).sqrt_() if len(channels) > 1 else channels[0]
    if audio.frames == 0 or float(V.max()) == 0.0:
        return stems  # silence has no atoms
    rank = min(parameters.rank, *V.shape)
    fit = factorise(
        V, rank, divergence=parameters.divergence, iterations=parameters.iterations,
        seed=parameters.seed, report=learning,
    )  # fmt: skip
    grouping(0, 1, "Grouping the atoms")
    features = describe(Factors(fit.W, fit.H), channels, audio.sample_rate)
    labels = assign(features, fit.H, parameters.sources, parameters.seed).to(V.device)
    del channels, V

    def masked() -> Iterator[Patch]:
        for patch in pieces():
            rendering(patch.start * hop, audio.frames, "Making the stems")
            H = fit.H[:, patch.start : patch.start + patch.spectrum.shape[-1]]
            models = torch.stack([fit.W[:, labels == j] @ H[labels == j] for j in range(parameters.sources)])
            yield patch.replace(ratio(models, parameters.exponent)[:, None] * patch.spectrum)

    done = 0
    for block in overlap_add(masked(), hop):
        stems[..., done : done + block.shape[-1]] = block.cpu().numpy()
        done += block.shape[-1]
    rendering(1, 1, "Making the stems")
    return stems


def _names(parameters: NmfParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "nmf",
    title="Atoms (NMF)",
    summary="Learns the notes and hits of this very song and groups those that belong together; knows no instruments.",
    family="nmf",
    stems=_names(NmfParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Févotte & Idier, “Algorithms for nonnegative matrix factorization with the β-divergence”, "
    "Neural Computation 23(9), 2011; grouping after Spiertz & Gnann, DAFx 2009",
    licence="MIT",
    parameters=NmfParameters,
    run=run,
    speed=5.0,
    stems_for=_names,
)
