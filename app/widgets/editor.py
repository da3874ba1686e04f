"""A line to type a value into, laid over the control that shows it; Enter takes it, Esc leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app import theme


class Editor(QLineEdit):
    """Open from the start, until Enter, Esc or another focus; then closed(), and taken(value) if it was a value.

    text: what stands in it. typed: the person's first key, in place of the whole text. A double click leaves it and
    is passed to `reset`.
    """

    taken = Signal(float)
    closed = Signal()

    def __init__(
        self,
        control: QWidget,
        name: str,
        text: str,
        read: Callable[[str], float | None],
        *,
        typed: str = "",
        reset: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(typed or text, control)
        self._control, self._read, self._reset, self._over = control, read, reset, False
        self.setFont(theme.font("body_bold"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName(name)
        self.setStyleSheet("padding: 0px; min-height: 0px;")
        self.setGeometry(control.rect())
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not typed:
            self.selectAll()

    def _leave(self, *, take: bool, back: bool = True) -> None:
        if self._over:
            return
        self._over = True
        value = self._read(self.text()) if take else None
        self.hide()
        self.deleteLater()
        self.closed.emit()
        if back:
            self._control.setFocus(Qt.FocusReason.OtherFocusReason)
        if value is not None:
            self.taken.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._leave(take=True)
        elif event.key() == Qt.Key.Key_Escape:
            self._leave(take=False)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._reset is None:
            super().mouseDoubleClickEvent(event)
        else:
            self._leave(take=False)
            self._reset()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its own menu
            self._leave(take=True, back=False)
