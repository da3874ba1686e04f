"""The stepper: minus, value, plus; drag the value up and down, type into it, double-click for the default."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QInputEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.editor import Editor
from app.widgets.numbers import number
from app.widgets.value import ValueControl

SIDE = 26
DRAG = 4.0  # pixels for a step


class Stepper(ValueControl):
    """One number between a minus and a plus. whole: there is nothing between 1 and 2."""

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        default: float,
        *,
        step: float,
        whole: bool = False,
        show: Callable[[float], str] = number,
        width: int = 104,
        parent: QWidget | None = None,
    ) -> None:
        self._width, self._whole = width, whole
        super().__init__(name, low, high, default, step=step, show=show, radius=7, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width), max(28, theme.scaled(28)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            paint.rounded(painter, area, 7, theme.colour("control"))
            y = (area.height() - 14) / 2
            paint.icon(painter, self, "minus", theme.colour("text2"), 7, y, 14)
            paint.icon(painter, self, "plus", theme.colour("text2"), area.width() - 21, y, 14)
            paint.text(painter, area, self.words(self.amount), "body_bold", theme.colour("text"))

    def _limited(self, value: float) -> float:
        value = super()._limited(value)
        return round(value) if self._whole else value

    def _grain(self, event: QInputEvent) -> float:
        grain = super()._grain(event)
        return max(1.0, grain) if self._whole else grain

    def _side(self, point: QPointF) -> int:
        return -1 if point.x() < SIDE else 1 if point.x() >= self.width() - SIDE else 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            side = self._side(event.position())
            if side:
                self.began.emit()
                self._nudge(side * self._grain(event))
            else:
                self._grab(-event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._drag(-event.position().y(), self.step / DRAG, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed = event.text()
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if typed and typed in "0123456789-−." and plain:
            self._type(typed)
        else:
            super().keyPressEvent(event)

    def type_value(self) -> None:
        """Type into it, in place."""
        self._type("")

    def _type(self, typed: str) -> None:
        self.editor = Editor(self, self.name, self.words(self.amount), self._read, typed=typed)
        self.editor.taken.connect(self._typed)

    def _typed(self, value: float) -> None:
        self.began.emit()
        self.edit(value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._side(event.position()):
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)
