"""Where sounds begin, and a gain that keeps their beginnings out of a filter that would smear them.

A frame of 1 ms is an onset when its energy, after a first difference (which lifts clicks over notes), is RISE times the
mean of the LOOK ms before it. A decorrelated onset is heard as a second one (a flam), so the gain goes down before it
and stays down until the ear has placed it: the precedence effect lasts some 20 ms for clicks and noise (Litovsky,
Colburn, Yost & Guzman, "The precedence effect", JASA 106(4), 1999).
"""

from __future__ import annotations

import numpy as np

RISE = 10.0  # dB
LOOK = 20  # ms
FLOOR_DB = -80.0  # what is quieter begins nowhere
DUCK_DB = -12.0
HOLD, RELEASE = 20, 10  # ms
REACH = LOOK + HOLD + RELEASE + 4  # ms of surrounding sound that can change the gain of a sample


def frame(sample_rate: int) -> int:
    """Samples per frame: 1 ms."""
    return max(1, round(sample_rate / 1000))


def onsets(sound: np.ndarray, hop: int) -> np.ndarray:
    """Which frames of `hop` samples of a mono sound (T,) are onsets: bool (⌈T / hop⌉,)."""
    count = -(-len(sound) // hop)
    steps = np.zeros(count * hop)
    steps[: len(sound)] = np.diff(sound, prepend=0.0)
    energy = np.square(steps.reshape(count, hop)).mean(axis=1)
    before = np.concatenate([np.zeros(LOOK + 1), np.cumsum(energy)])
    past = (before[LOOK : LOOK + count] - before[:count]) / LOOK
    floor = 10 ** (FLOOR_DB / 10)
    return np.asarray(energy > floor + 10 ** (RISE / 10) * np.maximum(past, 0.0))


def guard(sound: np.ndarray, hop: int) -> np.ndarray:
    """Gain (T,) for a mono sound (T,): DUCK_DB around onsets, else 1; without steps.

    Down over the frame before the last one that precedes the onset, up again over RELEASE ms.
    """
    found = np.flatnonzero(onsets(sound, hop))
    if not len(found):
        return np.ones(len(sound))
    count = -(-len(sound) // hop)
    down = np.zeros(count + 2)  # how far down at the frames' edges, 0…1
    fall = np.concatenate([np.ones(HOLD + 3), 0.5 + 0.5 * np.cos(np.pi * np.arange(1, RELEASE + 1) / RELEASE)])
    for step, value in enumerate(fall, start=-1):
        at = found + step
        at = at[(at >= 0) & (at < len(down))]
        down[at] = np.maximum(down[at], value)
    curve = np.interp(np.arange(len(sound)) / hop, np.arange(len(down)), down)
    return np.asarray(1 - (1 - 10 ** (DUCK_DB / 20)) * curve)
