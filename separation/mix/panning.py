"""Where a stereo stem lies: pan and width as matrices (2, 2) of output × input channels.

Every law has unit gain at the centre, so that a strip at rest is the stem itself. With p from −1 (left) to 1 (right)
and θ = π/4 · (1 + p) they give left and right:

- balance: 1 − p and 1 + p, neither above 1. The side panned to stays, the other one is turned down.
- constant-power: √2 cos θ and √2 sin θ. The power of a stem with equal sides is the same everywhere.
- linear: 1 − p and 1 + p for a stem with equal sides. What differs between the sides is moved over and not turned
  down, so the sum of both sides is the same everywhere for any stem: exact for mono.
- -4.5 dB: the geometric mean of linear and constant-power for equal sides, half-way between them in dB.

Width acts on the difference of the sides: M = (L + R) / 2 stays, S = (L − R) / 2 is multiplied.

Eargle, "Handbook of Recording Engineering", 4th ed. 2003 (pan laws); Blumlein, British Patent 394325, 1931 (width by
sum and difference).
"""

from __future__ import annotations

import math

import numpy as np

from separation.errors import ParameterError
from separation.mix.state import PAN_LAWS

WIDEST = 2.0


def panned(pan: float, law: str) -> np.ndarray:
    """The matrix (2, 2) of a pan, limited to −1…1. Raises ParameterError for a law that is none of PAN_LAWS."""
    p = min(1.0, max(-1.0, pan))
    if p == 0.0 and law in PAN_LAWS:
        return np.eye(2)
    if law == "balance":
        return np.diag([min(1.0, 1.0 - p), min(1.0, 1.0 + p)])
    if law == "linear":
        moved = abs(p)
        return np.array([[1.0, moved], [0.0, 1.0 - moved]] if p < 0 else [[1.0 - moved, 0.0], [moved, 1.0]])
    angle = math.pi / 4 * (1.0 + p)
    power = math.sqrt(2) * np.array([math.cos(angle), math.sin(angle)])
    power[[p >= 1.0, p <= -1.0]] = 0.0  # cos and sin miss zero by 1e-16
    if law == "constant-power":
        return np.diag(power)
    if law == "-4.5 dB":
        return np.diag(np.sqrt(power * [1.0 - p, 1.0 + p]))
    raise ParameterError(f"There is no pan law “{law}”: choose one of {', '.join(PAN_LAWS)}.")


def widened(width: float) -> np.ndarray:
    """The matrix (2, 2) of a width, limited to 0…2; the identity exactly at 1."""
    w = min(WIDEST, max(0.0, width))
    return np.array([[1.0 + w, 1.0 - w], [1.0 - w, 1.0 + w]]) / 2
