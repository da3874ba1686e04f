"""NMF guided by strokes on the spectrogram: “this is the voice”, “this is not the bass” (Bryan & Mysore 2013).

Atoms are learnt as ever, given to the sources that the strokes speak for, then learnt on with the strokes as penalties.
In a long song they are learnt on the painted places and on evenly spread moments; memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.excerpts import TILE, chosen, kept
from separation.separators.moments import listened, twice
from separation.separators.shares import Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.nmf.grouped import Grouped
    from separation.nmf.painting.strokes import Grid, Painting
    from separation.spectral.stft import Patch

GROUPING = "source-filter"  # of `separation.nmf.grouping`: what `nmf` does
LEARNT = 64  # tiles of 64 frames the atoms are learnt on at most, 95 s


@dataclass(frozen=True)
class PaintedParameters(Parameters):
    strokes: str = parameter(
        "", file="Strokes (*.json)", help="A JSON file of strokes; without one, the stems to paint on are made."
    )
    sources: int = parameter(4, minimum=2, maximum=16, help="How many stems to make while there are no strokes.")
    rank: int = parameter(12, minimum=1, maximum=64, help="How many atoms (notes, hits, sounds) each stem has.")
    iterations: int = parameter(40, minimum=1, maximum=1000, expert=True, help="Learning steps with the strokes.")
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: PaintedParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n) in the order of the painting's sources."""
    from separation.nmf.activations import activations
    from separation.nmf.grouped import Grouped
    from separation.nmf.painting.painted import models, states
    from separation.nmf.painting.strokes import Grid, rasterise
    from separation.spectral.masks import magnitude

    painting = _painting(parameters)
    listening, learning, rendering = report.split(1, 8, 4)
    grid = Grid(stream.sample_rate, *transform(stream.sample_rate))
    blocks, again = twice(stream)

    heard = listened(
        again(), grid.n_fft, grid.hop, length=stream.frames, device=parameters.device, report=listening
    )
    channels, frames, total = kept(heard, wanted(painting, grid, stream.frames))
    if not total:
        return
    if max(float(side.max()) for side in channels) == 0.0:  # silence has no atoms
        for block in blocks:
            yield np.zeros((len(painting.sources), *block.shape), np.float32)
        return
    factors = _learnt(channels, frames, painting, grid, parameters, learning)
    whole_song = len(frames) == total
    del channels

    def loudness(patch: Patch) -> Loudness:
        first, count = patch.start, patch.spectrum.shape[-1]
        maps = rasterise(painting.strokes, painting.sources, grid, first, first + count)
        if whole_song:
            here = factors.part(first, first + count)
        else:
            V = magnitude(patch.spectrum)
            H = activations(V, factors.W, check=rendering.check)
            here = Grouped(factors.W, H, factors.sizes)
            if maps.tiles and float(V.max()) > 0.0:
                here = list(islice(states(V, here, maps, hold_W=True), 16))[-1]
        return lambda place: models(here, maps, *place.indices(count)[:2])

    yield from stems_by_shares(
        blocks, loudness, grid.n_fft, grid.hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
    )  # fmt: skip



def wanted(painting: Painting, grid: Grid, samples: int) -> set[int]:
    """The tiles to learn on of a song of so many samples: the painted ones first."""
    from separation.spectral.stft import frame_count

    spans = [grid.frames_of(stroke.start_s, stroke.end_s) for stroke in painting.strokes]
    painted = (i for first, last in spans for i in range(first // TILE, -(-last // TILE)))
    return chosen(painted, -(-frame_count(samples, grid.n_fft, grid.hop) // TILE), LEARNT)


def _learnt(
    channels: list[Tensor], frames: Tensor, painting: Painting, grid: Grid, parameters: PaintedParameters,
    report: Report,
) -> Grouped:  # fmt: skip
    """Factors of the frames that were kept, grouped by source."""
    import torch

    from separation.nmf.factorisation import Factors, factorise
    from separation.nmf.features import describe
    from separation.nmf.grouped import grouped
    from separation.nmf.grouping.assignment import group
    from separation.nmf.painting.evidence import assign_by_strokes
    from separation.nmf.painting.maps import Maps
    from separation.nmf.painting.painted import states
    from separation.nmf.painting.strokes import rasterise

    first, second = report.split(2, 1)
    V = torch.stack([side.square() for side in channels]).mean(0).sqrt_() if len(channels) > 1 else channels[0]
    count = len(painting.sources)
    rank = min(parameters.rank * count, *V.shape)
    fit = factorise(V, rank, coarse=True, iterations=100, seed=parameters.seed, report=first)
    features = describe(Factors(fit.W, fit.H), channels, grid.sample_rate)
    clusters = group(Factors(fit.W, fit.H), features, V, count, grid.sample_rate, GROUPING, parameters.seed)
    labels = assign_by_strokes(
        clusters, fit.W, fit.H, features, painting.strokes, painting.sources, grid, frames,
        named=painting.sources == _numbered(count),
    )  # fmt: skip
    tiles = {}
    for place in range(0, len(frames), TILE):
        here = frames[place : place + TILE]
        one = rasterise(painting.strokes, painting.sources, grid, int(here[0]), int(here[-1]) + 1).tiles
        if one:
            tiles[place // TILE] = one[0]
    factors = grouped(fit.W, fit.H, labels, count)
    if not tiles:
        return factors
    made = states(V, factors, Maps(count, V.shape[0], V.shape[1], tiles))
    for step in range(parameters.iterations + 1):
        second(step, parameters.iterations, "Learning from the strokes")
        factors = next(made)
    return factors


def _painting(parameters: PaintedParameters) -> Painting:
    from separation.nmf.painting.strokes import Painting, load

    return load(parameters.strokes) if parameters.strokes else Painting(_numbered(parameters.sources))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(count))


def _names(parameters: PaintedParameters) -> tuple[str, ...]:
    return _painting(parameters).sources


METHOD = Method(
    "nmf-painted",
    title="Painted atoms (NMF)",
    summary="Learns from what you paint.",
    family="nmf",
    stems=_numbered(PaintedParameters().sources),
    rest="source 1",
    source="Bryan & Mysore, “An efficient posterior regularized latent variable model for interactive sound source "
    "separation”, ICML 2013",
    licence="MIT",
    parameters=PaintedParameters,
    stream=stream,
    speed=15.0,
    stems_for=_names,
)
