"""The view bar: what the colours show, which stems have theirs, the range of levels, zoom."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import theme
from app.spectrogram.look import Look, Mode
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.numbers import MINUS
from app.widgets.segmented import Segmented
from app.widgets.stemchip import StemChip

MODES: tuple[Mode, ...] = ("stems", "mix", "solo")
RANGE_DB = 72


class Ramp(QWidget):
    """From silence to full level, as the picture shows it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(84, 10))

    def paintEvent(self, event: QPaintEvent) -> None:
        from app.spectrogram import colours

        lightness, _ = colours.ramps(theme.is_dark())
        table = colours.table(theme.is_dark())
        grades = QLinearGradient(0, 0, self.width(), 0)
        for k in range(17):
            u = float(lightness[round(k / 16 * (len(lightness) - 1))])
            grades.setColorAt(k / 16, QColor.fromRgb(int(table[round(u * 63) * 1024 + 16 * 33])))
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), 3, None, theme.colour("line2"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(grades)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 2, 2)


class ViewBar(QWidget):
    """look_changed(Look); zoomed(factor); fitted()."""

    look_changed = Signal(object)
    zoomed = Signal(float)
    fitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = Look()
        self.chips: dict[str, StemChip] = {}
        self.mode = Segmented(
            [self.tr("Stems"), self.tr("Mix"), self.tr("Solo stem")], name=self.tr("Colours"), height=26
        )
        self.mode.chosen.connect(lambda index: self.set_mode(MODES[index]))
        self.legend = Label(self.tr("colour = who · brightness = level"), "label", "text2")
        self.quiet = Label(f"{MINUS}{RANGE_DB}", "label", "text2")
        self.ramp, self.loud = Ramp(), Label("0\u00a0dB", "label", "text2")
        self.out = Button("", "ghost", icon="minus")
        self.into = Button("", "ghost", icon="plus")
        self.fit = Button("", "ghost", icon="maximize")
        for button, name, keys in (
            (self.out, self.tr("Zoom out"), f"{MINUS}"),
            (self.into, self.tr("Zoom in"), "+"),
            (self.fit, self.tr("Whole song"), "0"),
        ):
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({keys})")
        self.out.clicked.connect(lambda: self.zoomed.emit(2.0))
        self.into.clicked.connect(lambda: self.zoomed.emit(0.5))
        self.fit.clicked.connect(self.fitted)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(6)
        row.addWidget(self.mode)
        row.addSpacing(12)
        self._place = row.count()  # where the chips go
        row.addSpacing(4)
        row.addWidget(self.legend)
        row.addStretch(1)
        for widget in (self.quiet, self.ramp, self.loud):
            row.addWidget(widget)
        row.addSpacing(8)
        for button in (self.out, self.into, self.fit):
            row.addWidget(button)
        self._fit_text()
        theme.signals.changed.connect(self._fit_text)
        self.set_stems(())

    def set_stems(self, names: tuple[str, ...]) -> None:
        """Chips for these stems; without any, there is nothing to colour."""
        if names != tuple(self.chips) or not names:
            for chip in self.chips.values():
                self._row.removeWidget(chip)
                chip.deleteLater()
            self.chips = {}
            for index, name in enumerate(names):
                chip = self.chips[name] = StemChip(name)
                chip.clicked.connect(lambda _on=False, n=name: self._clicked(n))
                self._row.insertWidget(self._place + index, chip)
            focus = self.look.focus if self.look.focus in names else next(iter(names), "")
            self._become(Look(self.look.mode if names else "stems", self.look.hidden & set(names), focus))
        self.mode.setEnabled(bool(names))
        self._make_room()

    def set_mode(self, mode: Mode) -> None:
        """Stems in their colours, all grey, or one before the others."""
        self._become(Look(mode, self.look.hidden, self.look.focus))

    def set_focus(self, stem: str) -> None:
        """The stem that "Solo stem" shows."""
        if stem in self.chips:
            self._become(Look(self.look.mode, self.look.hidden, stem))

    def _clicked(self, name: str) -> None:
        hidden = self.look.hidden if self.look.mode == "solo" else self.look.hidden ^ {name}
        self._become(Look(self.look.mode, hidden, name))

    def _become(self, look: Look) -> None:
        changed, self.look = look != self.look, look
        self.mode.set_index(MODES.index(look.mode))
        for name, chip in self.chips.items():
            solo = look.mode == "solo"
            chip.setChecked(name == look.focus if solo else name not in look.hidden)
            chip.setEnabled(look.mode != "mix")
            verb = self.tr("Show {0} before the others") if solo else self.tr("Colour of {0} on or off")
            chip.setToolTip(verb.format(theme.stem_title(name)))
        if changed:
            self.look_changed.emit(look)

    def _make_room(self) -> None:
        """What only explains goes first when the bar is narrow."""
        levels = (self.quiet, self.ramp, self.loud)
        fixed = self.mode.sizeHint().width() + sum(chip.sizeHint().width() + 6 for chip in self.chips.values())
        fixed += 3 * (self.fit.sizeHint().width() + 6) + 70
        ramp = sum(widget.sizeHint().width() + 6 for widget in levels) + 84
        words = self.legend.sizeHint().width() + 12
        for widget in levels:
            widget.setVisible(fixed + ramp <= self.width())
        self.legend.setVisible(bool(self.chips) and fixed + ramp + words <= self.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme.colour("panel"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_room()

    def _fit_text(self) -> None:
        self.setFixedHeight(theme.scaled(36))
        self._make_room()
