"""A card: a sentence that matters now, with what can be done about it as buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.iconline import KINDS, IconLine


class Card(QWidget):
    """Hidden until `say`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "info"
        self.line = IconLine()
        self.line.label.set_role("body")
        self.line.label.set_colour("text")
        self.buttons: list[Button] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        column.addWidget(self.line)
        column.addLayout(self._row)
        self.hide()

    @property
    def text(self) -> str:
        return self.line.text

    def say(self, kind: str, words: str, actions: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        """actions: words of a button, and what it does. No words: the card goes."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        self._kind = kind
        self.line.say(kind, words)
        self.setAccessibleName(words)
        for text, act in actions:
            button = Button(text, "outlined")
            button.clicked.connect(act)
            self._row.insertWidget(len(self.buttons), button)
            self.buttons.append(button)
        self.setVisible(bool(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme.colour(KINDS[self._kind][1] if self._kind in ("warn", "error") else "line")
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), 9, theme.colour("raised"), edge)
