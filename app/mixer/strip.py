"""One stem's channel strip: 170 wide, 132 where room is short, or 44 high when folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from app import theme
from app.mixer.channel import Channel
from app.mixer.lamp import Lamp
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.knob import Knob
from app.widgets.label import Label
from app.widgets.numbers import SPACE, number, parse
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.mix.state import Strip

WIDTH, NARROW = 170, 132
BAR = 5


def pan_words(pan: float) -> str:
    """ "C", "L18", "R40"."""
    part = round(abs(pan) * 100)
    return "C" if part == 0 else f"{'L' if pan < 0 else 'R'}{part}"


def read_pan(text: str) -> float | None:
    """What `pan_words` wrote, in any case, or per cent from −100 to 100; None if it is neither."""
    plain = text.strip().upper()
    if plain in ("C", ""):
        return 0.0 if plain else None
    part = parse(plain.lstrip("LR"))
    return None if part is None else (-part if plain.startswith("L") else part) / 100


def width_words(width: float) -> str:
    """In per cent, 100 as the song had it."""
    return f"{round(width * 100)}{SPACE}%"


def read_width(text: str) -> float | None:
    """Per cent from 0 to 200; None if it is none."""
    part = parse(text)
    return None if part is None else part / 100


class StripView(Channel):
    """M and S of the window act on the strip that has the focus; a click anywhere on a strip gives it that."""

    def __init__(self, session: Session, stem: str, number_key: int, parent: QWidget | None = None) -> None:
        title = theme.stem_title(stem)
        super().__init__(session, stem, title, parent)
        self._key, self._narrow, self._chosen = number_key, False, False
        self._shown: Strip | None = None
        self.mute, self.solo = Lamp("mute", stem, self), Lamp("solo", stem, self)
        self.invert = Lamp("invert", stem, self)
        self.pan = Knob(
            self.tr("{0}, pan").format(title), -1, 1, 0, step=0.01, stem=stem, show=pan_words, read=read_pan,
            parent=self,
        )  # fmt: skip
        self._pan_caption = Label(self.tr("Pan"), "label", "text2", parent=self)
        self._pan_value = Label(pan_words(0), "label", "text2", parent=self)
        self.width_knob = Knob(
            self.tr("{0}, width").format(title), 0, 2, 1, step=0.01, stem=stem, show=width_words, read=read_width,
            parent=self,
        )  # fmt: skip
        self._width_caption = Label(self.tr("Width"), "label", "text2", parent=self)
        self._width_value = Label("100", "label", "text2", parent=self)
        self._knobs = (
            self.pan, self._pan_caption, self._pan_value, self.width_knob, self._width_caption, self._width_value,
        )  # fmt: skip
        self.more = Button("", "plain", icon="ellipsis", height=24, parent=self)
        self.more.setAccessibleName(self.tr("{0}, more").format(title))
        self.more.clicked.connect(self._open_menu)
        self.more.hide()
        if 1 <= number_key <= 8:
            keys = self.tr("{0}: {1} on or off. Shift+{0}: solo.").format(number_key, title)
            self.title.setToolTip(keys)
            self.setToolTip(keys)
        self.pan.began.connect(self._begin)
        self.pan.edited.connect(self._set_pan)
        self.width_knob.began.connect(self._begin)
        self.width_knob.edited.connect(self._set_width)
        self.invert.switched.connect(self._set_invert)
        self.mute.switched.connect(self._set_mute)
        self.solo.switched.connect(self._set_solo)

    def show_strip(self, strip: Strip) -> None:
        """Show this state; the same one again costs nothing."""
        if strip is self._shown:
            return
        self._shown = strip
        self.show_gain(strip.gain_db)
        self.pan.set_amount(strip.pan)
        self._pan_value.setText(pan_words(strip.pan))
        self.width_knob.set_amount(strip.width)
        self._width_value.setText(str(round(strip.width * 100)))
        self.more.setToolTip(f"{self._pan_shown()}\n{self._width_shown()}")
        self.mute.set_on(strip.mute)
        self.solo.set_on(strip.solo)
        self.invert.set_on(strip.invert)

    def set_mono(self, mono: bool) -> None:
        """A song of one channel has no sides."""
        for widget in self._knobs:
            widget.setEnabled(not mono)
        words = self.tr("The song is mono: there is nothing to pan.")
        self.pan.setToolTip(words if mono else self.tr("Pan: drag up or down"))
        words = self.tr("The song is mono: it has no width.")
        self.width_knob.setToolTip(words if mono else self.tr("Width: drag up or down. 0 is mono, 100 as it was."))

    def set_narrow(self, on: bool) -> None:
        """132 wide, with pan and width in a menu."""
        if on != self._narrow:
            self._narrow = on
            self.meter.set_scale(not on)
            self.peak.set_short(on)
            self._arrange()
            self.updateGeometry()

    def set_chosen(self, on: bool) -> None:
        """Whether M and S act on this one: its number is lit."""
        if on != self._chosen:
            self._chosen = on
            self.update()

    def menu(self) -> QMenu:
        """What a narrow strip has no room for."""
        menu = QMenu(self)
        menu.addAction(self._pan_shown(), self.pan.type_value).setEnabled(self.pan.isEnabled())
        menu.addAction(self.tr("Pan to the centre"), self.pan.reset).setEnabled(self.pan.isEnabled())
        menu.addAction(self._width_shown(), self.width_knob.type_value).setEnabled(self.width_knob.isEnabled())
        menu.addAction(self.tr("Width as it was"), self.width_knob.reset).setEnabled(self.width_knob.isEnabled())
        phase = menu.addAction(self.tr("Phase inverted"))
        phase.setCheckable(True)
        phase.setChecked(self.invert.isChecked())
        phase.triggered.connect(self._set_invert)
        return menu

    def _pan_shown(self) -> str:
        return self.tr("Pan: {0}").format(self.pan.words(self.pan.amount))

    def _width_shown(self) -> str:
        return self.tr("Width: {0}").format(self.width_knob.words(self.width_knob.amount))

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.exec(self.more.mapToGlobal(QPoint(0, self.more.height())))
        menu.deleteLater()

    def _set_gain(self, db: float) -> None:
        self._session.document.apply(edits.set_gain, self.stem, db, merge=("gain", self.stem, self._gesture))

    def _set_pan(self, pan: float) -> None:
        self._session.document.apply(edits.set_pan, self.stem, pan, merge=("pan", self.stem, self._gesture))

    def _set_width(self, width: float) -> None:
        self._session.document.apply(edits.set_width, self.stem, width, merge=("width", self.stem, self._gesture))

    def _set_invert(self, on: bool, _alone: bool = False) -> None:
        self._session.document.apply(edits.set_invert, self.stem, on)

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.fader.setFocus()

    def _width(self) -> int:
        return NARROW if self._narrow and not self._folded else WIDTH

    def _bar(self) -> int:
        return BAR

    def _arrange(self) -> None:
        super()._arrange()
        u, height = theme.scaled, self.height()
        for widget in self._knobs:
            widget.setVisible(not self._folded and not self._narrow)
        self.more.setVisible(self._narrow and not self._folded)
        self.invert.setVisible(not self._folded)
        lamp = QSize(u(27), u(24))
        if self._folded:
            middle = BAR + (height - BAR) // 2
            self.title.resize(u(104) - self.title.x() - u(4), self.title.height())
            self.mute.setGeometry(u(104), middle - u(12), lamp.width(), lamp.height())
            self.solo.setGeometry(u(135), middle - u(12), lamp.width(), lamp.height())
            return
        self.mute.setGeometry(u(12), u(51), lamp.width(), lamp.height())
        if self._narrow:
            self.solo.setGeometry(u(12), u(79), lamp.width(), lamp.height())
            self.more.setGeometry(u(12), u(107), lamp.width(), lamp.height())
            self.invert.setGeometry(u(12), u(135), lamp.width(), lamp.height())
            return
        self.solo.setGeometry(u(43), u(51), lamp.width(), lamp.height())
        self.invert.setGeometry(u(43), u(79), lamp.width(), lamp.height())
        self._pan_caption.setGeometry(u(12), u(86), u(30), u(16))
        self._width_caption.setGeometry(u(12), u(140), u(56), u(16))
        for knob, value, top in ((self.pan, self._pan_value, 104), (self.width_knob, self._width_value, 158)):
            knob.move(u(12), u(top))
            value.setGeometry(u(12) + 31, u(top) + 14 - u(8), u(30), u(16))

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
                cap = QRectF(area.width() - theme.scaled(12) - side, theme.scaled(27) - side / 2, side, side)
                edge, ink = ("accent", "accent") if self._chosen else ("line2", "text2")
                paint.rounded(painter, cap, 4, theme.colour("control"), theme.colour(edge))
                paint.text(painter, cap, number(self._key, 0), "axis", theme.colour(ink))
