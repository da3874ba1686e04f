"""The fold-down meter: what is left of an upmix when a mono radio adds its sides.

(L + R) / 2 shall be the mono original. The meter says by how much it is not, at worst: exact is −∞ dBFS.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def fold_down_error(stereo: np.ndarray, mono: np.ndarray) -> float:
    """max |(L + R) / 2 − mono|, linear: stereo (2, n), mono (n,). A file that is shorter lacks the rest."""
    folded = np.zeros(max(stereo.shape[1], len(mono)))
    folded[: stereo.shape[1]] = (stereo[0].astype(np.float64) + stereo[1]) / 2
    folded[: len(mono)] -= mono
    return float(np.abs(folded).max(initial=0.0))


def fold_down_db(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """The meter over blocks of (stereo, mono): the largest error in dBFS, −∞ if there is none."""
    worst = max((fold_down_error(stereo, mono) for stereo, mono in pairs), default=0.0)
    return float(20 * np.log10(worst)) if worst else float("-inf")


def told(decibels: float) -> str:
    """The meter as a sentence."""
    if decibels == float("-inf"):
        return "Fold-down: (L + R) / 2 is the mono song, sample for sample (−∞ dBFS)."
    return f"Fold-down: (L + R) / 2 differs from the mono song by at most {level(decibels)}."


def level(decibels: float) -> str:
    """“−90.3 dBFS”."""
    number = "∞" if decibels == float("-inf") else f"{abs(decibels):.1f}"
    return f"{'−' if decibels < 0 else ''}{number} dBFS"
