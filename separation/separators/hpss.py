"""Harmonic/percussive separation by medians (FitzGerald 2010) with a residual (Driedger, Müller & Disch 2014).

Works while the sound flows past: a median looks half its length around itself, so each patch of the spectrogram
takes that many neighbouring frames along, and the result is that of the whole song.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report

WINDOW = 0.093  # seconds: 4096 samples at 44.1 kHz
FRAMES, PART = 256, 128  # own frames of a patch, 6 seconds, and of what is turned back into sound at once


@dataclass(frozen=True)
class HpssParameters(Parameters):
    margin: float = parameter(
        2.0, minimum=1.0, maximum=10.0,
        help="How clearly a sound must be a note or a hit; what is neither goes to the residual. 1 leaves none.",
    )  # fmt: skip
    steadiness: float = parameter(
        0.7, minimum=0.1, maximum=3.0, unit="s", expert=True,
        help="A sound held for more than half of this counts as a note.",
    )  # fmt: skip
    breadth: float = parameter(
        180.0, minimum=50.0, maximum=2000.0, unit="Hz", expert=True,
        help="A sound that fills more than half of this band at once counts as a hit.",
    )  # fmt: skip
    exponent: float = parameter(
        2.0, minimum=0.5, maximum=4.0, expert=True,
        help="Bleed or artefacts: low lets some of the other part through, high cuts harder.",
    )  # fmt: skip
    smoothing: bool = parameter(
        False, expert=True, help="Smooth the cut from bin to bin, against chirping in quiet places."
    )


def stream(stream: Stream, parameters: HpssParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (3, C, n): harmonic, percussive, residual."""
    from separation.spectral.harmonic_percussive import harmonic_percussive_masks
    from separation.spectral.masks import magnitude, smoothed
    from separation.spectral.stft import Patch, overlap_add, patches

    n_fft = 2 ** max(round(np.log2(WINDOW * stream.sample_rate)), 5)
    hop = n_fft // 4
    time = 2 * round(parameters.steadiness * stream.sample_rate / hop / 2) + 1
    frequency = 2 * round(parameters.breadth * n_fft / stream.sample_rate / 2) + 1
    around = (time // 2 + parameters.smoothing,) * 2  # smoothing looks one frame further

    def masked() -> Iterator[Patch]:
        for patch in patches(stream.blocks, FRAMES, n_fft, hop, around, parameters.device):
            report(min(patch.start * hop, stream.frames), max(stream.frames, 1), "Telling notes from hits")
            masks = harmonic_percussive_masks(
                magnitude(patch.spectrum), time=time, frequency=frequency,
                margin=parameters.margin, exponent=parameters.exponent,
            )  # fmt: skip
            masks = (smoothed(masks) if parameters.smoothing else masks)[:, None, :, patch.own]
            for place, part in patch.parts(PART, hop):
                yield part.replace(masks[..., place] * part.spectrum)

    for block in overlap_add(masked(), hop):
        yield block.cpu().numpy()
    report(1, 1, "Telling notes from hits")


METHOD = Method(
    "hpss",
    title="Harmonic / percussive",
    summary="Splits held notes from hits, quickly.",
    family="classic",
    stems=("harmonic", "percussive", "residual"),
    rest="residual",
    source="FitzGerald, “Harmonic/percussive separation using median filtering”, DAFx 2010; "
    "Driedger, Müller & Disch, “Extending harmonic-percussive separation of audio signals”, ISMIR 2014",
    licence="MIT",
    parameters=HpssParameters,
    stream=stream,
    speed=31.0,
)
