"""Loudness after ITU-R BS.1770-5 (momentary, short-term, integrated with both gates), and true peak.

The K-weighting is two biquads. They run here as one linear system of four states over pieces of 64 samples: inside
a piece the answer is a product with a Toeplitz matrix, from piece to piece the states are carried by doubling
(Blelloch 1990), so that numpy alone is fast enough to measure while it plays, and the result does not depend on
how the sound is cut into blocks (beyond the rounding of float64).
"""

from __future__ import annotations

from array import array

import numpy as np

from separation.audio.signal import Audio

PIECE = 64  # samples answered by one matrix product
FLOOR = -70.0  # the absolute gate, in LUFS; also what `LoudnessMeter` never goes below when it integrates
RELATIVE_GATE = -10.0
_WEIGHTS = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41), 8: (1, 1, 1, 0, 1, 1, 1.41, 1.41)}  # table 4; no LFE


class LoudnessMeter:
    """Loudness of sound that is fed block by block. All readings are in LUFS, −∞ for silence or too little sound.

    Readings move on every 100 ms of sound (a quarter of the 400 ms gating block).
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._filter = _KWeighting(sample_rate, channels)
        self._weights = np.asarray(_WEIGHTS.get(channels, (1,) * channels), np.float64)
        self._hop = round(0.1 * sample_rate)
        self._count, self._energy = 0, 0.0
        self._hops = array("d")  # weighted energy of every 100 ms

    def feed(self, block: np.ndarray) -> None:
        """Hear the next samples (C, n)."""
        power = self._weights @ np.square(self._filter(np.asarray(block, np.float64)))
        start = 0
        while start < len(power):
            part = power[start : start + self._hop - self._count]
            self._energy += float(part.sum())
            self._count += len(part)
            start += len(part)
            if self._count == self._hop:
                self._hops.append(self._energy / self._hop)
                self._count, self._energy = 0, 0.0

    def reset(self) -> None:
        """Forget everything heard."""
        self._filter.reset()
        self._count, self._energy, self._hops = 0, 0.0, array("d")

    @property
    def momentary(self) -> float:
        """Of the last 400 ms."""
        return self._over(4)

    @property
    def short_term(self) -> float:
        """Of the last 3 s."""
        return self._over(30)

    @property
    def integrated(self) -> float:
        """Of all that was heard above the gates: −70 LUFS, then 10 LU under the mean of what is left."""
        hops = np.array(self._hops)
        if len(hops) < 4:
            return float("-inf")
        blocks = (hops[:-3] + hops[1:-2] + hops[2:-1] + hops[3:]) / 4
        blocks = blocks[blocks > _energy(FLOOR)]
        if not len(blocks):
            return float("-inf")
        gate = blocks.mean() * 10 ** (RELATIVE_GATE / 10)
        return _lufs(float(blocks[blocks > gate].mean()))

    def _over(self, hops: int) -> float:
        return _lufs(sum(self._hops[-hops:]) / hops) if len(self._hops) >= hops else float("-inf")


class TruePeak:
    """Highest value between the samples too: 4× oversampled as in BS.1770-5 annex 2, over blocks (C, n)."""

    _TAPS = 24  # per phase

    def __init__(self, channels: int) -> None:
        offsets = np.arange(self._TAPS) - self._TAPS // 2
        # phases ¼, ½, ¾ of a Kaiser-windowed sinc; the samples themselves are the phase 0
        self._phases = [
            np.sinc(offsets + shift) * np.i0(8 * np.sqrt(1 - ((offsets + shift) / (self._TAPS / 2)) ** 2)) / np.i0(8)
            for shift in (0.25, 0.5, 0.75)
        ]
        self._kept = np.zeros((channels, self._TAPS - 1))
        self._peak = 0.0

    def feed(self, block: np.ndarray) -> None:
        """Hear the next samples (C, n)."""
        if not block.shape[1]:
            return
        self._peak = max(self._peak, float(np.abs(block).max()))
        samples = np.concatenate([self._kept, block], axis=1)
        self._kept = samples[:, -(self._TAPS - 1) :]
        for channel in samples:
            for phase in self._phases:
                self._peak = max(self._peak, float(np.abs(np.convolve(channel, phase, mode="valid")).max()))

    @property
    def value(self) -> float:
        """The peak so far, linear; what rings out after the last sample is not in it until it is fed."""
        return self._peak


def true_peak(samples: np.ndarray) -> float:
    """True peak, linear, of samples (C, T)."""
    meter = TruePeak(samples.shape[0])
    for start in range(0, samples.shape[1], 1 << 16):
        meter.feed(samples[:, start : start + (1 << 16)])
    meter.feed(np.zeros((samples.shape[0], TruePeak._TAPS)))
    return meter.value


def loudness(audio: Audio) -> float:
    """Integrated loudness of a whole sound, in LUFS."""
    meter = LoudnessMeter(audio.sample_rate, audio.channels)
    for block in audio.stream(1 << 16).blocks:
        meter.feed(block)
    return meter.integrated


def k_weighting(hertz: np.ndarray, sample_rate: float) -> np.ndarray:
    """How much of the amplitude at these frequencies the K-weighting lets through; any shape, linear."""
    z = np.exp(-2j * np.pi * np.asarray(hertz, np.float64) / sample_rate)
    gain = np.ones(z.shape)
    for b, a in (_shelf(sample_rate), _highpass(sample_rate)):
        gain = gain * np.abs(np.polyval(b[::-1], z) / np.polyval(a[::-1], z))
    return gain


class _KWeighting:
    """The two biquads of BS.1770 (head shelf, then high-pass) as a state-space system with memory, (C, n) → (C, n)."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        A, B, C, D = _cascade(*_shelf(sample_rate), *_highpass(sample_rate))
        powers = [np.linalg.matrix_power(A, k) for k in range(PIECE + 1)]
        response = np.array([D, *(C @ powers[k] @ B for k in range(PIECE - 1))])
        delay = np.subtract.outer(np.arange(PIECE), np.arange(PIECE))
        self._forward = np.where(delay >= 0, response[np.maximum(delay, 0)], 0.0)  # (n, n): output by input
        self._observe = np.array([C @ powers[k] for k in range(PIECE)])  # (n, 4): output by the state at the start
        self._gather = np.array(
            [powers[PIECE - 1 - k] @ B for k in range(PIECE)]
        ).T  # (4, n): state at the end by input
        self._powers = powers
        self._state = np.zeros((channels, 4))

    def reset(self) -> None:
        self._state = np.zeros_like(self._state)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        channels, count = block.shape
        whole = count // PIECE
        result = np.empty((channels, count))
        if whole:
            pieces = block[:, : whole * PIECE].reshape(channels, whole, PIECE)
            states = self._scan(pieces @ self._gather.T)
            weighted = pieces @ self._forward.T + states[:, :-1] @ self._observe.T
            result[:, : whole * PIECE] = weighted.reshape(channels, -1)
            self._state = states[:, -1]
        rest = count - whole * PIECE
        if rest:
            tail = block[:, whole * PIECE :]
            result[:, whole * PIECE :] = tail @ self._forward[:rest, :rest].T + self._state @ self._observe[:rest].T
            self._state = self._state @ self._powers[rest].T + tail @ self._gather[:, PIECE - rest :].T
        return result

    def _scan(self, inputs: np.ndarray) -> np.ndarray:
        """States (C, K + 1, 4) at the borders of K pieces, from what each piece adds (C, K, 4)."""
        states = np.concatenate([self._state[:, None], inputs], axis=1)
        step, carry = 1, self._powers[PIECE]
        while step < states.shape[1]:
            states[:, step:] = states[:, step:] + states[:, :-step] @ carry.T
            step, carry = 2 * step, carry @ carry
        return states


