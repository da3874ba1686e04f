"""Mono to stereo: every stem at its place, and the sum of both sides still the mono song.

    L = M + S,  R = M − S,  so that (L + R) / 2 = M whatever S is

M is the mono song (as mixed), S the difference of the sides:

    S = H · Σ_j ( −p_j x_j + g_j D_j(e_j x_j) )

with stems x_j, pans p_j by the linear law (L = (1 − p) x, R = (1 + p) x), widths w_j as g = tan(w π / 4), for which L
and R of a stem correlate by (1 − g²) / (1 + g²), a decorrelator D_j per stem (`mix/decorrelation.py`), a gain e_j that
keeps beginnings of sounds out of it (`mix/transients.py`), and a linear-phase high-pass H that leaves bass in the
middle: stop band up to BASS, −60 dB. The stems themselves never reach M, so their errors cannot reach the fold-down.

In integers M and S stand on the file's grid and S never takes more room than M leaves (`narrowed`): then L and R are
exact, nothing clips, and L + R is 2 M exactly. Floats are within half a step of the larger side.

The linear pan and M ± S: reference for mono-compatible widening, e.g. Lauridsen 1954; Fink, Kraft & Zölzer,
"Downmix-compatible conversion from mono to stereo in time- and frequency-domain", DAFx 2015.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from separation.mix.decorrelation import decorrelator
from separation.mix.stage import Place
from separation.mix.state import MixState
from separation.mix.transients import REACH, frame, guard

BASS, SLOPE = 120.0, 80.0  # Hz: mono up to here, stereo from BASS + SLOPE on
STOP_DB = 60.0
BLOCK = 1 << 16  # about so many samples at once
NARROWING = 0.002  # seconds before and after a peak

class Sides:
    """S of a song, block by block: the same blocks of the song whoever asks, so the same sound.

    places: of the stems. names: of the stems, which choose the noise, so that a stem sounds alike in any company.
    """

    def __init__(self, places: Sequence[Place], names: Sequence[str], sample_rate: int) -> None:
        self._places = tuple(places)
        self._hop = frame(sample_rate)
        self._narrowing = max(1, round(NARROWING * sample_rate))
        high = high_pass(sample_rate)
        kernels: list[tuple[np.ndarray, int] | None] = []
        for place, name in zip(self._places, names, strict=True):
            kernels.append(_widening(place, name, sample_rate, high) if place.width > 0 else None)
        reach = max([len(high)] + [len(k[0]) for k in kernels if k])
        self.margin = self._hop * (REACH + math.ceil((reach + 2 * self._narrowing) / self._hop))
        self.block = self._hop * max(1, BLOCK // self._hop)
        self._high, self._kernels = (high, len(high) // 2), kernels

    def __call__(self, window: Sequence[np.ndarray]) -> np.ndarray:
        """S (n,) float64 of mono stems J × (n,), a block with `margin` samples around it; right in the block only.

        The window starts at a multiple of the frame, so that onsets fall into the same frames in every block.
        """
        from scipy import fft

        count = len(window[0]) if window else 0
        kernels = [self._high, *(k for k in self._kernels if k)]
        size = fft.next_fast_len(count + max(len(k[0]) for k in kernels), real=True)
        placed = np.zeros(count)
        spectrum = np.zeros(size // 2 + 1, np.complex128)
        for place, kernel, stem in zip(self._places, self._kernels, window, strict=True):
            if place.pan:
                placed -= place.pan * stem
            if kernel is not None and stem.any():
                spectrum += fft.rfft(stem * guard(stem, self._hop), size) * _response(kernel, size)
        if placed.any():
            spectrum += fft.rfft(placed, size) * _response(self._high, size)
        return np.asarray(fft.irfft(spectrum, size)[:count])

    def narrowed(self, sides: np.ndarray, room: np.ndarray) -> np.ndarray:
        """S turned down around the places where |S| is more than the room (n,) ≥ 0 there; smoothly, over ±4 ms."""
        from scipy import ndimage

        if not (np.abs(sides) > room).any():
            return sides
        with np.errstate(divide="ignore", invalid="ignore"):
            fits = np.where(np.abs(sides) > room, room / np.abs(sides), 1.0)
        length = 2 * self._narrowing + 1
        least = ndimage.minimum_filter1d(fits, length, mode="nearest")
        bell = np.hanning(length + 2)[1:-1]
        smooth = ndimage.convolve1d(least, bell / bell.sum(), mode="nearest")
        return np.asarray(sides * np.minimum(smooth, fits))


def high_pass(sample_rate: int) -> np.ndarray:
    """Linear-phase high-pass of odd length, lag 0 in the middle: −60 dB up to BASS, flat from BASS + SLOPE on."""
    slope = 2 * math.pi * SLOPE / sample_rate
    half = math.ceil((STOP_DB + 4 - 7.95) / (2.285 * slope) / 2)
    lags = np.arange(-half, half + 1)
    cut = 2 * (BASS + SLOPE / 2) / sample_rate
    low = cut * np.sinc(cut * lags) * np.kaiser(2 * half + 1, 0.1102 * (STOP_DB + 4 - 8.7))
    low /= low.sum()
    return np.asarray((lags == 0) - low)


def sides_apart(mid: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """M and S (n,) -> L and R (2, n), in the arithmetic of what is given: exact for integers."""
    return np.stack([mid + sides, mid - sides])


def room(mid: np.ndarray, full: int) -> np.ndarray:
    """How large |S| may be beside integers M (n,) from −full to full − 1: (n,) ≥ 0."""
    return np.minimum(full - 1 - mid, full + mid)


def mixed_places(places: Sequence[Place], names: Sequence[str], state: MixState) -> tuple[Place, ...]:
    """Places as the mixer moves them: pan is added, width multiplied."""
    strips = [state.strip(name) for name in names]
    return tuple(
        replace(p, pan=max(-1.0, min(1.0, p.pan + s.pan)), width=max(0.0, min(1.0, p.width * s.width)))
        for p, s in zip(places, strips, strict=True)
    )


def _widening(place: Place, name: str, sample_rate: int, high: np.ndarray) -> tuple[np.ndarray, int]:
    """g · D · H, and where its lag 0 is; H is `high`, and steeper where the place's lowest frequency is higher."""
    from scipy import signal

    lowest = min(place.lowest, sample_rate / 8)
    noise = decorrelator(sample_rate, zlib.crc32(name.encode()), place.seconds, lowest)
    response, centre = noise.response, noise.centre
    if lowest > BASS + SLOPE:
        half = math.ceil(1.5 * sample_rate / lowest)
        steep = signal.firwin(2 * half + 1, lowest, pass_zero=False, fs=sample_rate)
        response, centre = np.convolve(response, steep), centre + half
    gain = math.tan(place.width * math.pi / 4)
    return gain * np.convolve(response, high), centre + len(high) // 2


def _response(kernel: tuple[np.ndarray, int], size: int) -> np.ndarray:
    from scipy import fft

    taps, centre = kernel
    whole = np.zeros(size)
    whole[: len(taps)] = taps
    return np.asarray(fft.rfft(np.roll(whole, -centre)))
