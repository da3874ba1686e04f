"""The stereo meter, upright with its scale or lying: post-fader peaks, never eased."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.ballistics import FLOOR, NOTHING, Ballistics, peak_words
from app.widgets.numbers import decibels, level

SCALE = (0, 12, 24, 36, 48)
GAP = 2
MARGIN = 9  # over and under the bars: they reach as far as the fader beside them


class Meter(QWidget):
    """stem: whose colour the bars have; "master" is green. cleared(): a click took the peak and the over light away.

    changed(text) tells the peak readout when it reads differently.
    """

    cleared = Signal()
    changed = Signal(str)

    def __init__(
        self, name: str, stem: str = "master", *, lying: bool = False, scale: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.name, self.stem, self._lying, self._scale = name, stem, lying, scale and not lying
        self._bar = 5 if lying else 9 if stem == "master" else 7
        self._warn = -9.0 if stem == "master" else -6.0
        self._channels = [Ballistics(), Ballistics()]
        self._words = level(NOTHING)
        if lying:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        else:
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._announce()

    @property
    def peak_text(self) -> str:
        """The highest peak since it was cleared, as text."""
        return self._words

    @property
    def levels(self) -> tuple[float, float]:
        """What the bars show, in dBFS."""
        return self._channels[0].level, self._channels[1].level

    @property
    def over(self) -> bool:
        return any(channel.over for channel in self._channels)

    @property
    def still(self) -> bool:
        return all(channel.still for channel in self._channels)

    def set_scale(self, on: bool) -> None:
        """With or without the figures beside the bars."""
        self._scale = on and not self._lying
        self.updateGeometry()
        self.update()

    def feed(self, peaks: Sequence[float], seconds: float) -> None:
        """Linear peaks (left, right), `seconds` after the last ones."""
        for channel, peak in zip(self._channels, peaks, strict=True):
            channel.feed(decibels(peak), seconds)
        self._read()
        self.update()

    def clear(self) -> None:
        for channel in self._channels:
            channel.clear()
        self._read()
        self.update()
        self.cleared.emit()

    def _read(self) -> None:
        words = peak_words(self._channels, self.tr("over"))
        if words != self._words:
            self._words = words
            self._announce()
            self.changed.emit(words)

    def _announce(self) -> None:
        self.setAccessibleName(self.tr("{0}, meter, peak {1} decibels").format(self.name, self._words))

    def sizeHint(self) -> QSize:
        both = 2 * self._bar + GAP
        if self._lying:
            return QSize(150, both)
        return QSize(both + (theme.scaled(16) if self._scale else 0), 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height()) if self._lying else QSize(self.sizeHint().width(), 60)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clear()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            margin = 0 if self._lying else MARGIN
            length = (self.width() if self._lying else self.height()) - 2 * margin
            for index, channel in enumerate(self._channels):
                self._paint_bar(painter, channel, index * (self._bar + GAP), margin, length)
            if self._scale:
                x = 2 * self._bar + GAP
                for mark in SCALE:
                    y = margin + length * mark / -FLOOR
                    area = QRectF(x, y - 8, self.width() - x, 16)
                    paint.text(painter, area, str(mark), "axis", theme.colour("text3"), paint.RIGHT)

    def _place(self, side: float, margin: float, length: float, low: float, high: float) -> QRectF:
        """The rectangle of a bar between two levels, on whole pixels."""
        top, bottom = round(length * high / FLOOR), round(length * low / FLOOR)
        if self._lying:
            return QRectF(length - bottom, side, bottom - top, self._bar)
        return QRectF(side, margin + top, self._bar, bottom - top)

    def _paint_bar(self, painter: QPainter, channel: Ballistics, side: float, margin: float, length: float) -> None:
        ground = theme.colour("control2") if self._lying or not theme.is_dark() else theme.colour("well")
        painter.fillRect(self._place(side, margin, length, FLOOR, 0.0), ground)
        fill = theme.colour("meter") if self.stem == "master" else QColor(theme.fill(self.stem))
        shown = min(0.0, channel.level)
        if channel.level > FLOOR:
            painter.fillRect(self._place(side, margin, length, FLOOR, min(shown, self._warn)), fill)
            if shown > self._warn:
                painter.fillRect(self._place(side, margin, length, self._warn, shown), theme.colour("meter_warn"))
        if channel.held > FLOOR:
            thick = 2 * -FLOOR / length
            top = min(0.0, channel.held)
            painter.fillRect(self._place(side, margin, length, top - thick, top), theme.colour("peak_line"))
        if channel.over:
            painter.fillRect(self._place(side, margin, length, -1.6, 0.0), theme.colour("danger"))
