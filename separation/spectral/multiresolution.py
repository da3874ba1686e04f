"""Log-frequency power of a stretch of sound, long windows below and short ones above: the picture's transform.

Up to `CROSSING` each row is one complex Hann-windowed correlation at its own frequency, as in a constant-Q transform
(Brown 1991), but with windows that shrink as f^-0.6, so that bass is sharp in pitch and drums in time, and no seam
shows. Octave by octave the sound is decimated by two, and an octave is one matrix product. Above, where windows would
be shorter than the distance of two columns, FFT power is summed into rows.

Two channels share one analysis: the right one is turned by 90° (a short Hilbert filter) before the two are added, so
that anything panned by level, in phase or against it, adds in power. The error is the cross term of parts that differ
in phase, and averages to nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from separation.spectral.scales import levels, row_frequencies

LONGEST = 0.25  # s, at and below ANCHOR
ANCHOR = 60.0  # Hz
SLOPE = 0.6
DECIMATOR = 15  # half-length of the half-band filter in input samples
SPARE = 4.4  # a rung is sampled at least this many times its highest frequency
BLOCK = 64  # inputs per product of the decimator
HILBERT = (1, 3, 5)


def window_seconds(hz: np.ndarray | float, shortest: float) -> np.ndarray:
    """Length of the Hann window at a frequency."""
    return np.clip(LONGEST * (ANCHOR / np.asarray(hz, float)) ** SLOPE, shortest, LONGEST)


def hop_of(sample_rate: int) -> int:
    """Samples per column: a power of two near 11.6 ms (512 at 44.1 and 48 kHz)."""
    return int(max(16, 2 ** round(np.log2(sample_rate * 512 / 44100))))


@dataclass(frozen=True)
class Octave:
    """Rows of one octave: a matrix (K, 2 R) of windowed cosines and sines at the rate of one rung."""

    first: int
    rung: int
    offset: int  # of the first sample of a frame from the sample at the column's centre, rounded down
    kernel: np.ndarray


@dataclass(frozen=True)
class Analysis:
    """Everything that depends on the sample rate alone."""

    sample_rate: int
    rows: int

    @cached_property
    def hop(self) -> int:
        return hop_of(self.sample_rate)

    @cached_property
    def frequencies(self) -> np.ndarray:
        return row_frequencies(self.rows)

    @cached_property
    def size(self) -> int:
        """Samples per FFT of the upper rows."""
        return 2 * self.hop

    @cached_property
    def split(self) -> int:
        """First row of the upper part."""
        shortest = self.size / self.sample_rate
        return int(np.searchsorted(-(LONGEST * (ANCHOR / self.frequencies) ** SLOPE), -shortest))

    @cached_property
    def audible(self) -> int:
        """Rows below the Nyquist frequency."""
        return int(np.searchsorted(self.frequencies, 0.499 * self.sample_rate))

    @cached_property
    def octaves(self) -> tuple[Octave, ...]:
        result, last = [], min(self.split, self.audible)
        while last > 0:
            top = self.frequencies[last - 1]
            first = int(np.searchsorted(self.frequencies, top / 2))
            rung = int(np.clip(np.floor(np.log2(self.sample_rate / (SPARE * top))), 0, np.log2(self.hop)))
            rate = self.sample_rate / 2**rung
            hz = self.frequencies[first:last]
            seconds = window_seconds(hz, self.size / self.sample_rate)
            count = int(np.ceil(seconds.max() * rate)) | 1
            time = (np.arange(count) - count // 2) / rate
            if self.hop >> rung == 1:
                time = time - 0.5 / rate  # the column's centre lies between two samples
            with np.errstate(invalid="ignore"):
                window = np.where(
                    np.abs(time[:, None]) < seconds / 2, 0.5 + 0.5 * np.cos(2 * np.pi * time[:, None] / seconds), 0.0
                )
            window *= 2 / window.sum(0)
            turn = 2 * np.pi * time[:, None] * hz
            kernel = np.concatenate([window * np.cos(turn), window * np.sin(turn)], axis=1).astype(np.float32)
            result.append(Octave(first, rung, -(count // 2), kernel))
            last = first
        return tuple(result)

    @cached_property
    def window(self) -> np.ndarray:
        window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(self.size) + 0.5) / self.size)
        return (2 * window / window.sum()).astype(np.float32)

    @cached_property
    def bank(self) -> tuple[tuple[int, int, int, int, np.ndarray], ...]:
        """Triangles from FFT bins to upper rows in a few groups: (first row, end row, first bin, end bin, weights)."""
        groups = []
        spacing = self.sample_rate / self.size
        bins = np.arange(self.size // 2 + 1)
        bounds = np.unique(np.linspace(self.split, max(self.split, self.audible), 5).astype(int))
        ratio = self.frequencies[1] / self.frequencies[0] - 1
        for first, last in itertools.pairwise(bounds):
            centre = self.frequencies[first:last] / spacing
            half = np.maximum(1.0, centre * ratio)
            weights = np.maximum(0, 1 - np.abs(bins[:, None] - centre) / half)
            sine = 0.0
            for off in (-0.25, 0.25):  # read a sine at the row, wherever it falls between bins, as its power
                x = bins[:, None] - centre + off
                with np.errstate(divide="ignore", invalid="ignore"):
                    response = np.where(np.abs(np.abs(x) - 1) < 1e-9, 0.5, np.sinc(x) / (1 - x**2))
                sine = sine + (weights * response**2).sum(0) / 2
            weights = weights / np.maximum(sine, 1e-9)
            used = np.flatnonzero(weights.any(1))
            start, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
            groups.append((int(first), int(last), start, end, weights[start:end].astype(np.float32)))
        return tuple(groups)

    @cached_property
    def rungs(self) -> int:
        return max((octave.rung for octave in self.octaves), default=0)

    @cached_property
    def margin(self) -> int:
        """Samples wanted before and after a stretch: half the longest window and the filters, in whole blocks."""
        need = LONGEST / 2 * self.sample_rate + 2 * DECIMATOR * 2**self.rungs + self.size
        unit = max(self.hop, BLOCK << self.rungs)
        return int(np.ceil(need / unit)) * unit

    def levels(self, samples: np.ndarray, columns: int) -> np.ndarray:
        """uint8 (columns, rows) of float32 `samples` (C, T): the stretch with `margin` before it, and as much after.

        Column c is centred on sample margin + (c + ½) hop.
        """
        channels = samples.shape[0]
        power = np.zeros((columns, self.rows), np.float32)
        for pair in range(0, channels, 2):
            self._add(samples[pair : pair + 2], columns, power)
        if channels > 1:
            power *= np.float32(1 / channels)
        return levels(power)

    def _add(self, samples: np.ndarray, columns: int, power: np.ndarray) -> None:
        if self.split < self.audible:
            start = self.margin + self.hop // 2 - self.size // 2
            part = combined(samples, start, start + (columns - 1) * self.hop + self.size)
            for begin in range(0, columns, 256):
                end = min(begin + 256, columns)
                frames = strided(part, begin * self.hop, end - begin, self.hop, self.size) * self.window
                strength = np.abs(np.fft.rfft(frames))
                strength *= strength
                for first, last, low, high, weights in self.bank:
                    power[begin:end, first:last] += strength[:, low:high] @ weights
        signals = samples
        for rung in range(self.rungs + 1):
            if rung:
                signals = halved(signals)
            for octave in (o for o in self.octaves if o.rung == rung):
                hop = self.hop >> rung
                start = ((self.margin + self.hop // 2) >> rung) + octave.offset
                count, rows = octave.kernel.shape[0], octave.kernel.shape[1] // 2
                part = combined(signals, start, start + (columns - 1) * hop + count)
                for begin in range(0, columns, 512):
                    end = min(begin + 512, columns)
                    both = np.ascontiguousarray(strided(part, begin * hop, end - begin, hop, count)) @ octave.kernel
                    both *= both
                    power[begin:end, octave.first : octave.first + rows] += both[:, :rows]
                    power[begin:end, octave.first : octave.first + rows] += both[:, rows:]


def strided(signal: np.ndarray, start: int, count: int, hop: int, size: int) -> np.ndarray:
    """Overlapping frames (count, size) of a signal, as a view."""
    step = signal.strides[0]
    return np.lib.stride_tricks.as_strided(signal[start:], (count, size), (hop * step, step), writeable=False)


def combined(samples: np.ndarray, start: int, end: int) -> np.ndarray:
    """One signal for the power of one or two channels over [start, end): left plus right turned by 90°."""
    if samples.shape[0] == 1:
        return samples[0, start:end]
    right = samples[1]
    total = samples[0, start:end].copy()
    scratch = np.empty_like(total)
    for distance in HILBERT:
        np.subtract(right[start + distance : end + distance], right[start - distance : end - distance], out=scratch)
        taper = np.cos(np.pi / 2 * distance / (HILBERT[-1] + 2)) ** 2
        scratch *= np.float32(2 / (np.pi * distance) * taper)
        total += scratch
    return total


def _halving_matrix() -> np.ndarray:
    """Half-band low-pass as a Toeplitz matrix (BLOCK + 2 DECIMATOR, BLOCK / 2)."""
    n = np.arange(-DECIMATOR, DECIMATOR + 1)
    taps = 0.5 * np.sinc(n / 2) * np.kaiser(len(n), 6.0)
    taps /= taps.sum()
    matrix = np.zeros((BLOCK + 2 * DECIMATOR, BLOCK // 2), np.float32)
    for k in range(BLOCK // 2):
        matrix[2 * k : 2 * k + len(taps), k] = taps
    return matrix


HALVING = _halving_matrix()


def halved(samples: np.ndarray) -> np.ndarray:
    """Every second sample (C, ⌈T/2⌉ …) after the half-band filter; sample k lies where sample 2k lay."""
    channels, count = samples.shape
    blocks = -(-count // BLOCK)
    padded = np.zeros((channels, blocks * BLOCK + 2 * DECIMATOR), np.float32)
    padded[:, DECIMATOR : DECIMATOR + count] = samples
    result = np.empty((channels, blocks * BLOCK // 2), np.float32)
    for channel in range(channels):
        frames = np.ascontiguousarray(strided(padded[channel], 0, blocks, BLOCK, BLOCK + 2 * DECIMATOR))
        np.matmul(frames, HALVING, out=result[channel].reshape(blocks, BLOCK // 2))
    return result
