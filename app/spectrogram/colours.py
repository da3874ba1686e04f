"""Colour says who, brightness says how loud: levels and stem shares to pixels, in OKLab.

The hue vector is (a, b) = C · Σ_j s_j (cos h_j, sin h_j), where s_j is stem j's share of the power, so that grey means
"shared"; the lightness depends on the level alone. A table over (u, a, b) with 6 + 5 + 5 bits does the conversion
(Source: Ottosson 2020 for OKLab; the studio's design for the constants).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

HUES = {"bass": 48, "guitar": 77, "residual": 105, "drums": 165, "vocals": 236, "piano": 284, "other": 346}
HUES |= {"accompaniment": 346, "harmonic": 346, "percussive": 165}
SPREAD = (48, 165, 236, 346, 77, 284)  # for stems without a hue of their own, in order
REACH = 0.18  # the table covers −REACH…REACH in a and b
RANGE_DB = 72.0


def hue(name: str, index: int) -> float:
    """Of a stem, in degrees."""
    return float(HUES.get(name, SPREAD[index % len(SPREAD)]))


@lru_cache(maxsize=2)
def table(dark: bool) -> np.ndarray:
    """uint32 ARGB (65536,), index u · 1024 + a · 32 + b."""
    u, a, b = np.meshgrid(np.linspace(0, 1, 64), *[(np.arange(32) - 16) * REACH / 15] * 2, indexing="ij")
    lightness = 0.155 + 0.80 * u if dark else 0.985 - 0.60 * u
    parts = [(0.3963377774, 0.2158037573), (-0.1055613458, -0.0638541728), (-0.0894841775, -1.2914855480)]
    long, middle, short = [(lightness + p * a + q * b) ** 3 for p, q in parts]
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        ]
    ).clip(0, 1)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(gamma * 255).astype(np.uint32)
    return np.asarray(0xFF000000 | (red << 16) | (green << 8) | blue, np.uint32).ravel()


def paint(mixture: np.ndarray, stems: Mapping[str, np.ndarray], top_db: np.ndarray, *, dark: bool) -> np.ndarray:
    """Pixels uint32 ARGB of levels.

    mixture, stems: uint8 (rows, columns), level −120 + q/2 dBFS. top_db: (rows, 1), level of full brightness.
    """
    level = np.clip((mixture * np.float32(0.5) - (120 + top_db - RANGE_DB)) / RANGE_DB, 0, 1).astype(np.float32)
    u = level ** np.float32(1.8 if dark else 1.9)
    index = np.rint(u * 63).astype(np.int32) * 1024
    a = b = np.zeros((), np.float32)
    if stems:
        power = np.power(10.0, np.arange(256) / 20).astype(np.float32)  # half decibels of power
        total = np.full(mixture.shape, 1e-9, np.float32)
        for j, (name, levels) in enumerate(stems.items()):
            share = power[levels]
            total += share
            angle = np.deg2rad(hue(name, j))
            a = a + share * np.float32(np.cos(angle))
            b = b + share * np.float32(np.sin(angle))
        chroma = (0.175 * np.minimum(1, 2.6 * u) * np.clip(1.5 * (1.12 - u), 0.12, 1)) if dark else (
            0.135 * np.minimum(1, 2 * u)
        )  # fmt: skip
        a, b = chroma * a / total, chroma * b / total
    for value, step in ((a, 32), (b, 1)):
        index += (np.rint(value * (15 / REACH)).astype(np.int32) + 16) * step  # 16 is exactly grey
    return table(dark)[index]
