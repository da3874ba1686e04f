"""What the stems leave of the mix: measured, not promised."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.mixer.channel import FOLDED, HEIGHT
from app.mixer.strip import BAR
from app.widgets import paint
from app.widgets.numbers import level
from app.widgets.stemtile import paint_tile

WIDTH = 107
SILENT = -90.0  # dB under the mix; less than 16 bits can say


class ResidualView(QWidget):
    """residual: of the whole run in dB, None while it is not known yet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._residual: float | None = None
        self._folded = False
        self.show_residual(None)

    def show_residual(self, residual: float | None) -> None:
        self._residual = residual
        self.setAccessibleName(f"{theme.stem_title('residual')}, {self.value_text}. {self.words}")
        self.update()

    @property
    def value_text(self) -> str:
        if self._residual is None:
            return "–"
        return f"{level(self._residual if self._residual > SILENT else -math.inf)}\u00a0dB"

    @property
    def words(self) -> str:
        if self._residual is None:
            return self.tr("Known when the run ends.")
        if self._residual <= SILENT:
            return self.tr("Nothing is left over: the stems carry the whole mix.")
        return self.tr("This much of the mix is in none of the stems.")

    def set_folded(self, on: bool) -> None:
        self._folded = on
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED if self._folded else HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED))

    def paintEvent(self, event: QPaintEvent) -> None:
        style, u = theme.stem("residual"), theme.scaled
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            painter.fillRect(area, theme.colour("panel"))
            bar = QRectF(0, 0, area.width() - 1, BAR)
            painter.fillRect(bar, style.colour)
            painter.fillRect(bar, theme.pattern(style.pattern, self.devicePixelRatioF()))
            painter.fillRect(QRectF(area.right() - 1, 0, 1, area.height()), theme.colour("line"))
            y = BAR + (area.height() - BAR - 24) / 2 if self._folded else u(27) - 12
            paint_tile(painter, self, "residual", u(12), y, 24)
            title = QRectF(u(12) + 32, y, area.width(), 24)
            paint.text(painter, title, theme.stem_title("residual"), "title", theme.colour("text"), paint.LEFT)
            if self._folded:
                return
            painter.setFont(theme.font("label"))
            painter.setPen(theme.colour("text2"))
            wrap = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(QRectF(u(12), u(52), area.width() - u(18), u(120)), wrap, self.words)
            box = QRectF(u(12), area.height() - u(30), area.width() - u(24) - 1, u(22))
            edge = theme.colour("line" if theme.is_dark() else "line2")
            paint.rounded(painter, box, 6, theme.colour("well"), edge)
            paint.text(painter, box, self.value_text, "body_medium", theme.colour("text2"))
