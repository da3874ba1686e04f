"""The voice over an accompaniment that repeats itself (REPET-SIM, Rafii & Pardo 2012).

A song passes by in pieces of a minute and a half, each with half a minute of what comes before and after it:
repetitions are looked for there, so that memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.shares import PART, transform

OWN, AROUND = 95.0, 30.0  # seconds of a piece, and of its neighbours on either side


@dataclass(frozen=True)
class RepetParameters(Parameters):
    repetitions: int = parameter(
        40, minimum=2, maximum=200, help="How many moments that sound alike are compared to find what they share."
    )
    likeness: float = parameter(
        0.0, minimum=0.0, maximum=1.0, expert=True, help="How alike two moments must sound at least: 1 is identical."
    )
    apart: float = parameter(
        0.5, minimum=0.1, maximum=10.0, unit="s", expert=True,
        help="How far two moments must lie apart to count as a repetition: more than a held note.",
    )  # fmt: skip
    voice_from: float = parameter(
        120.0, minimum=0.0, maximum=500.0, unit="Hz", help="Below this there is no voice; 0 looks for it everywhere."
    )
    exponent: float = parameter(
        1.0, minimum=0.5, maximum=4.0, expert=True,
        help="Bleed or artefacts: low lets some of the other stem through, high cuts harder.",
    )  # fmt: skip


def stream(stream: Stream, parameters: RepetParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (2, C, n): vocals, accompaniment."""
    import torch

    from separation.spectral.masks import magnitude, ratio
    from separation.spectral.repetition import BLOCK, repeating
    from separation.spectral.stft import Patch, overlap_add, patches

    n_fft, hop = transform(stream.sample_rate)
    second = stream.sample_rate / hop
    own, around, apart = (max(round(length * second), 1) for length in (OWN, AROUND, parameters.apart))
    silent = round(parameters.voice_from * n_fft / stream.sample_rate)
    words = "Looking for repetitions"

    def masked() -> Iterator[Patch]:
        for patch in patches(stream.blocks, own, n_fft, hop, (around, around), parameters.device):
            V, mine = magnitude(patch.spectrum), patch.own
            steps = iter(range(patch.start, patch.start + V.shape[1] + BLOCK, BLOCK))

            def heard(steps: Iterator[int] = steps) -> None:
                report(min(next(steps) * hop, stream.frames), max(stream.frames, 1), words)

            back = repeating(
                V, mine, most=parameters.repetitions, least=parameters.likeness, apart=apart, check=heard
            )
            V = V[:, mine]
            mask = ratio(torch.stack((V - back, back)), parameters.exponent)[0]
            mask[:silent] = 0.0
            for place, part in patch.parts(PART, hop):
                voice = mask[:, place] * part.spectrum
                yield part.replace(torch.stack((voice, part.spectrum - voice)))

    for block in overlap_add(masked(), hop):
        yield block.cpu().numpy()
    report(1, 1, words)


METHOD = Method(
    "repet",
    title="Repetition (REPET-SIM)",
    summary="The voice over what repeats.",
    family="classic",
    stems=("vocals", "accompaniment"),
    rest="accompaniment",
    source="Rafii & Pardo, “Music/voice separation using the similarity matrix”, ISMIR 2012",
    licence="MIT",
    parameters=RepetParameters,
    stream=stream,
    speed=13.0,
)
