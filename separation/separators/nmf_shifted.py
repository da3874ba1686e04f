"""One timbre per instrument, moved over all its notes: shift-invariant factorisation on a log-frequency axis.

The timbres are learnt on all of a song up to a minute and a half, and on evenly spread moments of a longer one; then
the song passes by once more in pieces. Each piece is shared out by masks on an ordinary short transform.
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
from separation.separators import shares
from separation.separators.moments import moments, twice
from separation.separators.shares import Loudness, reconstruction, stems_by_shares, transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.nmf.shifted import Shifted
    from separation.spectral.stft import Patch

LEARNT = 4096  # frames the timbres are learnt on at most: 95 s
STEPS = 40  # to find when known timbres sound
LOW, PER_OCTAVE = 40.0, 36  # Hz of the lowest row; rows an octave, three a semitone


@dataclass(frozen=True)
class ShiftedParameters(Parameters):
    sources: int = parameter(4, minimum=2, maximum=16, help="How many instruments, and so stems.")
    iterations: int = parameter(80, minimum=1, maximum=2000, help="Learning steps.")
    sparsity: float = parameter(
        2.0, minimum=0.0, maximum=10.0, expert=True,
        help="How strongly a note must be one whole timbre rather than a pile of thin ones.",
    )  # fmt: skip
    octaves: float = parameter(
        4.0, minimum=0.5, maximum=7.0, expert=True, help="How wide a range an instrument may play, wherever it lies."
    )
    exponent: float = parameter(
        1.5, minimum=0.5, maximum=4.0, help="Bleed or artefacts: low lets other stems through, high cuts harder."
    )
    reconstruction: str = reconstruction()


def stream(stream: Stream, parameters: ShiftedParameters, report: Report) -> Iterator[np.ndarray]:
    """Blocks (J, C, n), loudest instrument first."""
    import torch

    from separation.nmf.shifted import Shifted, begin, states
    from separation.spectral.constantq import LogAxis
    from separation.spectral.stft import patches

    listening, learning, rendering = report.split(1, 5, 4)
    n_fft, hop = transform(stream.sample_rate)
    axis = LogAxis.of(stream.sample_rate, low=min(LOW, stream.sample_rate / 16.0), per_octave=PER_OCTAVE)
    blocks, again = twice(stream)

    def seen() -> Iterator[Tensor]:
        """(B, n) of one piece after the other: the root of the channels' mean power."""
        for patch in patches(again(), shares.FRAMES, axis.n_fft, hop, device=parameters.device):
            yield axis.magnitude(patch.spectrum).square_().mean(0).sqrt_()

    def heard() -> Iterator[Tensor]:
        for number, piece in enumerate(seen()):
            listening(min(number * shares.FRAMES * hop, stream.frames), max(stream.frames, 1), "Listening")
            yield piece

    found, total = moments((piece[None] for piece in heard()), LEARNT)
    V = found[0]
    if not total:
        return
    if not float(V.max()) > 0.0:  # silence has no timbres
        for block in blocks:
            yield np.zeros((parameters.sources, *block.shape), np.float32)
        return
    level = float(V.mean())
    shifts = min(round(parameters.octaves * PER_OCTAVE), len(V))
    start = begin(
        *V.shape, atoms=parameters.sources, shifts=shifts, per_octave=PER_OCTAVE, level=level, seed=parameters.seed
    )
    going = states(V, start, sparsity=parameters.sparsity)
    fit = next(going)
    for step in range(parameters.iterations):
        learning(step, parameters.iterations, "Learning the timbres")
        fit = next(going)
    fit = _loudest_first(fit)
    learnt_all, table = V.shape[1] == total, axis.on_bins(n_fft).to(V.device)
    del V
    pieces = seen()

    def models(patch: Patch) -> Loudness:
        first, count = patch.start, patch.spectrum.shape[-1]
        if learnt_all:
            found = Shifted(fit.W, fit.H[..., first : first + count])
        else:
            found = _sounding(next(pieces), fit.W, shifts, parameters.sparsity, rendering)

        def loudness(place: slice) -> Tensor:
            part = Shifted(found.W, found.H[..., place])
            return torch.stack([table @ part.model(k) for k in range(parameters.sources)])

        return loudness

    yield from stems_by_shares(
        blocks, models, n_fft, hop, exponent=parameters.exponent, length=stream.frames,
        device=parameters.device, report=rendering, reconstruction=parameters.reconstruction,
    )  # fmt: skip


def _sounding(V: Tensor, W: Tensor, shifts: int, sparsity: float, report: Report) -> Shifted:
    """When and where known timbres W sound in V (B, n)."""
    from separation.nmf.shifted import Shifted, states

    level = V.sum(0).clamp(min=1e-30) / (len(W) * shifts)
    start = Shifted(W, level.expand(len(W), shifts, -1).contiguous())
    if not float(V.max()) > 0.0:
        return start
    going = states(V, start, sparsity=sparsity, hold_W=True)
    state = next(going)
    for _ in range(STEPS):
        report.check()
        state = next(going)
    return state


def _loudest_first(fit: Shifted) -> Shifted:
    from separation.nmf.shifted import Shifted

    order = (fit.W.sum((1, 2)) * fit.H.sum((1, 2))).argsort(descending=True)
    return Shifted(fit.W[order], fit.H[order], fit.step)


def _names(parameters: ShiftedParameters) -> tuple[str, ...]:
    return tuple(f"source {j + 1}" for j in range(parameters.sources))


METHOD = Method(
    "nmf-shifted",
    title="Timbres (shifted NMF)",
    summary="One timbre per instrument.",
    family="nmf",
    stems=_names(ShiftedParameters()),
    rest="source 1",  # the loudest, where what is left over is heard least
    source="Schmidt & Mørup, “Nonnegative matrix factor 2-D deconvolution for blind single channel source separation”, "
    "ICA 2006; FitzGerald, Cranitch & Coyle, “Shifted non-negative matrix factorisation for sound source separation”, "
    "IEEE SSP 2005",
    licence="MIT",
    parameters=ShiftedParameters,
    stream=stream,
    speed=4.0,
    stems_for=_names,
)
