"""One stem's channel strip: 170 wide, or 44 high when folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QColor, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.mixer.lamp import Lamp
from app.mixer.peak import PeakReadout
from app.widgets import paint
from app.widgets.fader import Fader, signed
from app.widgets.knob import Knob
from app.widgets.label import Label
from app.widgets.meter import Meter
from app.widgets.numbers import number
from app.widgets.stemtile import StemTile
from app.widgets.valuebox import ValueBox
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.mix.state import Strip

WIDTH, HEIGHT, FOLDED = 170, 228, 44
BAR = 5


def pan_words(pan: float) -> str:
    """ "C", "L18", "R40"."""
    part = round(abs(pan) * 100)
    return "C" if part == 0 else f"{'L' if pan < 0 else 'R'}{part}"


class StripView(QWidget):
    """focused(stem): the strip was clicked or entered; M and S then act on it."""

    focused = Signal(str)

    def __init__(self, session: Session, stem: str, number_key: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stem, self._session, self._key = stem, session, number_key
        self._gesture, self._folded = 0, False
        self._shown: Strip | None = None
        title = theme.stem_title(stem)
        self.setAccessibleName(title)
        self.tile = StemTile(stem, 24, self)
        self.title = Label(title, "title", parent=self)
        self.mute, self.solo = Lamp("mute", stem, self), Lamp("solo", stem, self)
        self.pan = Knob(self.tr("{0}, pan").format(title), -1, 1, 0, step=0.01, stem=stem, show=pan_words, parent=self)
        self._pan_caption = Label(self.tr("Pan"), "label", "text2", parent=self)
        self._pan_value = Label(pan_words(0), "label", "text2", parent=self)
        self.fader = Fader(title, stem, self)
        self.meter = Meter(title, stem, parent=self)
        self.value = ValueBox(self.tr("{0}, level").format(title), show=signed, parent=self)
        self.peak = PeakReadout(self.meter, self)
        for control in (self.fader, self.pan):
            control.began.connect(self._begin)
        self.fader.edited.connect(self._set_gain)
        self.value.entered.connect(self._type_gain)
        self.pan.edited.connect(self._set_pan)
        self.mute.switched.connect(self._set_mute)
        self.solo.switched.connect(self._set_solo)

    def show_strip(self, strip: Strip) -> None:
        """Show this state; the same one again costs nothing."""
        if strip is self._shown:
            return
        self._shown = strip
        self.fader.set_amount(strip.gain_db)
        self.value.set_value(strip.gain_db)
        self.pan.set_amount(strip.pan)
        self._pan_value.setText(pan_words(strip.pan))
        self.mute.set_on(strip.mute)
        self.solo.set_on(strip.solo)

    def set_folded(self, on: bool) -> None:
        self._folded = on
        for widget in self._tall():
            widget.setVisible(not on)
        self.updateGeometry()
        self._arrange()

    def _tall(self) -> tuple[QWidget, ...]:
        return (self.pan, self._pan_caption, self._pan_value, self.fader, self.meter, self.value, self.peak)

    def _begin(self) -> None:
        self._gesture += 1

    def _set_gain(self, db: float) -> None:
        self._session.document.apply(edits.set_gain, self.stem, db, merge=("gain", self.stem, self._gesture))

    def _type_gain(self, db: float) -> None:
        self._begin()
        self.fader.edit(db)

    def _set_pan(self, pan: float) -> None:
        self._session.document.apply(edits.set_pan, self.stem, pan, merge=("pan", self.stem, self._gesture))

    def _set_mute(self, on: bool, alone: bool) -> None:
        document = self._session.document
        if alone:
            for name in document.project.mix.names:
                if name != self.stem and document.project.mix.strip(name).mute:
                    document.apply(edits.set_mute, name, False, merge=("only", self.stem, self._gesture))
        document.apply(edits.set_mute, self.stem, on, merge=("only", self.stem, self._gesture) if alone else None)
        self._begin()

    def _set_solo(self, on: bool, alone: bool) -> None:
        self._session.document.apply(edits.set_solo, self.stem, on, alone)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED if self._folded else HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(WIDTH), theme.scaled(FOLDED))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        u, height = theme.scaled, self.height()
        if self._folded:
            middle = BAR + (height - BAR) // 2
            self.tile.move(u(12), middle - 12)
            self.title.setGeometry(u(12) + 30, middle - u(9), u(60), u(18))
            self.mute.setGeometry(u(104), middle - u(12), u(27), u(24))
            self.solo.setGeometry(u(135), middle - u(12), u(27), u(24))
            return
        self.tile.move(u(12), u(27) - 12)
        self.title.setGeometry(u(12) + 32, u(18), u(126) - 32 - u(16), u(18))
        self.mute.setGeometry(u(12), u(51), u(27), u(24))
        self.solo.setGeometry(u(43), u(51), u(27), u(24))
        self._pan_caption.setGeometry(u(12), u(86), u(56), u(16))
        self.pan.move(u(12), u(104))
        self._pan_value.setGeometry(u(12) + 34, u(104) + 6, u(36), u(16))
        long = height - u(50) - u(36)
        self.fader.setGeometry(u(72), u(50), u(54), long)
        self.meter.setGeometry(u(128), u(50), self.meter.sizeHint().width(), long)
        self.value.setGeometry(u(12), height - u(30), u(58), u(22))
        peak = self.peak.sizeHint()
        self.peak.setGeometry(u(158) - peak.width(), height - u(31), peak.width(), peak.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        style = theme.stem(self.stem)
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            painter.fillRect(area, theme.colour("panel"))
            bar = QRectF(0, 0, area.width() - 1, BAR)
            painter.fillRect(bar, style.colour)
            painter.fillRect(bar, theme.pattern(style.pattern, self.devicePixelRatioF()))
            if not theme.is_dark():
                painter.fillRect(QRectF(0, BAR - 1, bar.width(), 1), QColor(style.deep))
            painter.fillRect(QRectF(area.right() - 1, 0, 1, area.height()), theme.colour("line"))
            if not self._folded and 1 <= self._key <= 8:
                side = theme.scaled(16)
                cap = QRectF(theme.scaled(158) - side, theme.scaled(27) - side / 2, side, side)
                paint.rounded(painter, cap, 4, theme.colour("control"), theme.colour("line2"))
                paint.text(painter, cap, number(self._key, 0), "axis", theme.colour("text2"))
