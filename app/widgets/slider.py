"""The slider: track 4, thumb 16, filled from the default, a tick at it, both ends named in words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.numbers import number
from app.widgets.value import ValueControl


class Slider(ValueControl):
    """Lies on its side. ends: what low and high mean, in words; drawn under the track."""

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        default: float,
        *,
        step: float,
        ends: tuple[str, str] | None = None,
        show: Callable[[float], str] = number,
        parent: QWidget | None = None,
    ) -> None:
        self._ends = ends
        super().__init__(name, low, high, default, step=step, show=show, radius=8, parent=parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 24 + (theme.scaled(16) if self._ends else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def _x(self, value: float) -> float:
        return 8 + (value - self.low) / (self.high - self.low) * (self.width() - 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            y = 12.0
            paint.rounded(painter, QRectF(0, y - 2, self.width(), 4), 2, theme.colour("control2"))
            start, now = self._x(self.default), self._x(self.amount)
            if self.default > self.low:
                painter.fillRect(QRectF(start - 0.5, y - 6, 1, 12), theme.colour("line2"))
            else:
                start = 0.0
            left, right = sorted((start, now))
            if right - left > 0.5:
                paint.rounded(painter, QRectF(left, y - 2, right - left, 4), 2, theme.colour("accent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 70))
            painter.drawEllipse(QPointF(now, y + 1), 8, 8)
            painter.setBrush(theme.colour("cap"))
            painter.setPen(QPen(theme.colour("cap_edge"), 1) if not theme.is_dark() else Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(now, y), 7.5, 7.5)
            if self._ends:
                area = QRectF(0, 24, self.width(), self.height() - 24)
                paint.text(painter, area, self._ends[0], "label", theme.colour("text2"), paint.LEFT)
                paint.text(painter, area, self._ends[1], "label", theme.colour("text2"), paint.RIGHT)

    def _value_at(self, x: float) -> float:
        raw = self.low + (x - 8) / max(1, self.width() - 16) * (self.high - self.low)
        return round(round(raw / self.step) * self.step, 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() <= 24:
            at = event.position().x()
            self._grab(at)
            if abs(at - self._x(self.amount)) > 10:
                self.edit(self._value_at(at))
                self._dragged = (at, self.amount)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(event.position().x(), (self.high - self.low) / max(1, self.width() - 16), event)
