"""The card of a running job: per cent, time left of the whole, bar, named steps, Cancel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFontMetricsF, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.numbers import SPACE, lasting

STEP = 26
SIDE = 14


class ProgressCard(QWidget):
    """cancelled(): Cancel was pressed. Steps are named once; `set_step` says which one runs and how far it is."""

    cancelled = Signal()

    def __init__(self, steps: Sequence[str] = (), *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = list(steps)
        self._notes = [""] * len(self._steps)
        self._running = 0
        self._fraction, self._left, self._told, self._name = 0.0, "", -1, name
        self._total = ""
        self.cancel = Button(
            self.tr("Cancel"), shortcut=self.tr("Esc"), badge=True, height=34, ground="control2", parent=self
        )
        self.cancel.clicked.connect(self.cancelled)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._announce()

    def set_steps(self, steps: Sequence[str]) -> None:
        self._steps, self._notes, self._running = list(steps), [""] * len(steps), 0
        self.updateGeometry()
        self.update()

    def add_step(self, step: str) -> None:
        """One more step, which runs now."""
        self._steps.append(step)
        self._notes.append("")
        self._running = len(self._steps) - 1
        self.updateGeometry()
        self.update()

    def set_step(self, index: int, note: str = "") -> None:
        """This step runs now; note: "part 22 of 43", or a duration for one that is over."""
        self._running = index
        if 0 <= index < len(self._notes):
            self._notes[index] = note
        self.update()

    def set_note(self, index: int, note: str) -> None:
        """The duration of a step that is over."""
        self._notes[index] = note
        self.update()

    def set_progress(self, fraction: float, left: float | None = None, total: float | None = None) -> None:
        """fraction in [0, 1]; seconds left and in all, where they are known."""
        self._fraction = min(1.0, max(0.0, fraction))
        self._left = "" if left is None else self.tr("{0} left").format(lasting(left))
        self._total = "" if left is None or total is None else self.tr("of {0}").format(lasting(total))
        self._announce()
        self.update()

    @property
    def percent(self) -> int:
        return int(self._fraction * 100)

    def _announce(self) -> None:
        words = f"{self.percent}{SPACE}%"
        self.setAccessibleName(", ".join(part for part in (self._name, words, self._left) if part))
        tenth = self.percent // 10
        if tenth != self._told:
            self._told = tenth
            if QAccessible.isActive():
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    def _head(self) -> int:
        return 14 + theme.scaled(34) + 10 + 8 + 8

    def sizeHint(self) -> QSize:
        steps = len(self._steps) * theme.scaled(STEP)
        return QSize(284, self._head() + steps + 8 + self.cancel.sizeHint().height() + 14)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        height = self.cancel.sizeHint().height()
        self.cancel.setGeometry(14, self.height() - height - 14, self.width() - 28, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), 9, theme.colour("soft"), theme.colour("accent"))
            width, line = self.width() - 28.0, float(theme.scaled(34))
            figure = QRectF(14, 12, width, line)
            paint.text(painter, figure, f"{self.percent}{SPACE}%", "progress", theme.colour("text"), paint.LEFT)
            total = QFontMetricsF(theme.font("body")).horizontalAdvance(self._total)
            base = QRectF(14, 18, width, line)
            paint.text(painter, base, self._total, "body", theme.colour("text2"), paint.RIGHT)
            before = base.adjusted(0, 0, -(total + 4) if self._total else 0, 0)
            paint.text(painter, before, self._left, "body_bold", theme.colour("text"), paint.RIGHT)
            y = 14 + line + 10
            paint.rounded(painter, QRectF(14, y, width, 8), 4, theme.colour("control2"))
            if self._fraction > 0:
                done = max(8.0, width * self._fraction)
                paint.rounded(painter, QRectF(14, y, done, 8), 4, theme.colour("accent"))
            y = float(self._head())
            for index, step in enumerate(self._steps):
                self._paint_step(painter, index, step, y)
                y += theme.scaled(STEP)

    def _paint_step(self, painter: paint.Painter, index: int, step: str, y: float) -> None:
        height = theme.scaled(STEP)
        top = y + (height - SIDE) / 2
        area = QRectF(38, y, self.width() - 52, height)
        if index < self._running:
            paint.icon(painter, self, "check", theme.colour("ok"), 14, top, SIDE)
        elif index == self._running:
            ring = QRectF(15, top + 1, SIDE - 2, SIDE - 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("control2"), 2))
            painter.drawEllipse(ring)
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.drawArc(ring, 90 * 16, -round(max(0.04, self._fraction) * 360 * 16))
        else:
            paint.icon(painter, self, "circle", theme.colour("text2"), 15, top + 1, SIDE - 2)
        role = "body_bold" if index == self._running else "body"
        ink = theme.colour("text" if index <= self._running else "text2")
        note = QFontMetricsF(theme.font("label")).horizontalAdvance(self._notes[index])
        room = area.width() - note - 10
        words = QFontMetricsF(theme.font(role)).elidedText(step, Qt.TextElideMode.ElideRight, room)
        paint.text(painter, area, words, role, ink, paint.LEFT)
        paint.text(painter, area, self._notes[index], "label", theme.colour("text2"), paint.RIGHT)
