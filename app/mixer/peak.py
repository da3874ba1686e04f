"""The peak readout under a meter; a click clears it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed
from app.widgets.meter import Meter


class PeakReadout(Ringed, QPushButton):
    """ "peak −5.9", right-aligned; red while over."""

    ring_radius = 5

    def __init__(self, meter: Meter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._meter, self._short = meter, False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(self.tr("Highest peak so far, in dBFS. Click to clear."))
        self.clicked.connect(meter.clear)
        meter.changed.connect(self._changed)
        self._changed()

    def set_short(self, on: bool) -> None:
        """The number only."""
        self._short = on
        self._changed()

    def _changed(self, _words: str = "") -> None:
        words = self.tr("peak {0}").format(self._meter.peak_text)
        self.setText(self._meter.peak_text if self._short else words)
        self.setAccessibleName(f"{self._meter.name}, {words}")
        self.update()

    def sizeHint(self) -> QSize:
        longest = "−00.0" if self._short else self.tr("peak {0}").format("−00.0")
        width = QFontMetricsF(theme.font("label")).horizontalAdvance(longest)
        return QSize(round(width) + 4, max(24, theme.scaled(24)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            token = "danger" if self._meter.over else "text" if self.underMouse() else "text2"
            area = QRectF(self.rect())
            paint.text(painter, area, self.text(), "label", theme.colour(token), paint.RIGHT)
