"""What lies under the pointer in the spectrogram: when, how high, and which stem has how much of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets import paint
from app.widgets.numbers import SPACE, clock, number
from app.widgets.section import Heading
from app.widgets.stemtile import paint_tile

LEAST = 0.005  # a share that would read 0 % is left out


def shown_shares(shares: dict[str, float]) -> list[tuple[str, float]]:
    """Largest first, without those that would read 0 %."""
    return sorted(((n, s) for n, s in shares.items() if s >= LEAST), key=lambda pair: -pair[1])


class ShareBar(QWidget):
    """A stacked bar, and under it a tile and per cent for each stem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: list[tuple[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shares: dict[str, float]) -> None:
        self._shares = shown_shares(shares)
        words = (f"{theme.stem_title(name)} {round(100 * share)}{SPACE}%" for name, share in self._shares)
        self.setAccessibleName(", ".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 8 + 8 + max(18, theme.scaled(18)))

    def minimumSizeHint(self) -> QSize:
        return QSize(100, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            whole = QRectF(0, 0, self.width(), 8)
            paint.rounded(painter, whole, 4, theme.colour("control2"))
            total = sum(share for _, share in self._shares)
            if not total:
                return
            shape = QPainterPath()
            shape.addRoundedRect(whole, 4, 4)
            painter.save()
            painter.setClipPath(shape)
            x = 0.0
            for name, share in self._shares:
                width = self.width() * share / total
                part = QRectF(x, 0, max(1.0, width - 1), 8)
                painter.fillRect(part, QColor(theme.fill(name)))
                painter.fillRect(part, theme.pattern(theme.stem(name).pattern, self.devicePixelRatioF()))
                x += width
            painter.restore()
            metrics, x, line = QFontMetricsF(theme.font("label_medium")), 0.0, self.height() - 16.0
            for name, share in self._shares:
                words = f"{number(100 * share, 0)}{SPACE}%"
                width = metrics.horizontalAdvance(words)
                if x + 24 + width > self.width():
                    break
                paint_tile(painter, self, name, x, 16 + (line - 18) / 2, 18)
                area = QRectF(x + 24, 16, width + 2, line)
                paint.text(painter, area, words, "label_medium", theme.colour("text2"), paint.LEFT)
                x += 24 + width + 14


class AtPointer(QWidget):
    """Keeps its place when the pointer leaves: then a hint stands there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = Heading(self.tr("At the pointer"))
        self.bar = ShareBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.bar)
        self.show_pointer(None)

    def show_pointer(self, pointer: Any) -> None:
        """seconds, hertz, shares of a place in the picture; None: the pointer is elsewhere."""
        if pointer is None:
            self.heading.hint.setText(self.tr("point into the picture"))
            self.bar.show_shares({})
            return
        place = f"{clock(pointer.seconds)} · {round(pointer.hertz)}{SPACE}Hz"
        self.heading.hint.setText(place)
        self.bar.show_shares(pointer.shares or {})

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
