"""The mixer's arithmetic: y = g · (x + Σ_j (M_j − I) s_j), block by block.

x is the song, s_j its stems, M_j the channel matrix of a strip (fader, phase, pan, width, mute, solo), g the master
gain. Written this way a strip at rest adds nothing at all, so the untouched mix is the song bit for bit, and artefacts
of the separation shrink as faders come home (reference: conservation in remixing). Sums are taken in float64, one stem
and channel after the other, so that the size of the blocks cannot change a bit of the result.

Pan and width are matrices of two channels (`mix/panning.py`). Sound of one channel, or of more than two, has neither:
`matrices` leaves such strips where the song had them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from separation.mix.panning import panned, widened
from separation.mix.state import MixState, audible, gain

BLOCK = 1 << 16  # samples rendered at once offline


def matrices(state: MixState, names: Sequence[str], channels: int) -> np.ndarray:
    """Channel matrices M (J, C, C) float64 of the stems `names`: output channels × input channels."""
    own = state.only(tuple(names))
    result = np.zeros((len(own.strips), channels, channels))
    for j, (name, strip) in enumerate(own.strips):
        if audible(own, name):
            level = -gain(strip.gain_db) if strip.invert else gain(strip.gain_db)
            if channels == 2:
                result[j] = level * (panned(strip.pan, state.pan_law) @ widened(strip.width))
            else:
                np.fill_diagonal(result[j], level)
    return result


def resting(count: int, channels: int) -> np.ndarray:
    """The matrices (J, C, C) of `count` untouched strips: identities."""
    return np.broadcast_to(np.eye(channels), (count, channels, channels))


def mix_block(
    mixture: np.ndarray,
    stems: np.ndarray | Sequence[np.ndarray],
    before: np.ndarray,
    after: np.ndarray,
    *,
    master: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:
    """One block of the remix, (C, n) float32.

    mixture: (C, n). stems: J arrays (C, n); those at rest are not read.
    before, after: matrices (J, C, C) at the block's start and end; in between they move linearly.
    master: gain at start and end. Unit strips and master give the mixture bit for bit.
    """
    channels, count = mixture.shape
    moves = [j for j in range(len(after)) if not (_rests(before[j]) and _rests(after[j]))]
    if not moves and master == (1.0, 1.0):
        return np.array(mixture, np.float32)
    result = np.array(mixture, np.float64)
    ramp = np.arange(1, count + 1) / count
    identity = np.eye(channels)
    for j in moves:
        start, end = before[j] - identity, after[j] - identity
        for out in range(channels):
            for source in range(channels):
                factor = _between(start[out, source], end[out, source], ramp)
                if factor is not None:
                    result[out] += np.multiply(stems[j][source], factor, dtype=np.float64)
    factor = _between(*master, ramp)
    return np.asarray(result * (0.0 if factor is None else factor), np.float32)


def render(
    mixture: np.ndarray, stems: np.ndarray | Sequence[np.ndarray], state: MixState, names: Sequence[str] = ()
) -> np.ndarray:
    """The whole remix, (C, T) float32, of a mixture (C, T) and its J stems (C, T).

    names: of the stems; left out, they are those of the state's strips, in order.
    """
    settled = matrices(state, names or state.names, mixture.shape[0])
    level = gain(state.master_db)
    result = np.empty(mixture.shape, np.float32)
    for start in range(0, mixture.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        inside = [stem[:, part] for stem in stems]
        result[:, part] = mix_block(mixture[:, part], inside, settled, settled, master=(level, level))
    return result


def _rests(matrix: np.ndarray) -> bool:
    return bool((matrix == np.eye(len(matrix))).all())


def _between(start: float, end: float, ramp: np.ndarray) -> np.ndarray | float | None:
    """A gain per sample, a constant, or None for silence."""
    if start == end:
        return float(end) if end else None
    return start + (end - start) * ramp
