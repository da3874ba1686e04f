"""Independent subspace analysis: principal components made independent, grouped into sources (Casey & Westner 2000).

Learnt on all of a song up to a minute and a half, and on evenly spread moments of a longer one; then the song passes
by once more. Memory does not grow with length.
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
from separation.separators.shares import Loudness, stems_by_shares, transform

if TYPE_CHECKING:
    from separation.spectral.stft import Patch

LEARNT = 4096  # frames the components are learnt on at most: 95 s


@dataclass(frozen=True)
class IsaParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make.")
    rank: int = parameter(16, minimum=2, maximum=128, help="How many components to take the song apart into.")
    iterations: int = parameter(
        200, minimum=1, maximum=5000, expert=True, help="Learning steps at most; it stops earlier when nothing moves."
    )
    grouping: str = parameter(
        "sound", choices=("sound", "ixegram"), expert=True,
        help="What makes components one stem: how they sound, when and where; or how their loudness is distributed.",
    )  # fmt: skip
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )


def stream(stream: Stream, parameters: IsaParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), loudest source first."""
    import torch

    from separation.nmf.factors import Factors
    from separation.nmf.features import describe
    from separation.nmf.grouping.affinity import affinity
    from separation.nmf.grouping.assignment import loudest_first
    from separation.nmf.grouping.spectral import spectral
    from separation.spatial.subspace import components, ixegram
    from separation.spectral.masks import magnitude

    listening, learning, grouping, rendering = report.split(2, 5, 1, 6)
    n_fft, hop = transform(stream.sample_rate)
    blocks, again = twice(stream)

    heard = listened(
        again(), n_fft, hop, length=stream.frames, device=parameters.device, report=listening
    )
    X, _ = moments((patch.spectrum for patch in heard), LEARNT)
    if not X.any():  # silence has no components
        for block in blocks:
            yield np.zeros((parameters.sources, *block.shape), np.float32)
        return
    V = magnitude(X)
    learning(0, 1, "Finding the principal components")
    steps = iter(range(1, parameters.iterations + 1))
    found = components(
        V, parameters.rank, iterations=parameters.iterations, seed=parameters.seed,
        check=lambda: learning(next(steps), parameters.iterations, "Making the components independent"),
    )  # fmt: skip
    grouping(0, 1, "Grouping the components")
    factors = Factors(found.spectra.abs(), (found.reader @ V).abs())
    energy = (factors.W.norm(dim=0) * factors.H.norm(dim=1)).float().cpu()
    if parameters.grouping == "ixegram":
        distance = ixegram(found.reader @ V)
        alike = torch.exp(-distance / distance.median().clamp(min=1e-9))
    else:
        alike = affinity(describe(factors, list(X.abs()), stream.sample_rate, hop), factors.H)
    labels = spectral(alike, parameters.sources, parameters.seed)
    labels = loudest_first(labels, energy, parameters.sources).to(V.device)
    sides = [labels == j for j in range(parameters.sources)]
    del X, V, factors

    def models(patch: Patch) -> Loudness:
        z = found.reader @ magnitude(patch.spectrum)
        return lambda place: torch.stack([found.spectra[:, s] @ z[s, place] for s in sides]).clamp_(min=0.0)

    yield from stems_by_shares(
        blocks, models, n_fft, hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering,
    )  # fmt: skip


def _names(parameters: IsaParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "isa",
    title="Subspaces (ISA)",
    summary="Principal sounds, made independent.",
    family="classic",
    stems=_names(IsaParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Casey & Westner, “Separation of mixed audio sources by independent subspace analysis”, ICMC 2000",
    licence="MIT",
    parameters=IsaParameters,
    stream=stream,
    speed=12.0,
    stems_for=_names,
)
