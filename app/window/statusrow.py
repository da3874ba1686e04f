"""The status bar, 28 high: the proof that nothing is lost, device, song, what Undo undoes, whether it is saved."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import actions, theme
from app.dialogs.keycap import keys_width, paint_keys
from app.widgets import paint
from app.widgets.numbers import SPACE, clock, number
from separation.project.project import Project

HEIGHT = 28
EXACT_DB = -199.9  # digital silence: nothing at all is left
ROUNDING_DB = -130.0  # what sums of 32-bit floats leave, and no ear or 24-bit file can hold
ICON, GAP = 14, 6


class Fact(QWidget):
    """An icon, keys, words: one thing to know. clicked() where it can be."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon, self.keys, self.words, self.role, self.token = "", "", "", "label", "text2"
        self.rule = False  # a divider at the left
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def say(
        self, words: str, icon: str = "", *, keys: str = "", token: str = "text2", role: str = "label", tip: str = ""
    ) -> None:
        """Show this; nothing at all without words."""
        self.words, self.icon, self.keys, self.token, self.role = words, icon, keys, token, role
        self.setVisible(bool(words))
        self.setAccessibleName(words)
        self.setToolTip(tip)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        return self.words

    def sizeHint(self) -> QSize:
        width = QFontMetricsF(theme.font(self.role)).horizontalAdvance(self.words)
        width += (ICON + GAP if self.icon else 0) + (keys_width(self.keys) + GAP if self.keys else 0)
        return QSize(round(width + (24 if self.rule else 0)) + 2, theme.scaled(20))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = theme.colour(self.token)
        with paint.painter(self) as painter:
            x, middle = 0.0, self.height() / 2
            if self.rule:
                painter.fillRect(QRectF(11, middle - 8, 1, 16), theme.colour("line2"))
                x = 24.0
            if self.icon:
                paint.icon(painter, self, self.icon, ink, x, middle - ICON / 2, ICON)
                x += ICON + GAP
            if self.keys:
                width = keys_width(self.keys)
                paint_keys(painter, self.keys, x + width, middle)
                x += width + GAP
            paint.text(painter, QRectF(x, 0, self.width(), self.height()), self.words, self.role, ink, paint.LEFT)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class StatusRow(QWidget):
    """doubted(): the person asks why the sum is not exact. shortcuts_wanted()."""

    doubted = Signal()
    shortcuts_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Status"))
        self.sum, self.device, self.song = Fact(), Fact(), Fact()
        self.undo, self.saved, self.keys = Fact(), Fact(), Fact()
        self.device.rule = self.song.rule = self.saved.rule = True
        self.device.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(0)
        for fact in (self.sum, self.device, self.song):
            row.addWidget(fact)
        row.addStretch(1)
        for fact in (self.undo, self.saved, self.keys):
            row.addWidget(fact)
        self.sum.clicked.connect(self._sum_clicked)
        self.keys.clicked.connect(self.shortcuts_wanted)
        self.keys.setCursor(Qt.CursorShape.PointingHandCursor)
        self._exact = True
        theme.signals.changed.connect(self._resize)
        self._resize()

    def show_project(self, project: Project, phase: str, device: str) -> None:
        """The sum, the device and the song."""
        self._show_sum(project, phase)
        self.device.say(device, "cpu")
        source = project.source
        if source is None:
            self.song.say("")
            self.keys.say(self.tr("Keyboard shortcuts"), keys="?")
            return
        self.keys.say("")
        channels = {1: self.tr("mono"), 2: self.tr("stereo")}.get(
            source.channels, self.tr("{0} channels").format(source.channels)
        )
        rate = f"{source.sample_rate / 1000:g}{SPACE}kHz"
        self.song.say(f"{rate} · {channels} · {clock(source.duration, 0)}")

    def show_history(self, undo: str, saved: str) -> None:
        """What undo takes back, and whether what is here is on disk."""
        self.undo.say(undo, "undo-2" if undo else "", keys=actions.key_text("Ctrl+Z") if undo else "")
        self.saved.say(saved)

    def _show_sum(self, project: Project, phase: str) -> None:
        last, self._exact = project.separation, True
        if phase == "separating":
            self.sum.say(self.tr("mix − Σ stems: known at the end"), "clock")
        elif phase == "opening":
            self.sum.say(self.tr("Opening"), "clock")
        elif last is not None and last.residual_db <= ROUNDING_DB:
            bits = last.residual_db > EXACT_DB
            value = number(last.residual_db if bits else float("-inf"), 0)
            end = self.tr("exact to rounding") if bits else self.tr("exact")
            tip = self.tr(
                "Measured after the separation: the stems add up to the song. What is missing is the rounding of "
                "32-bit numbers; in 16 and 24-bit files they add up to the last bit."
            )
            words = f"mix − Σ stems = {value}{SPACE}dB · {end}"
            self.sum.say(words, "check", token="ok", role="label_bold", tip=tip)
        elif last is not None:
            self._exact = False
            words = f"mix − Σ stems = {number(last.residual_db, 0)}{SPACE}dB · {self.tr('not exact')}"
            tip = self.tr("Measured after the separation: the stems do not add up to the song. Click for more.")
            self.sum.say(words, "triangle-alert", token="warn", role="label_bold", tip=tip)
        elif project.source is not None:
            self.sum.say(self.tr("Not separated yet"), "circle")
        else:
            self.sum.say(self.tr("Ready"), "check", token="ok", role="label_bold")

    def _sum_clicked(self) -> None:
        if not self._exact:
            self.doubted.emit()

    def _resize(self) -> None:
        self.setFixedHeight(max(HEIGHT, theme.scaled(HEIGHT)))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("panel"))
            painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
