"""A singer followed by a source/filter model and lifted out of the accompaniment (Durrieu, David & Richard 2011).

The song passes by in parts of about half a minute, each with a little of its neighbours, and each is learnt on its
own: the accompaniment of a chorus need not be that of a verse. Memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.shares import transform

RENDERED = 128  # frames turned back into sound at once


@dataclass(frozen=True)
class ImmParameters(Parameters):
    lowest: float = parameter(
        80.0, minimum=40.0, maximum=400.0, unit="Hz", help="The lowest note the singer may sing; 160 suits a woman."
    )
    highest: float = parameter(
        800.0, minimum=200.0, maximum=2000.0, unit="Hz", help="The highest note the singer may sing; 500 suits a man."
    )
    presence: float = parameter(
        -23.0, minimum=-60.0, maximum=0.0, unit="dB",
        help="How soft, beside the loudest singing, a note may be and still count as sung.",
    )  # fmt: skip
    exponent: float = parameter(
        1.2, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets the other stem through, high cuts harder."
    )
    atoms: int = parameter(
        20, minimum=1, maximum=200, expert=True, help="How many sounds the accompaniment is made of."
    )
    filters: int = parameter(25, minimum=1, maximum=100, expert=True, help="How many vowels the singer has.")
    tries: int = parameter(
        3, minimum=1, maximum=20, expert=True, help="How many models are learnt; their mean is used."
    )
    effort: float = parameter(
        1.0, minimum=0.1, maximum=10.0, expert=True, help="How many learning steps, as a multiple of the usual ones."
    )


def stream(stream: Stream, parameters: ImmParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (2, C, n): vocals, accompaniment."""
    from separation.nmf.singer.imm import AROUND, PART, STEPS, WINDOW, Singer, follow, share_of
    from separation.nmf.singer.melody import Costs
    from separation.spectral.stft import Patch, overlap_add, patches

    n_fft, hop = transform(stream.sample_rate, WINDOW)
    singer = Singer.of(n_fft, hop, stream.sample_rate, lowest=parameters.lowest, highest=parameters.highest)
    free, led, breath = (max(1, round(parameters.effort * count)) for count in STEPS)
    costs = Costs(threshold=parameters.presence)
    loud = 0.0

    def masked() -> Iterator[Patch]:
        nonlocal loud
        for patch in patches(stream.blocks, PART, n_fft, hop, (AROUND, AROUND), parameters.device):
            V = singer.powers(patch.spectrum)
            if not float(V.max()) > 0.0:
                yield patch.replace(patch.spectrum.expand(2, *patch.spectrum.shape))  # silence
                continue
            found = follow(
                V, singer, filters=parameters.filters, rank=parameters.atoms, steps=(free, led, breath),
                tries=parameters.tries, costs=costs, least_loud=loud / 10.0, seed=parameters.seed,
                report=share_of(report, patch, hop, stream.frames),
            )  # fmt: skip
            loud = max(loud, found.loud)
            for place, part in patch.parts(RENDERED, hop):
                rows = slice(patch.before + place.start, patch.before + place.stop)
                masks = singer.bands.back(found.masks(rows, parameters.exponent / 2.0)).mT  # the models are powers
                yield part.replace(masks[:, None] * part.spectrum)

    for stems in overlap_add(masked(), hop):
        yield stems.cpu().numpy()
    report(1, 1, "Making the stems")


METHOD = Method(
    "imm",
    title="Singer (source/filter)",
    summary="Lifts out who sings the melody.",
    family="nmf",
    stems=("vocals", "accompaniment"),
    rest="accompaniment",
    source="Durrieu, David & Richard, “A musically motivated mid-level representation for pitch estimation and musical "
    "audio source separation”, IEEE Journal of Selected Topics in Signal Processing 5(6), 2011",
    licence="MIT",
    parameters=ImmParameters,
    stream=stream,
    speed=5.0,
)
