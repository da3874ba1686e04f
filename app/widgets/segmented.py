"""A row of segments, one of them chosen; the arrow keys move the choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed


class Segmented(Ringed, QWidget):
    """items: texts, or (text, icon) pairs. chosen(index) is for choices of the person, not of the program."""

    ring_radius = 7

    chosen = Signal(int)

    def __init__(
        self,
        items: Sequence[str | tuple[str, str]],
        *,
        name: str = "",
        height: int = 28,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._items = [(item, "") if isinstance(item, str) else item for item in items]
        self._index, self._hovered, self._height, self._name = 0, -1, height, name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._announce()

    @property
    def index(self) -> int:
        return self._index

    def set_index(self, index: int) -> None:
        """Choose without telling."""
        if index != self._index:
            self._index = index
            self._announce()
            self.update()

    def _announce(self) -> None:
        words = self._items[self._index][0]
        self.setAccessibleName(f"{self._name}, {words}" if self._name else words)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._items) and index != self._index:
            self.set_index(index)
            self.chosen.emit(index)

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(theme.font("body_medium"))
        return [metrics.horizontalAdvance(text) + 24 + (24 if icon else 0) for text, icon in self._items]

    def _segments(self) -> list[QRectF]:
        widths = self._widths()
        stretch = (self.width() - 4) / sum(widths)
        places, x = [], 2.0
        for width in widths:
            places.append(QRectF(x, 2, width * stretch, self.height() - 4))
            x += width * stretch
        return places

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._widths())) + 4, max(self._height, theme.scaled(self._height)))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), 7, theme.colour("control"))
            for index, ((words, icon), place) in enumerate(zip(self._items, self._segments(), strict=True)):
                on = index == self._index
                if on:
                    edge = None if theme.is_dark() else theme.colour("line2")
                    paint.rounded(painter, place, 5.5, theme.colour("chosen"), edge)
                elif index == self._hovered:
                    paint.rounded(painter, place, 5.5, theme.varied(theme.colour("control")))
                ink = theme.colour("text" if on else "text2")
                area = place
                if icon:
                    width = QFontMetricsF(theme.font("body_medium")).horizontalAdvance(words) + 24
                    x = place.center().x() - width / 2
                    paint.icon(painter, self, icon, ink, x, place.center().y() - 8)
                    area = QRectF(x + 24, place.y(), width, place.height())
                paint.text(painter, area, words, "body_medium", ink, paint.LEFT if icon else paint.CENTRE)

    def _at(self, point: QPoint) -> int:
        return next((i for i, place in enumerate(self._segments()) if place.left() <= point.x() < place.right()), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hovered = self._at(event.position().toPoint())
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._choose(self._index - 1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._choose(self._index + 1)
        elif key == Qt.Key.Key_Home:
            self._choose(0)
        elif key == Qt.Key.Key_End:
            self._choose(len(self._items) - 1)
        else:
            super().keyPressEvent(event)
