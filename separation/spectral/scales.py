"""Scales of the display: rows of log frequency, and levels as bytes.

Rows: 512, evenly spaced in log frequency from 32 Hz (row 0) to 16 kHz (row 511), as `design/studio.md` §5 asks.
Levels: byte q stands for −120 + q/2 dBFS, so 0 is silence or less and 255 is +7.5 dBFS. A full-scale sine in all
channels reads 0 dBFS (q = 240) at every frequency.
"""

from __future__ import annotations

import numpy as np

LOW = 32.0
HIGH = 16000.0
ROWS = 512
FLOOR_DB = -120.0
STEP_DB = 0.5
TILT_DB_PER_OCTAVE = 1.6
TILT_CENTRE = 500.0


def row_frequencies(rows: int = ROWS, low: float = LOW, high: float = HIGH) -> np.ndarray:
    """Centre frequency of each row in Hz, float64 (rows,)."""
    return low * (high / low) ** (np.arange(rows) / (rows - 1))


def row_of(hz: np.ndarray | float, rows: int = ROWS, low: float = LOW, high: float = HIGH) -> np.ndarray:
    """Row, not rounded, at which a frequency lies."""
    return (rows - 1) * np.log2(np.asarray(hz, float) / low) / np.log2(high / low)


def tilt(rows: int = ROWS) -> np.ndarray:
    """dB added to each row before it is shown, so that music with its falling spectrum fills the picture."""
    return TILT_DB_PER_OCTAVE * np.log2(row_frequencies(rows) / TILT_CENTRE)


def decibels(levels: np.ndarray) -> np.ndarray:
    """Level bytes → dBFS, float32."""
    return np.asarray(levels, np.float32) * np.float32(STEP_DB) + np.float32(FLOOR_DB)


def levels(power: np.ndarray) -> np.ndarray:
    """Power (1 = full-scale sine) → level bytes, rounded to the nearest half decibel (within 0.02 dB).

    The upper 16 bits of a float32 (exponent and 7 bits of mantissa) are 0.034 dB fine, so a table of 32768 bytes
    takes the place of a logarithm.
    """
    return LEVEL_TABLE.take(np.ascontiguousarray(power, np.float32).view(np.uint32) >> 16, mode="clip")


def _level_table() -> np.ndarray:
    centre = ((np.arange(1 << 15, dtype=np.uint32) << 16) | np.uint32(1 << 15)).view(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (10 * np.log10(centre.astype(np.float64)) - FLOOR_DB) / STEP_DB
    return np.clip(np.rint(np.nan_to_num(q, nan=255, posinf=255, neginf=0)), 0, 255).astype(np.uint8)


LEVEL_TABLE = _level_table()


def _mean_table() -> np.ndarray:
    """What is taken off the louder of two levels to get the level of their mean power, by their distance."""
    distance = np.arange(256) * STEP_DB
    return np.rint(-10 * np.log10((1 + 10 ** (-distance / 10)) / 2) / STEP_DB).astype(np.uint8)


MEAN_TABLE = _mean_table()


def mean_level(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Level bytes of the mean power of two arrays of level bytes."""
    louder = np.maximum(a, b)
    louder -= np.minimum(MEAN_TABLE.take(louder - np.minimum(a, b)), louder)
    return louder
