"""NMF told by a score which notes sound when (Ewert & Müller 2012): a MIDI file in, a stem for each of its instruments.

The score is first laid on the song, so that its tempo need not be the song's. Atoms are learnt on all of a song up to a
minute and a half and on evenly spread moments of a longer one; then the song passes by once more, in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.errors import ParameterError
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.excerpts import TILE, chosen, kept
from separation.separators.moments import twice
from separation.separators.shares import FRAMES, Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:
    from separation.nmf.grouped import Grouped
    from separation.spectral.stft import Patch

LEARNT = 64  # tiles of 64 frames the atoms are learnt on at most, 95 s
STEPS = 30  # for the activations of a piece of a long song


@dataclass(frozen=True)
class ScoreParameters(Parameters):
    score: str = parameter(
        "", file="MIDI score (*.mid *.midi)", help="A MIDI file with the notes of this song."
    )
    align: bool = parameter(True, help="Move the notes to where they are heard.")
    rest: int = parameter(
        4, minimum=0, maximum=64, expert=True, help="How many free atoms stand for what is not in the score."
    )
    iterations: int = parameter(40, minimum=1, maximum=1000, expert=True, help="Learning steps.")
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: ScoreParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n): the instruments of the score, and the rest."""
    import torch

    from separation.nmf.grouped import Grouped
    from separation.nmf.painting.maps import unpainted
    from separation.nmf.painting.painted import models, states
    from separation.nmf.painting.strokes import Grid
    from separation.nmf.scores.alignment import align, class_energy
    from separation.nmf.scores.score import read
    from separation.nmf.scores.scored import start_from
    from separation.nmf.starts.combs import tuning_of
    from separation.spectral.masks import magnitude
    from separation.spectral.stft import frame_count, patches

    if not parameters.score:
        raise ParameterError("This method needs the notes of the song: give a MIDI file, --set score=FILE.mid.")
    score = read(parameters.score)
    listening, learning, rendering = report.split(1, 4, 4)
    grid = Grid(stream.sample_rate, *transform(stream.sample_rate))
    blocks, again = twice(stream)
    classes: list[np.ndarray] = []

    def heard() -> Iterator[Patch]:
        for patch in patches(again(), FRAMES, grid.n_fft, grid.hop, device=parameters.device):
            listening(min(patch.start * grid.hop, stream.frames), max(stream.frames, 1), "Listening")
            classes.append(class_energy(magnitude(patch.spectrum), grid))
            yield patch

    tiles = chosen((), -(-frame_count(stream.frames, grid.n_fft, grid.hop) // TILE), LEARNT)
    channels, frames, total = kept(heard(), tiles)
    count = len(score.instruments) + 1
    if not total:
        return
    if max(float(side.max()) for side in channels) == 0.0:  # silence has no atoms
        for block in blocks:
            yield np.zeros((count, *block.shape), np.float32)
        return
    V = torch.stack([side.square() for side in channels]).mean(0).sqrt_() if len(channels) > 1 else channels[0]
    del channels
    learning(0, 1, "Following the score")
    if parameters.align:
        score = align(np.concatenate(classes), score, grid)
    tuning = tuning_of(V, grid.sample_rate)

    def start(V: torch.Tensor, frames: torch.Tensor) -> Grouped:
        return start_from(V, score, grid, frames, tuning=tuning, rest=parameters.rest, seed=parameters.seed)

    factors = start(V, frames)
    made = states(V, factors, unpainted(count, *V.shape))
    for step in range(parameters.iterations + 1):
        learning(step, parameters.iterations, "Learning the notes")
        factors = next(made)
    whole_song = len(frames) == total
    del V, made

    def loudness(patch: Patch) -> Loudness:
        first, size = patch.start, patch.spectrum.shape[-1]
        free = unpainted(count, grid.bins, size)
        if whole_song:
            here = factors.part(first, first + size)
        else:
            V = magnitude(patch.spectrum)
            begun = start(V, torch.arange(first, first + size))
            here = Grouped(factors.W, begun.H, factors.sizes)
            if float(V.max()) > 0.0:
                made = states(V, here, free, hold_W=True)
                for _ in range(STEPS + 1):
                    rendering.check()
                    here = next(made)
        return lambda place: models(here, free, *place.indices(size)[:2])

    yield from stems_by_shares(
        blocks, loudness, grid.n_fft, grid.hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
    )  # fmt: skip


def _names(parameters: ScoreParameters) -> tuple[str, ...]:
    from separation.nmf.scores.score import REST, read

    return (*read(parameters.score).instruments, REST) if parameters.score else ("instrument", REST)


METHOD = Method(
    "nmf-score",
    title="Score (NMF)",
    summary="Follows the notes of a MIDI file.",
    family="nmf",
    stems=_names(ScoreParameters()),
    rest="rest",
    source="Ewert & Müller, “Using score-informed constraints for NMF-based source separation”, ICASSP 2012",
    licence="MIT",
    parameters=ScoreParameters,
    stream=stream,
    needs="score",
    speed=12.0,
    stems_for=_names,
)
