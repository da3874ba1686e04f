"""What every strip of the mixer has, a stem's or the master's: tile, name, fader, meter, level and peak."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.mixer.peak import PeakReadout
from app.widgets.fader import Fader, signed
from app.widgets.label import Label
from app.widgets.meter import Meter
from app.widgets.stemtile import StemTile
from app.widgets.valuebox import ValueBox

if TYPE_CHECKING:
    from app.session import Session

HEIGHT, FOLDED = 228, 44


class Channel(QWidget):
    """228 high, or 44 when folded. stem: its name, or "master"."""

    def __init__(self, session: Session, stem: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stem, self._session = stem, session
        self._gesture, self._folded = 0, False
        self.setAccessibleName(title)
        self.tile = StemTile(stem, 24, self)
        self.tile.setAccessibleName(title)
        self.title = Label(title, "title", elide=True, parent=self)
        self.fader = Fader(title, stem, self)
        self.meter = Meter(title, stem, parent=self)
        self.value = ValueBox(self.tr("{0}, level").format(title), show=signed, parent=self)
        self.peak = PeakReadout(self.meter, self)
        self.fader.began.connect(self._begin)
        self.fader.edited.connect(self._set_gain)
        self.value.entered.connect(self._type_gain)

    def show_gain(self, db: float) -> None:
        self.fader.set_amount(db)
        self.value.set_value(db)

    @abstractmethod
    def _set_gain(self, db: float) -> None:
        """Have the document take the level; one drag is one step."""

    def _begin(self) -> None:
        self._gesture += 1

    def _type_gain(self, db: float) -> None:
        self._begin()
        self.fader.edit(db)

    def set_folded(self, on: bool) -> None:
        """44 high, with the name only, or the whole of it."""
        self._folded = on
        self._arrange()
        self.updateGeometry()

    @abstractmethod
    def _width(self) -> int:
        """In pixels of the design."""

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width()), theme.scaled(FOLDED if self._folded else HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width()), theme.scaled(FOLDED))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def _arrange(self) -> None:
        """Put everything in its place."""
        u, height, width, left = theme.scaled, self.height(), theme.scaled(self._width()), self._margin()
        for widget in (self.fader, self.value, self.peak, self.meter):
            widget.setVisible(not self._folded)
        if self._folded:
            self.tile.move(left, (height + self._bar() - 24) // 2)
            self.title.setGeometry(left + 32, (height + self._bar() - u(18)) // 2, u(80), u(18))
            return
        self.tile.move(left, u(27) - 12)
        self.title.setGeometry(left + 32, u(18), width - 2 * left - 32 - u(20), u(18))
        long = height - u(50) - u(36)
        meter = self.meter.sizeHint().width()
        right = width - u(12)
        self.meter.setGeometry(right - meter, u(50), meter, long)
        fader = self.fader.sizeHint().width()
        self.fader.setGeometry(right - meter - u(2) - fader, u(50), fader, long)
        level, peak = self.value.sizeHint(), self.peak.sizeHint()
        self.value.setGeometry(left, height - u(31), level.width(), level.height())
        self.peak.setGeometry(right - peak.width(), height - u(31), peak.width(), peak.height())

    def _margin(self) -> int:
        return theme.scaled(12)

    def _bar(self) -> int:
        """Height of the bar at the top."""
        return 0
