"""Keys as little caps: "Ctrl" "K"."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

from app import theme
from app.widgets import paint

HEIGHT, PADDING, GAP = 18, 5, 4


def keys_width(text: str) -> float:
    """How much room the caps take."""
    metrics = QFontMetricsF(theme.font("label_medium"))
    widths = [max(theme.scaled(HEIGHT), metrics.horizontalAdvance(part) + 2 * PADDING) for part in text.split()]
    return sum(widths) + GAP * max(0, len(widths) - 1)


def paint_keys(painter: paint.Painter, text: str, right: float, middle: float) -> None:
    """Draw the caps of "Ctrl K" so that they end at `right`, centred upright on `middle`."""
    metrics, height = QFontMetricsF(theme.font("label_medium")), theme.scaled(HEIGHT)
    x = right - keys_width(text)
    for part in text.split():
        width = max(float(height), metrics.horizontalAdvance(part) + 2 * PADDING)
        cap = QRectF(x, middle - height / 2, width, height)
        paint.rounded(painter, cap, 4, theme.colour("control"), theme.colour("line2"))
        paint.text(painter, cap, part, "label_medium", theme.colour("text2"))
        x += width + GAP
