"""A value one can type: number and unit on a well; Enter takes it, Esc leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.editor import Editor
from app.widgets.focus import Ringed
from app.widgets.numbers import number, parse


class ValueBox(Ringed, QWidget):
    """entered(value): a number was typed, or the default asked for. A click, Enter or a digit begins typing."""

    entered = Signal(float)

    def __init__(
        self,
        name: str,
        value: float = 0.0,
        unit: str = "dB",
        *,
        default: float = 0.0,
        show: Callable[[float], str] = number,
        width: int = 56,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name, self._unit, self._default, self._show, self._width = name, unit, default, show, width
        self._value, self._hovered = value, False
        self.editor: Editor | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._announce()

    @property
    def value(self) -> float:
        return self._value

    def set_value(self, value: float) -> None:
        if value != self._value:
            self._value = value
            self._announce()
            self.update()

    def reset(self) -> None:
        """The default, as if it had been typed."""
        self._enter(self._default)

    def _announce(self) -> None:
        self.setAccessibleName(f"{self.name}, {self._show(self._value)} {self._unit}".strip())

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width), max(24, theme.scaled(24)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            edge = theme.colour("text3" if self._hovered else "line" if theme.is_dark() else "line2")
            paint.rounded(painter, area, 6, theme.colour("well"), edge)
            digits = self._show(self._value)
            width = QFontMetricsF(theme.font("body_bold")).horizontalAdvance(digits)
            unit = QFontMetricsF(theme.font("body")).horizontalAdvance(self._unit)
            gap = 4 if self._unit else 0
            x = (area.width() - width - gap - unit) / 2
            left = paint.LEFT
            paint.text(painter, QRectF(x, 0, width + 2, area.height()), digits, "body_bold", theme.colour("text"), left)
            place = QRectF(x + width + gap, 0, unit + 2, area.height())
            paint.text(painter, place, self._unit, "body", theme.colour("text2"), left)

    def begin(self, typed: str = "") -> None:
        """Start typing, over the whole value or with a first key."""
        if self.editor is None:
            self.editor = Editor(self, self.name, self._show(self._value), parse, typed=typed, reset=self.reset)
            self.editor.taken.connect(self._enter)
            self.editor.closed.connect(self._forget)

    def _forget(self) -> None:
        self.editor = None

    def _enter(self, value: float) -> None:
        if value != self._value:
            self.entered.emit(value)

    def menu(self) -> QMenu:
        """Default, and a value to type."""
        menu = QMenu(self)
        default = f"{self._show(self._default)} {self._unit}".strip()
        menu.addAction(self.tr("Reset to {0}").format(default), self.reset)
        menu.addAction(self.tr("Type a value"), self.begin)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.begin()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset()
        elif typed and typed in "0123456789-+−." and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.begin(typed)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()
