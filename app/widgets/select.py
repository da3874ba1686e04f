"""A choice among a few names that drops down; a combo box to everyone else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed


class Select(Ringed, QComboBox):
    """chosen(index): of the person, not of the program. icon: before the words."""

    chosen = Signal(int)
    ring_radius = 7

    def __init__(
        self, items: Sequence[str] = (), *, name: str = "", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon, self._choice = icon, True
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.set_items(items)
        self.activated.connect(self.chosen)

    def set_items(self, items: Sequence[str]) -> None:
        """Other choices, without telling."""
        if [self.itemText(index) for index in range(self.count())] != list(items):
            self.clear()
            self.addItems(list(items))

    def set_index(self, index: int) -> None:
        """Choose without telling."""
        self.setCurrentIndex(index)

    def set_choice(self, on: bool) -> None:
        """Off: there is nothing to choose, it only says what is."""
        self._choice = on
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not on)
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.font("body_medium"))
        words = max((metrics.horizontalAdvance(self.itemText(index)) for index in range(self.count())), default=0.0)
        return QSize(round(words) + (26 if self._icon else 0) + 42, max(32, theme.scaled(32)))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            ground = theme.colour("control")
            x = 0.0
            if self._choice:
                paint.rounded(painter, area, 7, theme.varied(ground) if self.underMouse() else ground)
                x = 10.0
            if self._icon:
                paint.icon(painter, self, self._icon, theme.colour("text"), x, (area.height() - 16) / 2)
                x += 24
            metrics = QFontMetricsF(theme.font("body_medium"))
            room = area.width() - x - 30
            words = metrics.elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
            paint.text(
                painter, QRectF(x, 0, room + 2, area.height()), words, "body_medium", theme.colour("text"), paint.LEFT
            )
            if not self._choice:
                return
            x, y = area.right() - 16, area.center().y()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("text2"), 1.5))
            painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))
