"""A value one can type: number and unit on a well; Enter takes it, Esc leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed
from app.widgets.numbers import number, parse


class ValueBox(Ringed, QWidget):
    """entered(value): a number was typed. A click, Enter or a digit begins typing."""

    entered = Signal(float)

    def __init__(
        self,
        name: str,
        value: float = 0.0,
        unit: str = "dB",
        *,
        show: Callable[[float], str] = number,
        width: int = 56,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name, self._unit, self._show, self._width = name, unit, show, width
        self._value, self._editor, self._hovered = value, None, False  # type: float, QLineEdit | None, bool
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

    def _announce(self) -> None:
        self.setAccessibleName(f"{self.name}, {self._show(self._value)} {self._unit}".strip())

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._width), max(22, theme.scaled(22)))

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.begin()

    def begin(self, text: str | None = None) -> None:
        """Start typing, over the whole value or with a first key."""
        if self._editor is None:
            editor = QLineEdit(self)
            editor.setFont(theme.font("body_bold"))
            editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
            editor.setAccessibleName(self.name)
            editor.setStyleSheet("padding: 0px; min-height: 0px;")
            editor.setGeometry(self.rect())
            editor.returnPressed.connect(self._take)
            editor.editingFinished.connect(self._end)
            editor.installEventFilter(self)
            self._editor = editor
            editor.show()
        self._editor.setText(text or self._show(self._value))
        if text is None:
            self._editor.selectAll()
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._close()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False

    def _take(self) -> None:
        value = parse(self._editor.text()) if self._editor else None
        self._close()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if value is not None and value != self._value:
            self.entered.emit(value)

    def _end(self) -> None:
        if self._editor is not None and not self._editor.hasFocus():
            value = parse(self._editor.text())
            self._close()
            if value is not None and value != self._value:
                self.entered.emit(value)

    def _close(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.begin()
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
