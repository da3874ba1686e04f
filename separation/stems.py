"""Stems that sum to the mixture: the residual rule, in float and in integers.

Whatever a method leaves or adds (its residual) goes to one stem, the method's `rest`: the sum is then the mixture
by construction. In floats that holds to rounding; written as integers it holds exactly, because the rest is the
mixture's integers minus the other stems' integers (Source: conservation by construction, e.g. Liutkus et al. 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from separation.audio.signal import Audio

SILENCE_DB = -200.0  # the floor of every level below: what an exact sum reads


class Stems(Mapping[str, Audio]):
    """An ordered mapping name -> Audio whose values sum to the mixture. Immutable."""

    def __init__(self, stems: Mapping[str, Audio], *, method: str = "", device: str = "", seconds: float = 0.0) -> None:
        self._stems = dict(stems)
        self.method, self.device, self.seconds = method, device, seconds

    def __getitem__(self, name: str) -> Audio:
        return self._stems[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stems)

    def __len__(self) -> int:
        return len(self._stems)

    def __repr__(self) -> str:
        return f"Stems({', '.join(self)})"

    def sum(self) -> np.ndarray:
        """All stems added in float64, (C, T)."""
        return np.asarray(sum(a.samples.astype(np.float64) for a in self.values()))


def complete(block: np.ndarray, mixture: np.ndarray, rest: int) -> np.ndarray:
    """`block` with stem `rest` replaced by what the others leave of the mixture.

    block: float32 (J, C, n). mixture: float32 (C, n). Returns a new float32 (J, C, n).
    """
    result = np.array(block, dtype=np.float32)
    others = np.delete(result, rest, axis=0).sum(axis=0, dtype=np.float64)
    result[rest] = mixture - others
    return result


def quantise(block: np.ndarray, mixture: np.ndarray, rest: int, bits: int) -> np.ndarray:
    """Stems as integers of `bits` bits whose sum is the mixture's integers, exactly.

    block: float (J, C, n), full scale ±1. mixture: integers (C, n). Returns int32 (J, C, n).
    Where a stem would leave the integer range, the excess is handed to the stems that have room.
    """
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    whole = np.clip(np.rint(np.asarray(block, np.float64) * (high + 1)), low, high).astype(np.int64)
    whole[rest] = 0
    whole[rest] = mixture - whole.sum(axis=0)
    excess = whole[rest] - np.clip(whole[rest], low, high)
    if excess.any():
        whole[rest] -= excess
        for j in range(len(whole)):
            if j != rest:
                taken = np.clip(whole[j] + excess, low, high) - whole[j]
                whole[j] += taken
                excess -= taken
    return whole.astype(np.int32)


def on_grid(block: np.ndarray, mixture: np.ndarray, rest: int, bits: int = 24) -> np.ndarray:
    """Stems on the grid of `bits`-bit integers, not limited to full scale; stem `rest` takes the rounding.

    block: float (J, C, n). mixture: float (C, n), itself on that grid. Returns float32 (J, C, n), the sum of which is
    the mixture exactly: float32 holds every step of 2⁻²³ up to ±2.
    """
    scale = float(1 << (bits - 1))
    whole = np.rint(np.asarray(block, np.float64) * scale)
    whole[rest] = 0
    whole[rest] = np.rint(np.asarray(mixture, np.float64) * scale) - whole.sum(axis=0)
    return (whole / scale).astype(np.float32)


def integers(samples: np.ndarray, bits: int) -> np.ndarray:
    """Float samples (…), full scale ±1, as clipped int64 of `bits` bits; exact for samples of such a file."""
    high = 1 << (bits - 1)
    return np.clip(np.rint(np.asarray(samples, np.float64) * high), -high, high - 1).astype(np.int64)


def level_db(residual_energy: float, mixture_energy: float) -> float:
    """Level of the residual relative to the mixture, floored at −200 dB (an exact sum); silence counts as 1."""
    ratio = residual_energy / mixture_energy if mixture_energy > 0 else residual_energy
    return float(10 * np.log10(ratio + 10 ** (SILENCE_DB / 10)))
