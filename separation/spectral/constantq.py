"""Magnitudes on a log-frequency axis, where every note of an instrument is one shape at another place; and back.

The constant-Q transform of Brown (1991) by spectral kernels (Brown & Puckette, JASA 92(5), 1992): each row is a window
whose length is a fixed number of periods, cut to the length of the transform at the low end (as in the variable-Q
transform of Schörkhuber et al., AES 2014). It starts from ordinary long Hann frames, so a sound may pass in patches.

    axis = LogAxis.of(sample_rate)
    for patch in patches(blocks, FRAMES, axis.n_fft, hop): V = axis.magnitude(patch.spectrum)    # (…, B, N)
    models = axis.on_bins(4096) @ V                                                              # (…, F, N)

Magnitudes are never inverted: models or masks go back to the bins of a short transform with the same hop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.errors import ParameterError

NOTHING = 1e-4  # of a kernel's largest value: what is smaller is left out
LONGEST = 0.37  # seconds of the longest window: 16384 samples at 44.1 kHz


@dataclass(frozen=True, eq=False)
class LogAxis:
    """hertz (B,) float64, `per_octave` rows each octave; kernels: for some rows at a time, the first bin of the long
    transform that they read and their weights (b, f) complex64."""

    hertz: Tensor
    per_octave: int
    sample_rate: float
    n_fft: int
    kernels: tuple[tuple[int, Tensor], ...]

    @staticmethod
    def of(
        sample_rate: float, *, low: float = 40.0, high: float = 12000.0, per_octave: int = 48, periods: float = 34.0
    ) -> LogAxis:
        """Rows from `low` to `high` Hz, at most to 45 % of the sample rate.

        periods: of a row's own frequency in its window; 34 part two notes a semitone apart. Raises ParameterError.
        """
        high = min(high, 0.45 * sample_rate)
        if not (0.0 < low < high and per_octave >= 1 and periods > 0.0):
            raise ParameterError(
                f"A log-frequency axis needs a lowest frequency above 0 Hz and below its highest, and rows in each "
                f"octave; {low:g} to {high:g} Hz with {per_octave} rows an octave is none."
            )
        n_fft = 2 ** max(round(math.log2(LONGEST * sample_rate)), 5)
        count = math.floor(per_octave * math.log2(high / low)) + 1
        hertz = low * 2.0 ** (torch.arange(count, dtype=torch.float64) / per_octave)
        kernels = tuple(_kernels(rows, sample_rate, n_fft, periods) for rows in hertz.split(per_octave))
        return LogAxis(hertz, per_octave, sample_rate, n_fft, kernels)

    def magnitude(self, spectrum: Tensor) -> Tensor:
        """(…, B, N) float32 of a spectrum (…, F, N) with this axis's n_fft; a sine of amplitude a reads a / 2."""
        rows = []
        for first, weights in self.kernels:
            band = spectrum[..., first : first + weights.shape[1], :]
            rows.append((weights.to(spectrum.device) @ band).abs())
        return torch.cat(rows, -2)

    def on_bins(self, n_fft: int) -> Tensor:
        """(n_fft / 2 + 1, B) float32: from rows to the bins of another transform, by straight lines in log frequency.

        A bin that spans several rows takes their mean; below and above the axis its end counts. Every line sums to
        one, so a mask of ones stays ones, and masks that add up to one still do.
        """
        width = self.sample_rate / n_fft
        inside = torch.linspace(-0.5, 0.5, 33, dtype=torch.float64)[1::2]  # places across a bin
        centre = torch.arange(n_fft // 2 + 1, dtype=torch.float64)[:, None]
        place = ((centre + inside) * width).clamp(min=1e-3).div(self.hertz[0]).log2() * self.per_octave
        place = place.clamp(0.0, len(self.hertz) - 1.0)
        below = place.floor().clamp(max=max(len(self.hertz) - 2, 0)).long()
        part = place - below
        table = torch.zeros(len(centre), len(self.hertz), dtype=torch.float64)
        table.scatter_add_(1, below, 1.0 - part)
        table.scatter_add_(1, (below + 1).clamp(max=len(self.hertz) - 1), part)
        return (table / table.sum(1, keepdim=True)).float()


def _kernels(hertz: Tensor, sample_rate: float, n_fft: int, periods: float) -> tuple[int, Tensor]:
    """The first bin and the weights (b, f) that turn a Hann frame of n_fft into its rows at `hertz` (b,)."""
    time = torch.arange(n_fft, dtype=torch.float64) - n_fft // 2  # the frame's middle is its time
    long = torch.cos(math.pi * time / n_fft).square()
    size = (periods * sample_rate / hertz).clamp(max=float(n_fft))[:, None]
    short = torch.where(time.abs() < size / 2.0, torch.cos(math.pi * time / size).square(), 0.0)
    within = short / short.sum(1, keepdim=True) / long.clamp(min=1e-12)  # what is left to do to the long window
    wave = within * torch.exp(2j * math.pi * hertz[:, None] * time / sample_rate)
    # Parseval: Σ_t x(t) conj(wave(t)) = Σ_f X(f) conj(W(f)) / n_fft, where only the band around `hertz` counts
    weights = torch.fft.fft(wave)[:, : n_fft // 2 + 1].conj() / n_fft
    size_of = weights.abs()
    heard = (size_of > NOTHING * size_of.amax(1, keepdim=True)).any(0).nonzero()[:, 0]
    first, last = int(heard[0]), int(heard[-1]) + 1
    return first, weights[:, first:last].to(torch.complex64).contiguous()

