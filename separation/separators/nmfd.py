"""A drum loop taken apart into kick, snare and hi-hat by convolutive NMF and by what its hits have in common.

1. From a whole song its drums are taken first (`nmf/rhythm.py`); a drum loop is left as it is.
2. Short patterns are learnt that begin as drums and are named by what they became (`nmf/drums.py`).
3. Masks share out the percussive part; then the waveforms of a drum's hits tell about each other (`nmf/repeats.py`).
Patterns are learnt on the liveliest 20 seconds; longer songs are shared out in overlapping pieces that cross-fade.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Audio
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separators.shares import transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.nmf.drums import Kit

WINDOW, PATTERN = 0.0232, 0.14  # seconds: 1024 samples at 44.1 kHz, and the length of a pattern
LEARNT, PIECE, OVERLAP = 20.0, 20.0, 1.0  # seconds
NOTES = 0.26  # share of clear notes in the energy above 150 Hz from which a sound is more than drums
STEPS_OF_A_PIECE = 12  # at which a piece tells how far it is
STEPS = 40  # iterations for the activations of a piece that was not learnt on


@dataclass(frozen=True)
class NmfdParameters(Parameters):
    drums_only: str = parameter(
        "auto", choices=("auto", "yes", "no"),
        help="Whether there are only drums to hear: with no, notes go to the rest first; auto listens for notes.",
    )  # fmt: skip
    repeats: bool = parameter(
        True, help="Let the hits of each drum tell about each other: better the more alike they are."
    )
    iterations: int = parameter(80, minimum=1, maximum=2000, help="Learning steps.", expert=True)
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, expert=True,
        help="Bleed or artefacts: low lets other drums through, high cuts harder.",
    )  # fmt: skip


def run(audio: Audio, parameters: NmfdParameters, report: Report) -> np.ndarray:
    """(4, C, T): kick, snare, hi-hat, rest."""
    import torch

    from separation.nmf.drums import learn_drums
    from separation.spectral.masks import magnitude
    from separation.spectral.stft import stft

    hits, learning, sharing = report.split(2, 6, 2)
    x = torch.tensor(audio.samples, device=parameters.device)
    stems = np.zeros((4, *x.shape), np.float32)
    hits(0, 1, "Telling hits from notes")
    drums = x if _only_drums(x, audio.sample_rate, parameters.drums_only) else _percussive(x, audio.sample_rate, hits)
    hits(1, 1, "Telling hits from notes")
    if not drums.shape[1] or float(drums.abs().max()) == 0.0:
        stems[3] = audio.samples
        return stems
    n_fft, hop = transform(audio.sample_rate, WINDOW)
    V = magnitude(stft(_liveliest(drums, round(LEARNT * audio.sample_rate)), n_fft, hop))
    kit = learn_drums(
        V, audio.sample_rate, hop, length=round(PATTERN * audio.sample_rate / hop),
        iterations=parameters.iterations, report=learning,
    )  # fmt: skip
    del V
    for first, last, fade in _pieces(drums.shape[1], audio.sample_rate):
        steps = itertools.count()

        def told(first: int = first, size: int = last - first, steps: Iterator[int] = steps) -> None:
            done = min(next(steps) / STEPS_OF_A_PIECE, 1.0)
            sharing(first + done * size, drums.shape[1], "Sharing out the hits")

        part = _shared_out(drums[:, first:last], kit, audio.sample_rate, parameters, told).cpu().numpy()
        rise = np.minimum((np.arange(last - first) + 0.5) / max(fade, 1), 1.0).astype(np.float32) if fade else 1.0
        stems[:3, :, first:last] = (1 - rise) * stems[:3, :, first:last] + rise * part
    stems[3] = audio.samples - stems[:3].sum(0)
    sharing(1, 1, "Sharing out the hits")
    return stems


def _shared_out(
    x: Tensor, kit: Kit, sample_rate: int, parameters: NmfdParameters, told: Callable[[], object]
) -> Tensor:
    """Stems (3, C, T) of a piece (C, T) that is drums."""
    import torch

    from separation.nmf.convolutive import Patterns, factorise
    from separation.nmf.repeats import predicted
    from separation.spectral.masks import magnitude, ratio
    from separation.spectral.stft import istft, stft

    told()
    n_fft, hop = transform(sample_rate, WINDOW)
    spectrum = stft(x, n_fft, hop)
    V = magnitude(spectrum)
    if float(V.max()) == 0.0 or V.shape[1] < len(kit.patterns.W):
        return torch.zeros(3, *x.shape, device=x.device)
    if V.shape[1] == kit.patterns.H.shape[1]:  # all of the song was learnt on
        H = kit.patterns.H
    else:
        flat = torch.full((len(kit.names), V.shape[1]), float(V.mean()) * len(V) / len(kit.names)).to(V)
        H = factorise(V, start=Patterns(kit.patterns.W, flat), hold_W=True, iterations=STEPS, tolerance=1e-3).H
    told()
    models = kit.models(H)
    stems = istft(ratio(models, parameters.exponent)[:, None] * spectrum, x.shape[1], hop)
    if parameters.repeats:
        onsets = kit.onsets(sample_rate, hop, H)
        stems = predicted(x, stems, models.square_(), onsets, sample_rate, hop=hop, check=told)
    return stems


def _only_drums(x: Tensor, sample_rate: int, asked: str) -> bool:
    """Whether clear notes (Driedger, Müller & Disch 2014) hold little of the energy between 150 Hz and 8 kHz."""
    if asked != "auto":
        return asked == "yes"
    from separation.spectral.harmonic_percussive import harmonic_percussive_masks
    from separation.spectral.masks import magnitude
    from separation.spectral.stft import stft

    n_fft, hop = transform(sample_rate)
    V = magnitude(stft(_liveliest(x, round(LEARNT * sample_rate)), n_fft, hop))
    low, high = (min(round(f * n_fft / sample_rate), len(V) - 1) for f in (150, 8000))
    V = V[low:high]
    energy = V.square()
    total = float(energy.sum())
    if not total:
        return True
    notes = harmonic_percussive_masks(V, margin=2.0)[0]
    return float((notes * energy).sum()) < NOTES * total


def _percussive(x: Tensor, sample_rate: int, report: Report) -> Tensor:
    """The hits (C, T) of a song (C, T), as the method hybrid finds them in an accompaniment."""
    import torch

    from separation.separators.hybrid import HybridParameters, rhythm

    done, size = 0, max(x.shape[1], 1)
    parts = []
    settings = HybridParameters(device=str(x.device))
    for drums, _, _ in rhythm(iter([x.cpu().numpy()]), sample_rate, settings, report):
        parts.append(torch.tensor(drums, device=x.device))
        done += drums.shape[1]
        report(done, size, "Telling hits from notes")
    return torch.cat(parts, dim=-1)


def _liveliest(x: Tensor, size: int) -> Tensor:
    """The `size` samples (C, size) of a sound (C, T) with the most energy, in steps of a quarter; all if T is less."""
    if x.shape[1] <= size:
        return x
    step = max(size // 4, 1)
    energy = x.square().sum(0)[: x.shape[1] // step * step].view(-1, step).sum(1)
    best = int(energy.unfold(0, 4, 1).sum(1).argmax()) * step
    return x[:, best : best + size]


def _pieces(length: int, sample_rate: int) -> Iterator[tuple[int, int, int]]:
    """First and last sample of each piece, and over how many it fades in over the one before."""
    piece, overlap = round(PIECE * sample_rate), round(OVERLAP * sample_rate)
    first = 0
    while True:
        last = length if length - first < 1.5 * piece else first + piece
        yield first, last, overlap if first else 0
        if last == length:
            return
        first = last - overlap


METHOD = Method(
    "nmfd",
    title="Drum kit (NMFD)",
    summary="Takes a drum loop apart into its drums.",
    family="nmf",
    stems=("kick", "snare", "hihat", "rest"),
    rest="rest",
    source="Smaragdis, “Non-negative matrix factor deconvolution”, ICA 2004; López-Serrano, Dittmar, Özer & Müller, "
    "“NMF toolbox”, DAFx 2019; repeated hits after Liutkus, Badeau & Richard, “Gaussian processes for underdetermined "
    "source separation”, IEEE Transactions on Signal Processing 59(7), 2011",
    licence="MIT",
    parameters=NmfdParameters,
    run=run,
    speed=2.5,
)
