"""The knob: an arc of 270° filled from its default, turned by dragging up and down."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import paint
from app.widgets.numbers import number, parse
from app.widgets.value import ValueControl

SIDE = 28
TRAVEL = 200.0  # pixels for the whole range


class Knob(ValueControl):
    """28 wide; a dot at the top when at its default. stem: whose colour the arc has."""

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        default: float,
        *,
        step: float,
        stem: str = "master",
        show: Callable[[float], str] = number,
        read: Callable[[str], float | None] = parse,
        parent: QWidget | None = None,
    ) -> None:
        self.stem = stem
        super().__init__(name, low, high, default, step=step, show=show, read=read, radius=SIDE / 2, parent=parent)
        self.setFixedSize(SIDE, SIDE)

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def _angle(self, value: float) -> float:
        """Degrees clockwise from the top."""
        return -135 + 270 * (value - self.low) / (self.high - self.low)

    def paintEvent(self, event: QPaintEvent) -> None:
        colour = theme.colour("accent") if self.stem == "master" else theme.fill(self.stem)
        with paint.painter(self) as painter:
            area = QRectF(2.5, 2.5, SIDE - 5, SIDE - 5)
            pen = QPen(theme.colour("control2"), 3)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(area, (90 + 135) * 16, -270 * 16)
            start, now = self._angle(self.default), self._angle(self.amount)
            if abs(now - start) > 0.5:
                pen.setColor(colour)
                painter.setPen(pen)
                painter.drawArc(area, round((90 - start) * 16), round((start - now) * 16))
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawEllipse(self._on_circle(start, area.width() / 2), 2.0, 2.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("control"))
            painter.drawEllipse(area.center(), 8.5, 8.5)
            hand = QPen(theme.colour("text"), 2)
            hand.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(hand)
            painter.drawLine(self._on_circle(now, 2.5), self._on_circle(now, 6.5))

    def _on_circle(self, degrees: float, radius: float) -> QPointF:
        turn = math.radians(degrees)
        return QPointF(SIDE / 2 + radius * math.sin(turn), SIDE / 2 - radius * math.cos(turn))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grab(-event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(-event.position().y(), (self.high - self.low) / TRAVEL, event)
