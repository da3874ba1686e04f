"""The master strip: fader, meter, and how loud the whole is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.mixer.peak import PeakReadout
from app.mixer.strip import FOLDED, HEIGHT
from app.widgets import paint
from app.widgets.fader import Fader, signed
from app.widgets.label import Label
from app.widgets.meter import Meter
from app.widgets.numbers import level
from app.widgets.stemtile import StemTile
from app.widgets.valuebox import ValueBox
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session

WIDTH = 203


class MasterView(QWidget):
    """Always at the right end; there before stems are."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._gesture, self._folded = session, 0, False
        self._integrated = self._short_term = level(float("-inf"))
        title = self.tr("Master")
        self.setAccessibleName(title)
        self.tile = StemTile("master", 24, self)
        self.tile.setAccessibleName(title)
        self.title = Label(title, "title", parent=self)
        self.fader = Fader(title, "master", self)
        self.meter = Meter(title, "master", parent=self)
        self.value = ValueBox(self.tr("{0}, level").format(title), show=signed, parent=self)
        self.peak = PeakReadout(self.meter, self)
        self.fader.began.connect(self._begin)
        self.fader.edited.connect(self._set_gain)
        self.value.entered.connect(self._type_gain)

    def show_gain(self, db: float) -> None:
        self.fader.set_amount(db)
        self.value.set_value(db)

    def show_loudness(self, levels: Mapping[str, float]) -> None:
        """Integrated and short-term LUFS."""
        integrated = level(float(levels.get("integrated", float("-inf"))))
        short_term = level(float(levels.get("short_term", float("-inf"))))
        if (integrated, short_term) != (self._integrated, self._short_term):
            self._integrated, self._short_term = integrated, short_term
            self.update()

    @property
    def integrated_text(self) -> str:
        return self._integrated

    def _begin(self) -> None:
        self._gesture += 1

    def _set_gain(self, db: float) -> None:
        self._session.document.apply(edits.set_master, db, merge=("master", self._gesture))

    def _type_gain(self, db: float) -> None:
        self._begin()
        self.fader.edit(db)

    def set_folded(self, on: bool) -> None:
        self._folded = on
        for widget in (self.fader, self.value, self.peak, self.meter):
            widget.setVisible(not on)
        self.updateGeometry()
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED if self._folded else HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        u, height = theme.scaled, self.height()
        if self._folded:
            self.tile.move(u(14), (height - 24) // 2)
            self.title.setGeometry(u(14) + 32, (height - u(18)) // 2, u(80), u(18))
            return
        self.tile.move(u(14), u(27) - 12)
        self.title.setGeometry(u(14) + 32, u(18), u(120), u(18))
        long = height - u(50) - u(36)
        self.fader.setGeometry(u(100), u(50), u(54), long)
        self.meter.setGeometry(u(157), u(50), self.meter.sizeHint().width(), long)
        self.value.setGeometry(u(14), height - u(30), u(58), u(22))
        peak = self.peak.sizeHint()
        self.peak.setGeometry(u(191) - peak.width(), height - u(31), peak.width(), peak.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            painter.fillRect(area, theme.colour("raised"))
            painter.fillRect(QRectF(0, 0, 1, area.height()), theme.colour("line"))
            if self._folded:
                return
            u = theme.scaled
            for top, caption, value in (
                (54, self.tr("Integrated"), self._integrated),
                (94, self.tr("Short term"), self._short_term),
            ):
                line = QRectF(u(14), u(top), u(86), u(16))
                paint.text(painter, line, caption, "label", theme.colour("text2"), paint.LEFT)
                line.translate(0, u(16))
                paint.text(painter, line, value, "body_bold", theme.colour("text"), paint.LEFT)
                line.translate(QFontMetricsF(theme.font("body_bold")).horizontalAdvance(value) + 4, 0)
                paint.text(painter, line, "LUFS", "label", theme.colour("text3"), paint.LEFT)
