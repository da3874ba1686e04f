"""M and S: they add up, Alt-click leaves only this one, dragging across the row sweeps."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed


class Lamp(Ringed, QPushButton):
    """27 by 24. switched(on, alone): the person wants this; `set_on` shows what is."""

    switched = Signal(bool, bool)

    def __init__(self, kind: Literal["mute", "solo"], stem: str, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("M") if kind == "mute" else self.tr("S"), parent)
        self.kind, self.stem = kind, stem
        self._sweep: bool | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = theme.stem_title(stem)
        words = self.tr("{0}, mute") if kind == "mute" else self.tr("{0}, solo")
        self.setAccessibleName(words.format(title))
        tip = self.tr("Mute {0} (M). Alt-click: only this one.")
        if kind == "solo":
            tip = self.tr("Solo {0} (S). Alt-click: only this one.")
        self.setToolTip(tip.format(title))
        self.clicked.connect(self._click)

    def set_on(self, on: bool) -> None:
        self.setChecked(on)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(27), theme.scaled(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _click(self, on: bool) -> None:
        alone = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)
        self.switched.emit(on or alone, alone)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._sweep = not self.isChecked()
            alone = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
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
            ground, ink = theme.colour("control"), theme.colour("text2")
            if self.isChecked():
                ground, ink = theme.colour(self.kind), theme.colour("ink")
            elif self.underMouse():
                ground, ink = theme.varied(ground), theme.colour("text")
            paint.rounded(painter, area, 6, ground)
            paint.text(painter, area, self.text(), "label_bold", ink)
