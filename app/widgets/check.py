"""A check box and a switch in the studio's look; both are Qt check boxes to everyone else."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import KEYBOARD, hide_ring, show_ring


class Check(QCheckBox):
    """A box of 16 with words beside it."""

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
        if self.isChecked():
            token = "button_hover" if self.underMouse() else "button"
            paint.rounded(painter, box, 4.5, theme.colour(token))
            paint.icon(painter, self, "check", theme.colour("white"), box.x() + 2, box.y() + 2, 12)
        else:
            edge = theme.colour("text3" if self.underMouse() else "line2")
            paint.rounded(painter, box, 4.5, theme.colour("well"), edge)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in KEYBOARD:
            show_ring(self, 5)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        hide_ring(self)


class Switch(Check):
    """A switch of 28 by 16."""

    mark_width = 28

    def _paint_mark(self, painter: paint.Painter, box: QRectF) -> None:
        on = self.isChecked()
        paint.rounded(painter, box, 8, theme.colour("button" if on else "control2"))
        painter.setBrush(theme.colour("white"))
        painter.drawEllipse(QPointF(box.right() - 8 if on else box.left() + 8, box.center().y()), 6, 6)
