"""A synthetic drum loop with known drums: samples that repeat exactly, as a drum machine's do."""

from __future__ import annotations

import numpy as np

RATE = 44100


def drum_loop(seconds: float, seed: int = 1) -> tuple[np.ndarray, tuple[tuple[int, ...], ...]]:
    """Kick, snare and hi-hat (3, T) float32 at 44.1 kHz, and the samples each is hit at.

    Hi-hats on every eighth but two, kick and snare now and then alone, mostly under a hi-hat.
    """
    random = np.random.default_rng(seed)
    count, step = round(seconds * RATE), RATE // 5
    t = np.arange(RATE // 3) / RATE
    kick = 0.5 * np.sin(2 * np.pi * (50 * t + 5 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.12)
    noise = np.convolve(random.standard_normal(len(t)), np.hanning(5) / 2, mode="same")
    snare = (0.25 * noise + 0.3 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.06)
    hihat = 0.1 * np.diff(random.standard_normal(len(t) + 2), 2) * np.exp(-t / 0.025)
    steps = range(int(count / step))
    when = (
        tuple(k * step + 500 for k in steps if k % 8 in (0, 3, 5)),
        tuple(k * step + 500 for k in steps if k % 8 in (2, 6) or k % 16 == 15),
        tuple(k * step + 500 for k in steps if k % 16 not in (5, 15)),
    )
    stems = np.zeros((3, count + len(t)))
    for stem, sample, starts in zip(stems, (kick, snare, hihat), when, strict=True):
        for start in starts:
            stem[start : start + len(t)] += sample
    return stems[:, :count].astype(np.float32), when
