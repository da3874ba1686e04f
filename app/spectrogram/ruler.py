"""The time ruler: ticks, the loop with its flags A and B, and the playhead's handle.

A click seeks, a drag makes a loop, dragging A or B moves that end, a double-click removes the loop. One drag is one
step of the history.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram import ticks
from app.spectrogram.playhead import Playhead
from app.spectrogram.viewport import GUTTER, Viewport, body_width
from app.widgets import numbers, paint
from separation.project import edits
from separation.project.project import Project

if TYPE_CHECKING:
    from app.session import Session

FLAG = 14  # pixels
FAR = 4  # pixels of a drag that make it one
_drags = count()


class Ruler(QWidget):
    """24 high, in step with the spectrogram below it."""

    def __init__(
        self, session: Session, viewport: Viewport, playhead: Playhead, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._playhead = session.document, viewport, playhead
        self._press: float | None = None
        self._fixed: float | None = None  # the end of the loop that stays, while the other is dragged
        self._key: object = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Time ruler"))
        self._fit_text()
        theme.signals.changed.connect(self._fit_text)
        viewport.changed.connect(self.update)
        playhead.moved.connect(self._playhead_moved)
        session.document.changed.connect(self._changed)

    @property
    def loop(self) -> tuple[float, float] | None:
        return self._document.project.loop

    def place(self, seconds: float) -> float:
        """Where a time lies."""
        return self._view.x(seconds, self.width())

    def flags(self) -> dict[str, QRectF]:
        """Where A and B are drawn."""
        if self.loop is None:
            return {}
        start, end = (self.place(t) for t in self.loop)
        return {"A": QRectF(start, 0, FLAG, FLAG + 2), "B": QRectF(end - FLAG, 0, FLAG, FLAG + 2)}

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("panel"))
            body = QRectF(GUTTER, 0, body_width(self.width()), self.height())
            flags = self.flags()
            if self.loop is not None:
                painter.save()
                painter.setClipRect(body)
                left, right = (self.place(t) for t in self.loop)
                painter.fillRect(QRectF(left, 0, right - left, body.height()), theme.colour("soft"))
                painter.fillRect(QRectF(left, 0, right - left, 3), theme.colour("accent"))
                painter.restore()
            self._paint_ticks(painter, body, list(flags.values()))
            for name, place in flags.items():
                if body.left() - 1 <= place.left() and place.right() <= body.right() + 1:
                    self._paint_flag(painter, name, place)
            x = self.place(self._playhead.position)
            if body.left() - 1 <= x <= body.right() + 1:
                y = float(self.height())
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("peak_line"))
                painter.drawPolygon(QPolygonF([QPointF(x - 5.5, y - 7), QPointF(x + 5.5, y - 7), QPointF(x, y)]))

    def _paint_ticks(self, painter: QPainter, body: QRectF, flags: list[QRectF]) -> None:
        view, y = self._view, self.height()
        step = ticks.step_for(view.length / body.width(), 84 * max(1.0, theme.text_size()))
        painter.setFont(theme.font("axis"))
        for seconds in ticks.times(view.start, view.end, step / 2):
            x = self.place(seconds)
            labelled = abs(seconds / step - round(seconds / step)) < 1e-6
            painter.fillRect(QRectF(round(x), y - (6 if labelled else 4), 1, 6), theme.colour("text3"))
            if not labelled:
                continue
            words = ticks.label(seconds, step)
            width = painter.fontMetrics().horizontalAdvance(words)
            place = QRectF(x + 5, 4, width + 1, y - 6)
            if place.right() < body.right() and not any(flag.adjusted(-2, 0, 2, 9).intersects(place) for flag in flags):
                paint.text(painter, place, words, "axis", theme.colour("text2"), paint.LEFT)

    def _paint_flag(self, painter: QPainter, name: str, place: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("button"))
        painter.drawRoundedRect(place, 3, 3)
        outer = place.left() if name == "A" else place.right() - 4
        painter.fillRect(QRectF(outer, 0, 4, place.height()), theme.colour("button"))
        paint.text(painter, place, name, "axis", theme.colour("white"))

    def _flag_at(self, x: float) -> str:
        """The flag at a place; the nearer one where both are."""
        found = {n: abs(f.center().x() - x) for n, f in self.flags().items() if f.left() - 5 <= x <= f.right() + 5}
        return min(found, key=lambda name: found[name]) if found else ""

    def _time(self, x: float) -> float:
        return min(max(0.0, self._view.time(x, self.width())), self._view.total)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._document.project.source is None:
            return
        x, loop = event.position().x(), self.loop
        self._press, self._fixed, self._key = x, None, ("loop", next(_drags))
        flag = self._flag_at(x)
        if flag and loop is not None:
            self._fixed = loop[1] if flag == "A" else loop[0]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._press is None:
            self.setCursor(Qt.CursorShape.SizeHorCursor if self._flag_at(x) else Qt.CursorShape.ArrowCursor)
        elif self._key is not None and (self._dragging or abs(x - self._press) >= FAR):
            if self._fixed is None:
                self._fixed = self._time(self._press)
            self._dragging = True
            now = self._time(x)
            if abs(now - self._fixed) > 1e-3:
                self._document.apply(edits.set_loop, self._fixed, now, merge=self._key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and not self._dragging and self._fixed is None:
            self._playhead.seek(self._time(event.position().x()))
        self._press, self._dragging = None, False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.loop is not None:
            self._document.apply(edits.set_loop, None, None)

    def _changed(self, before: Project, after: Project) -> None:
        if before.loop is not after.loop:
            loop = after.loop
            words = self.tr("Loop from {0} to {1}").format(*map(numbers.clock, loop)) if loop else self.tr("No loop")
            self.setAccessibleDescription(words)
            self.update()

    def _playhead_moved(self, before: float, now: float) -> None:
        for seconds in (before, now):
            self.update(int(self.place(seconds)) - 8, 0, 16, self.height())

    def _fit_text(self) -> None:
        self.setFixedHeight(theme.scaled(24))
