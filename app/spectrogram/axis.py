"""The frequency axis in the left gutter."""

from __future__ import annotations

from math import log2

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPen

from app import theme
from app.spectrogram.viewport import GUTTER, Viewport
from app.widgets import paint

COARSE = (1, 2, 5)
FINE = (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)


def marks(low: float, high: float) -> list[float]:
    """Round frequencies between two, in Hz: 1-2-5, or all digits when less than three octaves are seen."""
    digits = COARSE if log2(high / low) > 3 else FINE
    return [d * 10**power for power in (1, 2, 3, 4) for d in digits if low * 0.999 <= d * 10**power <= high * 1.001]


def words(hertz: float) -> str:
    """ "500", "1 k", "1.5 k"."""
    return f"{hertz / 1000:g}\u00a0k" if hertz >= 1000 else f"{hertz:g}"


def draw(painter: paint.Painter, view: Viewport, height: float) -> None:
    """Labels and ticks over the gutter, "Hz" at the top."""
    half = QFontMetricsF(theme.font("axis")).height() / 2
    paint.text(painter, QRectF(0, 2, GUTTER - 9, 2 * half), "Hz", "axis", theme.colour("text3"), paint.RIGHT)
    taken = 2 + 2 * half
    for hertz in reversed(marks(view.low, view.high)):
        y = view.y(hertz, height)
        if y - half < taken or y + half > height:
            continue
        taken = y + half
        place = QRectF(0, y - half, GUTTER - 9, 2 * half)
        paint.text(painter, place, words(hertz), "axis", theme.colour("text2"), paint.RIGHT)
        painter.setPen(QPen(theme.colour("text3"), 1))
        painter.drawLine(QPointF(GUTTER - 5, round(y) + 0.5), QPointF(GUTTER - 1, round(y) + 0.5))