def _shelf(sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients b, a of the stage that stands for the head: +4 dB above 1.7 kHz."""
    K, Q, high = np.tan(np.pi * 1681.974450955533 / sample_rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    b = np.array([high + middle * K / Q + K * K, 2 * (K * K - high), high - middle * K / Q + K * K])
    a = np.array([1 + K / Q + K * K, 2 * (K * K - 1), 1 - K / Q + K * K])
    return b / a[0], a / a[0]


def _highpass(sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients b, a of the stage that leaves out the deep bass; b is not normalised, as in the standard."""
    K, Q = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    a = np.array([1 + K / Q + K * K, 2 * (K * K - 1), 1 - K / Q + K * K])
    return np.array([1.0, -2.0, 1.0]), a / a[0]


def _cascade(
    b1: np.ndarray, a1: np.ndarray, b2: np.ndarray, a2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two biquads in a row as s' = A s + B x, y = C s + D x (transposed direct form II)."""

    def biquad(b: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.array([[-a[1], 1.0], [-a[2], 0.0]]), b[1:] - a[1:] * b[0], np.array([1.0, 0.0])

    (A1, B1, C1), (A2, B2, C2) = biquad(b1, a1), biquad(b2, a2)
    A = np.block([[A1, np.zeros((2, 2))], [np.outer(B2, C1), A2]])
    return A, np.concatenate([B1, B2 * b1[0]]), np.concatenate([b2[0] * C1, C2]), float(b1[0] * b2[0])


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _lufs(energy: float) -> float:
    return float(-0.691 + 10 * np.log10(energy)) if energy > 0 else float("-inf")
