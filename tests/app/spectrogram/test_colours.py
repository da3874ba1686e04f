from __future__ import annotations

import numpy as np
import pytest

from app.spectrogram import colours


def rgb(pixels: np.ndarray) -> np.ndarray:
    return np.stack([(pixels >> shift) & 255 for shift in (16, 8, 0)]).astype(int)


@pytest.mark.parametrize("dark", [True, False])
def test_brightness_follows_the_level_and_no_stem_is_grey(dark: bool) -> None:
    ramp = np.arange(96, 241, dtype=np.uint8)[None]
    red, green, blue = rgb(colours.paint(ramp, {}, np.float32([[0.0]]), dark=dark))
    assert max(np.abs(red - green).max(), np.abs(green - blue).max()) <= 1
    light = red + green + blue
    assert (np.diff(light if dark else -light) >= 0).all() and abs(light[0, -1] - light[0, 0]) > 300


def test_a_stem_alone_has_its_hue_and_equal_stems_lose_theirs() -> None:
    level = np.full((1, 1), 220, np.uint8)
    quiet = np.zeros((1, 1), np.uint8)
    top = np.float32([[0.0]])
    red, _, blue = rgb(colours.paint(level, {"vocals": level, "bass": quiet}, top, dark=True)).ravel()
    assert blue > red + 60
    red, _, blue = rgb(colours.paint(level, {"vocals": quiet, "bass": level}, top, dark=True)).ravel()
    assert red > blue + 60
    shared = rgb(colours.paint(level, {"vocals": level, "bass": level}, top, dark=True)).ravel()
    assert shared.max() - shared.min() < 60
