"""A check box and a switch in the studio's look; both are Qt check boxes to everyone else."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed


class Check(Ringed, QCheckBox):
    """A box of 16 with words beside it."""

    ring_radius = 5

    mark_width = 16

    def __init__(self, text: str = "", *, on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setChecked(on)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        width = QFontMetricsF(theme.font("body")).horizontalAdvance(self.text())
        words = round(width) + 10 if self.text() else 0
        return QSize(self.mark_width + words + 2, max(24, theme.scaled(24)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            self._paint_mark(painter, QRectF(1, (self.height() - 16) / 2, self.mark_width, 16))
            area = QRectF(self.mark_width + 10, 0, self.width(), self.height())
            paint.text(painter, area, self.text(), "body", theme.colour("text"), paint.LEFT)

    def _paint_mark(self, painter: paint.Painter, box: QRectF) -> None:
        paint.tick_box(painter, self, box, self.isChecked())


class Switch(Check):
    """A switch of 28 by 16."""

    mark_width = 28

    def _paint_mark(self, painter: paint.Painter, box: QRectF) -> None:
        on = self.isChecked()
        paint.rounded(painter, box, 8, theme.colour("button" if on else "control2"))
        painter.setBrush(theme.colour("white"))
        painter.drawEllipse(QPointF(box.right() - 8 if on else box.left() + 8, box.center().y()), 6, 6)
