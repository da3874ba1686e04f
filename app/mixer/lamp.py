"""M, S and Ø: they add up, Alt- or Ctrl-click leaves only this M or S, dragging across the row sweeps."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed

ALONE = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier


class Lamp(Ringed, QPushButton):
    """27 by 24. switched(on, alone): the person wants this; `set_on` shows what is."""

    switched = Signal(bool, bool)

    def __init__(self, kind: Literal["mute", "solo", "invert"], stem: str, parent: QWidget | None = None) -> None:
        letters = {"mute": self.tr("M"), "solo": self.tr("S"), "invert": "Ø"}
        super().__init__(letters[kind], parent)
        self.kind, self.stem = kind, stem
        self._sweep: bool | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = theme.stem_title(stem)
        words, tip = {
            "mute": (self.tr("{0}, mute"), self.tr("Mute {0} (M). Ctrl- or Alt-click: only this one.")),
            "solo": (self.tr("{0}, solo"), self.tr("Solo {0} (S). Ctrl- or Alt-click: only this one.")),
            "invert": (self.tr("{0}, phase inverted"), self.tr("Phase of {0}: the sound upside down.")),
        }[kind]
        self.setAccessibleName(words.format(title))
        self.setToolTip(tip.format(title))
        self.clicked.connect(self._click)

    def set_on(self, on: bool) -> None:
        self.setChecked(on)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(27), theme.scaled(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _click(self, on: bool) -> None:
        alone = self._alone(QApplication.keyboardModifiers())
        self.switched.emit(on or alone, alone)

    def _alone(self, held: Qt.KeyboardModifier) -> bool:
        return self.kind != "invert" and bool(held & ALONE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._sweep = not self.isChecked()
            alone = self._alone(event.modifiers())
            self.switched.emit(self._sweep or alone, alone)
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._sweep is None:
            return
        window = self.window()
        under = window.childAt(self.mapTo(window, event.position().toPoint()))
        if isinstance(under, Lamp) and under.kind == self.kind and under.isChecked() != self._sweep:
            under.switched.emit(self._sweep, False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._sweep = None

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            ground, ink, edge = theme.colour("control"), theme.colour("text2"), None
            if self.isChecked() and self.kind == "invert":
                ground, ink, edge = theme.colour("soft"), theme.colour("accent"), theme.colour("accent")
            elif self.isChecked():
                ground, ink = theme.colour(self.kind), theme.colour("ink")
            elif self.underMouse():
                ground, ink = theme.varied(ground), theme.colour("text")
            paint.rounded(painter, area, 6, ground, edge)
            paint.text(painter, area, self.text(), "label_bold", ink)
