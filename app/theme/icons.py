"""Line icons from resources/icons: tinted, sharp at any pixel ratio, drawn once per size and colour.

Qt's SVG module is imported at the first icon, not before.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap

import resources

FOLDER = Path(resources.__file__).parent / "icons"


@cache
def _source(name: str) -> bytes:
    return (FOLDER / f"{name}.svg").read_bytes()


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """An icon of `size` logical pixels on a screen of that ratio; colour as #aarrggbb."""
    from PySide6.QtSvg import QSvgRenderer

    tint = QColor(colour)
    drawing = _source(name).replace(b"currentColor", tint.name().encode())
    side = max(1, round(size * ratio))
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setOpacity(tint.alphaF())
    QSvgRenderer(QByteArray(drawing)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


class _Engine(QIconEngine):
    """Draws the icon at whatever size and ratio it is asked for; disabled ones at 42 %."""

    def __init__(self, name: str, colour: str, size: int) -> None:
        super().__init__()
        self._name, self._colour, self._size = name, colour, size

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:  # type: ignore[no-untyped-def]
        device = painter.device()
        ratio = device.devicePixelRatioF() if device else 1.0
        painter.drawPixmap(rect, self.scaledPixmap(rect.size() * ratio, mode, state, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        colour = QColor(self._colour)
        if mode == QIcon.Mode.Disabled:
            colour.setAlphaF(0.42)
        side = max(1, min(size.width(), size.height()))
        result = pixmap(self._name, colour.name(QColor.NameFormat.HexArgb), side, 1.0)
        result = QPixmap(result)
        result.setDevicePixelRatio(max(1.0, scale))
        return result

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour, self._size)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        return size


def icon(name: str, colour: QColor, size: int) -> QIcon:
    """The same as QIcon, for menus, actions and stock controls."""
    return QIcon(_Engine(name, colour.name(QColor.NameFormat.HexArgb), size))
