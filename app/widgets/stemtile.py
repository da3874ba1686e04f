"""The coloured tile with a stem's icon."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import paint


def paint_tile(painter: QPainter, widget: QWidget, name: str, x: float, y: float, side: int) -> None:
    """The tile of a stem ("master" too) with its top left corner there."""
    if name == "master":
        ground, ink, icon, edge = theme.colour("text"), theme.colour("panel"), "sliders", None
    else:
        style = theme.stem(name)
        ground, ink, icon = style.colour, style.ink, style.icon
        edge = None if theme.is_dark() else QColor(style.deep)
    paint.rounded(painter, QRectF(x, y, side, side), 5 if side <= 20 else 6, ground, edge)
    drawn = round(side * 0.67)
    paint.icon(painter, widget, icon, ink, x + (side - drawn) / 2, y + (side - drawn) / 2, drawn)


class StemTile(QWidget):
    """A tile by itself; 24 in strips, 18 in chips. Says the stem's name to a screen reader."""

    def __init__(self, stem: str, side: int = 24, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stem, self._side = stem, side
        self.setFixedSize(QSize(side, side))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(theme.stem_title(stem))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint_tile(painter, self, self.stem, 0, 0, self._side)
