"""The fader: dB over a track, with the position law of the design; only the cap drags."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import paint
from app.widgets.numbers import MINUS, number, spoken
from app.widgets.value import ValueControl, fineness

# level in dB, position from the top; linear between
LAW = (
    (6.0, 0.0), (3.0, 0.085), (0.0, 0.17), (-3.0, 0.255), (-6.0, 0.34), (-12.0, 0.49), (-24.0, 0.70), (-40.0, 0.88),
    (-60.0, 0.97), (-math.inf, 1.0),
)  # fmt: skip
SCALE = (6, 0, -6, -12, -24, -40)
LOWEST = -60.0  # under this is −∞
DETENT = 0.008  # of the track, to each side of 0 dB
CAP = QSize(26, 16)
DIGITS = 22  # room at the left for the scale


def position(db: float) -> float:
    """Where a level lies, 0 at the top to 1 at the bottom."""
    if db >= LAW[0][0]:
        return 0.0
    for (above, top), (below, bottom) in pairwise(LAW):
        if db >= below:
            if math.isinf(below):
                return top if db == above else 1.0 if math.isinf(db) else (top + bottom) / 2
            return top + (above - db) / (above - below) * (bottom - top)
    return 1.0


def level_at(place: float) -> float:
    """The level at a position; what lies under −60 dB is −∞. The inverse of `position`."""
    if place <= 0:
        return LAW[0][0]
    for (above, top), (below, bottom) in pairwise(LAW):
        if place <= bottom and not math.isinf(below):
            return above - (place - top) / (bottom - top) * (above - below)
    return -math.inf


def signed(db: float) -> str:
    """A level with its sign, for value boxes."""
    return number(db, sign=True)


def fader_words(db: float) -> str:
    """A level for people."""
    return f"{number(db, sign=True)}\u00a0dB"


class Fader(ValueControl):
    """−∞ to +6 dB in steps of 0.5; colour: of the line on the cap, a stem's name or "master"."""

    def __init__(self, name: str, stem: str = "master", parent: QWidget | None = None) -> None:
        self.stem = stem
        self._grabbed: float | None = None  # from the cap's centre, while dragging
        self._last = 0.0
        super().__init__(name, LOWEST, LAW[0][0], 0.0, step=0.5, show=fader_words, parent=parent)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def _limited(self, value: float) -> float:
        return -math.inf if value < LOWEST else min(LAW[0][0], round(value, 2))

    def _nudge(self, change: float) -> None:
        if math.isinf(self.amount):
            self.edit(LOWEST if change > 0 else self.amount)
        else:
            super()._nudge(change)

    def _announce(self) -> None:
        self.setValue(round(max(LOWEST, self._amount) * 1000))
        self.setAccessibleName(f"{self.name}, {self.tr('fader')}, {spoken(self._amount)} {self.tr('decibels')}")

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(DIGITS) + 32, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(DIGITS) + 32, 90)

    def _track(self) -> tuple[float, float, float]:
        """Centre x, y of the top and length of the track."""
        return self.width() - 16.0, CAP.height() / 2 + 1, self.height() - CAP.height() - 2.0

    def _cap(self) -> QRectF:
        x, top, length = self._track()
        y = top + position(self.amount) * length
        return QRectF(x - CAP.width() / 2, round(y - CAP.height() / 2), CAP.width(), CAP.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        x, top, length = self._track()
        with paint.painter(self) as painter:
            self._paint_scale(painter, x, top, length)
            paint.rounded(painter, QRectF(x - 2, top - 4, 4, length + 8), 2, self._groove())
            cap = self._cap()
            fill = theme.colour("text2") if self.stem == "master" else theme.fill(self.stem)
            bottom = top + length + 4
            if cap.center().y() < bottom - 1:
                paint.rounded(painter, QRectF(x - 2, cap.center().y(), 4, bottom - cap.center().y()), 2, fill)
            self._paint_cap(painter, cap, fill)

    def _groove(self) -> QColor:
        return theme.colour("well") if theme.is_dark() else theme.colour("control2")

    def _paint_scale(self, painter: QPainter, x: float, top: float, length: float) -> None:
        for db in SCALE:
            y = round(top + position(db) * length)
            digits = f"+{db}" if db > 0 else str(db).replace("-", MINUS)
            area = QRectF(-4, y - 8, x - 14, 16)
            paint.text(painter, area, digits, "axis", theme.colour("text2" if db == 0 else "text3"), paint.RIGHT)
            tick = theme.colour("text3" if db == 0 else "line2")
            for left in (x - 15, x + 9):
                painter.fillRect(QRectF(left, y, 6, 1), tick)

    def _paint_cap(self, painter: QPainter, cap: QRectF, line: QColor) -> None:
        shadow = QColor(0, 0, 0, 60)
        paint.rounded(painter, cap.translated(0, 1), 4, shadow)
        ground = theme.colour("cap")
        if self._grabbed is not None:
            ground = ground.darker(106)
        paint.rounded(painter, cap, 4, ground, theme.colour("cap_edge"))
        mark = theme.fill(self.stem) if self.stem != "master" else theme.colour("cap_edge")
        painter.fillRect(QRectF(cap.x() + 4, cap.center().y() - 1, cap.width() - 8, 2), mark)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        grab = self._cap().adjusted(-3, -4, 3, 4)  # a target of at least 24 pixels
        if event.button() == Qt.MouseButton.LeftButton and grab.contains(event.position()):
            self._grabbed = position(self.amount)
            self._last = event.position().y()
            self.began.emit()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        fine = fineness(event)
        self._grabbed += (event.position().y() - self._last) / self._track()[2] * fine
        self._last = event.position().y()
        place = min(1.0, max(0.0, self._grabbed))
        held = fine == 1.0 and abs(place - position(0.0)) < DETENT
        self.edit(0.0 if held else round(level_at(place), 1 if fine == 1.0 else 2))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.update()
