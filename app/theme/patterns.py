"""Patterns of the stems: black at a third over the stem's colour, drawn once per pixel ratio."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

OPACITY = 0.33
_SIDES = {"diagonals": 6, "horizontals": 4, "dots": 5, "verticals": 4, "bricks": 6, "crosses": 6}


@lru_cache(maxsize=64)
def _tile(name: str, ratio: float, opacity: float) -> QPixmap:
    side = _SIDES[name]
    pixels = max(1, round(side * ratio))
    tile = QPixmap(pixels, pixels)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(pixels / side, pixels / side)
    ink = QColor(0, 0, 0, round(255 * opacity))
    pen = QPen(ink, {"diagonals": 2.0, "crosses": 1.0}.get(name, 1.5))
    painter.setPen(pen)
    if name == "diagonals":
        for shift in (-side, 0, side):
            painter.drawLine(QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1))
    elif name == "crosses":
        painter.drawLine(QPointF(-1, -1), QPointF(side + 1, side + 1))
        painter.drawLine(QPointF(-1, side + 1), QPointF(side + 1, -1))
    elif name == "horizontals":
        painter.fillRect(QRectF(0, 1, side, 1.5), ink)
    elif name == "verticals":
        painter.fillRect(QRectF(1, 0, 1.5, side), ink)
    elif name == "dots":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(side / 2, side / 2), 1.1, 1.1)
    elif name == "bricks":
        painter.fillRect(QRectF(0, 0, 6, 1), ink)
        painter.fillRect(QRectF(0, 3, 6, 1), ink)
        painter.fillRect(QRectF(1, 0, 1, 3), ink)
        painter.fillRect(QRectF(4, 3, 1, 3), ink)
    painter.end()
    tile.setDevicePixelRatio(pixels / side)
    return tile


def pattern(name: str, ratio: float = 1.0, opacity: float = OPACITY) -> QBrush:
    """A brush to lay over a stem's colour; an empty brush for "none"."""
    return QBrush(_tile(name, ratio, opacity)) if name in _SIDES else QBrush(Qt.BrushStyle.NoBrush)
