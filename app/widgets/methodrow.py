"""One method to choose: icon, name, one line of meaning, and the time it takes for this song on this device."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QRadioButton, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed

TILE = 30


class MethodRow(Ringed, QRadioButton):
    """50 high; rows in one parent exclude each other. toggled(bool) tells.

    time: shown at the right. download: a size, shown with an arrow in place of the time when not installed.
    """

    ring_radius = 9

    def __init__(
        self,
        title: str,
        meaning: str,
        icon: str,
        *,
        time: str = "",
        download: str = "",
        on: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._meaning, self._icon, self._time, self._download = meaning, icon, time, download
        self.setChecked(on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._announce()

    def set_time(self, time: str) -> None:
        if time != self._time:
            self._time = time
            self._announce()
            self.update()

    def set_download(self, size: str) -> None:
        if size != self._download:
            self._download = size
            self._announce()
            self.update()

    def _announce(self) -> None:
        parts = [self.text(), self._meaning, self._time]
        if self._download:
            parts[2] = self.tr("not installed, {0}").format(self._download)
        self.setAccessibleName(", ".join(part for part in parts if part))

    def sizeHint(self) -> QSize:
        return QSize(280, max(50, theme.scaled(50)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        on = self.isChecked()
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            if on:
                paint.rounded(painter, area, 9, theme.colour("soft"), theme.colour("accent"), 1.5)
            elif self.underMouse():
                paint.rounded(painter, area, 9, theme.colour("control"))
            height = area.height()
            tile = QRectF(10, (height - TILE) / 2, TILE, TILE)
            paint.rounded(painter, tile, 7, theme.colour("button" if on else "control"))
            ink = theme.colour("white" if on else "text2")
            paint.icon(painter, self, self._icon, ink, tile.x() + 7, tile.y() + 7)
            middle = height / 2
            right = self._paint_time(painter, area, middle)
            x = tile.right() + 10
            width = right - x - 6
            line = theme.scaled(18)
            title = QRectF(x, middle - line + 1, width, line)
            name = QFontMetricsF(theme.font("title")).elidedText(self.text(), Qt.TextElideMode.ElideRight, width)
            paint.text(painter, title, name, "title", theme.colour("text"), paint.LEFT)
            words = QFontMetricsF(theme.font("label")).elidedText(
                self._meaning, Qt.TextElideMode.ElideRight, area.right() - x - 8
            )
            below = QRectF(x, middle + 1, area.width(), theme.scaled(16))
            paint.text(painter, below, words, "label", theme.colour("text2"), paint.LEFT)

    def _paint_time(self, painter: paint.Painter, area: QRectF, middle: float) -> float:
        """The time or the size; gives where it begins."""
        words = self._download or self._time
        ink = theme.colour("text2" if self.isChecked() else "text3")
        width = QFontMetricsF(theme.font("label")).horizontalAdvance(words)
        line = theme.scaled(18)
        place = QRectF(area.right() - 10 - width - 2, middle - line, width + 2, line)
        paint.text(painter, place, words, "label", ink, paint.RIGHT)
        if self._download:
            paint.icon(painter, self, "download", ink, place.x() - 16, place.center().y() - 6, 12)
            return place.x() - 18
        return place.x()
