"""A chip with a stem's tile and name; a click turns the stem on or off."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed
from app.widgets.stemtile import paint_tile

SIDE = 18


class StemChip(Ringed, QCheckBox):
    """24 high. Checked is on; off is drawn at half strength. toggled(bool) tells.

    box: with a check box at the right end, as in the inspector and the export dialog (30 high).
    """

    def __init__(self, stem: str, *, on: bool = True, box: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(theme.stem_title(stem), parent)
        self.stem, self._box = stem, box
        self.setChecked(on)
        self.setAccessibleName(self.text())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("body_medium")).horizontalAdvance(self.text())
        height = 30 if self._box else 24
        return QSize(round(words) + SIDE + (50 if self._box else 20), max(height, theme.scaled(height)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            if not self._box and not self.isChecked():
                painter.setOpacity(painter.opacity() * 0.5)
            area = QRectF(self.rect())
            ground = theme.colour("control")
            paint.rounded(painter, area, 6, theme.varied(ground) if self.underMouse() else ground)
            inset = 7 if self._box else 3
            paint_tile(painter, self, self.stem, inset, (area.height() - SIDE) / 2, SIDE)
            words = QRectF(inset + SIDE + 7, 0, area.width(), area.height())
            paint.text(painter, words, self.text(), "body_medium", theme.colour("text"), paint.LEFT)
            if self._box:
                mark = QRectF(area.right() - 24, (area.height() - 16) / 2, 16, 16)
                paint.tick_box(painter, self, mark, self.isChecked())
