"""Where times are written on rulers, and how."""

from __future__ import annotations

from math import ceil

from app.widgets import numbers

STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def step_for(seconds_per_pixel: float, apart: float) -> float:
    """The smallest round step whose labels are at least `apart` pixels from each other."""
    return next((step for step in STEPS if step >= seconds_per_pixel * apart), STEPS[-1])


def times(start: float, end: float, step: float) -> list[float]:
    """Multiples of a step from start to end."""
    first = ceil(start / step - 1e-9)
    result = []
    while first * step <= end + 1e-9:
        result.append(round(first * step, 3))
        first += 1
    return result


def label(seconds: float, step: float) -> str:
    """ "0:42", with as many digits behind the point as the step has."""
    return numbers.clock(seconds, 0 if step >= 1 else 2 if step < 0.1 else 1)
