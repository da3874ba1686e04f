"""The middle of a stereo song and its sides, told apart bin by bin (Avendano & Jot 2004; Barry, Lawlor & Coyle 2004).

Works while the sound flows past: a bin is judged from its own two channels and a few frames around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.shares import FRAMES, PART, transform


@dataclass(frozen=True)
class CentreParameters(Parameters):
    bass_mono: float = parameter(
        120.0, minimum=0.0, maximum=500.0, unit="Hz",
        help="Below this nothing goes to the centre, so that bass and kick stay with the sides; 0 lets them in.",
    )  # fmt: skip
    focus: float = parameter(
        1.0, minimum=0.25, maximum=8.0,
        help="How exactly in the middle a sound must be: low takes in its surroundings, high cuts harder.",
    )  # fmt: skip
    position: float = parameter(
        0.0, minimum=-1.0, maximum=1.0, expert=True,
        help="Which place to take as the centre: −1 is left, 0 the middle, 1 right.",
    )  # fmt: skip
    smoothing: int = parameter(
        1, minimum=0, maximum=8, unit="frames", expert=True,
        help="Over how many frames on either side a place is averaged: more has less flutter, and slower edges.",
    )  # fmt: skip


def stream(stream: Stream, parameters: CentreParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (2, 2, n): centre, sides. Raises InputError for a song that is not stereo."""
    import torch

    from separation.spatial.panning import place_mask, ramp, require_stereo
    from separation.spectral.stft import Patch, overlap_add, patches

    require_stereo(stream.channels, "Centre extraction")
    n_fft, hop = transform(stream.sample_rate)
    gains = ramp(n_fft // 2 + 1, stream.sample_rate, parameters.bass_mono).to(parameters.device)
    around = (parameters.smoothing, parameters.smoothing)

    def masked() -> Iterator[Patch]:
        for patch in patches(stream.blocks, FRAMES, n_fft, hop, around, parameters.device):
            report(min(patch.start * hop, stream.frames), max(stream.frames, 1), "Listening to the middle")
            mask = place_mask(patch.spectrum, parameters.position, parameters.focus, parameters.smoothing).mul_(gains)
            mask = mask[:, patch.own]
            for place, part in patch.parts(PART, hop):
                centre = mask[:, place] * part.spectrum
                yield part.replace(torch.stack((centre, part.spectrum - centre)))

    for block in overlap_add(masked(), hop):
        yield block.cpu().numpy()
    report(1, 1, "Listening to the middle")


METHOD = Method(
    "centre",
    title="Centre / sides",
    summary="Lifts out what stands in the middle.",
    family="classic",
    stems=("centre", "sides"),
    rest="sides",
    source="Avendano & Jot, “A frequency-domain approach to multichannel upmix”, JAES 52(7/8), 2004; "
    "Barry, Lawlor & Coyle, “Sound source separation: azimuth discrimination and resynthesis”, DAFx 2004",
    licence="MIT",
    parameters=CentreParameters,
    stream=stream,
    speed=40.0,
)
