"""Colour says who, brightness says how loud: levels and stem shares to pixels, in OKLab.

The hue vector is (a, b) = C · Σ_j s_j (cos h_j, sin h_j), where s_j is stem j's share of the power, so that grey means
"shared"; the lightness depends on the level alone. A table over (u, a, b) with 6 + 5 + 5 bits does the conversion
(Source: Ottosson 2020 for OKLab; the studio's design for the constants).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from app.theme.stems import cousin

HUES = {"bass": 48, "guitar": 77, "residual": 105, "drums": 165, "vocals": 236, "piano": 284, "other": 346}
REACH = 0.18  # the table covers −REACH…REACH in a and b
RANGE_DB = 72.0
STEPS = 1024
POWER = np.power(10.0, np.arange(256) / 20).astype(np.float32)  # of level bytes: half decibels of power


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


@lru_cache(maxsize=2)
def ramps(dark: bool) -> tuple[np.ndarray, np.ndarray]:
    """Over 1024 steps of the level t: u (lightness, 0 to 1) and the chroma of a stem alone, float32."""
    t = np.linspace(0, 1, STEPS)
    u = t ** (1.8 if dark else 1.9)
    chroma = 0.135 * np.minimum(1, 2 * u)
    if dark:
        chroma = 0.175 * np.minimum(1, 2.6 * u) * np.clip(1.5 * (1.12 - u), 0.12, 1)
    return u.astype(np.float32), chroma.astype(np.float32)


def paint(
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    top_db: np.ndarray,
    *,
    dark: bool,
    weights: Sequence[float] | None = None,
    focus: str = "",
) -> np.ndarray:
    """Pixels uint32 ARGB of levels.

    mixture, stems: uint8, all of one shape, level −120 + q/2 dBFS. top_db: level of full brightness, of a shape that
    broadcasts to theirs. weights: how much of its hue each stem keeps (None: all). focus: lightness falls to 62 %
    where this stem has no share.
    """
    lightness, colourfulness = ramps(dark)
    scale = np.float32((STEPS - 1) / RANGE_DB)
    bottom = (np.asarray(top_db, np.float32) + np.float32(120 - RANGE_DB)) * scale
    step = mixture * (scale / 2) - bottom
    np.clip(step, 0, STEPS - 1, out=step)
    step = step.astype(np.intp)
    u = lightness.take(step)
    kept = [1.0] * len(stems) if weights is None else list(weights)
    if not stems or not (any(kept) or focus in stems):
        return table(dark).take(np.rint(u * 63).astype(np.intp) * 1024 + 16 * 33)
    a, b, total, own = (np.zeros(mixture.shape, np.float32) for _ in range(4))
    total += np.float32(1e-9)
    for (name, levels), weight in zip(stems.items(), kept, strict=True):
        share = POWER.take(levels)
        total += share
        if name == focus:
            own = share
        if weight:
            angle = np.deg2rad(HUES[cousin(name)])
            a += share * np.float32(weight * np.cos(angle))
            b += share * np.float32(weight * np.sin(angle))
    if focus in stems:
        u *= np.float32(0.62) + np.float32(0.38) * own / total
    chroma = colourfulness.take(step)
    chroma *= np.float32(15 / REACH)
    chroma /= total
    index = np.rint(u * 63).astype(np.intp) * 1024
    for value, size in ((a, 32), (b, 1)):
        value *= chroma
        index += (np.rint(value).astype(np.intp) + 16) * size  # 16 is exactly grey
    return table(dark).take(index)
