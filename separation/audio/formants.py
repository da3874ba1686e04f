"""A voice keeps its formants when its pitch moves: the filter that undoes what resampling does to the envelope.

The envelope of a frame is its log spectrum smoothed by the cepstrum, lifted until it lies on the partials instead of
between them (Röbel & Rodet, "Efficient spectral envelope estimation and its application to pitch shifting and envelope
preservation", DAFx 2005). Each cepstrum is cut near half the period of the voice in that frame.
"""

from __future__ import annotations

import numpy as np

STEPS = 8  # towards the true envelope
CUT, EDGE = 0.6, 0.2  # of the period: where the cepstrum ends, and how softly
PERIODS = 0.0015, 0.0125  # seconds: voices from 80 to 670 Hz
FLOOR = 1e-4  # of a frame's loudest bin: below it there is no envelope to keep
LIMIT = 3.0  # nepers (26 dB) a bin is changed at most


class FormantKeeper:
    """Gains for frames that will be played `ratio` times as fast."""

    def __init__(self, ratio: float, sample_rate: int, window: int) -> None:
        self._window = window
        self._shortest, self._longest = (max(2, min(window // 4, round(p * sample_rate))) for p in PERIODS)
        self._from = np.arange(window // 2 + 1) * ratio

    def __call__(self, power: np.ndarray) -> np.ndarray:
        """Gains (n, F) float32 for power (n, F)."""
        loud = np.asarray(power, np.float64)
        top = loud.max(axis=1, keepdims=True)
        logs = 0.5 * np.log(np.maximum(loud, FLOOR**2 * top) + 1e-30)
        envelope = self._envelope(logs)
        bins = np.arange(envelope.shape[1])
        moved = np.stack([np.interp(self._from, bins, row) for row in envelope])
        return np.exp(np.clip(moved - envelope, -LIMIT, LIMIT)).astype(np.float32)

    def _envelope(self, logs: np.ndarray) -> np.ndarray:
        cut = CUT * self._periods(logs)[:, None]
        quefrency = np.arange(self._window // 2 + 1)
        lifter = 0.5 + 0.5 * np.cos(np.pi * np.clip((quefrency / cut - (1 - EDGE)) / (2 * EDGE), 0, 1))
        lifter = np.concatenate([lifter, lifter[:, -2:0:-1]], axis=1)
        target, envelope = logs, logs
        for _ in range(STEPS):
            envelope = np.fft.rfft(np.fft.irfft(target, n=self._window) * lifter).real
            target = np.maximum(logs, envelope)
        return envelope

    def _periods(self, logs: np.ndarray) -> np.ndarray:
        """The voice's period (n,) in samples: where the autocorrelation of the flattened sound is the highest."""
        again = np.fft.irfft(np.exp(0.5 * (logs - logs.max(axis=1, keepdims=True))), n=self._window)
        return self._shortest + np.argmax(again[:, self._shortest : self._longest + 1], axis=1)
