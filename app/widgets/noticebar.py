"""A line across the window: what happened, what to do about it as buttons, and a cross to put it away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.label import Label

ICONS = {"info": ("info", "accent"), "ok": ("check", "ok"), "warn": ("triangle-alert", "warn"),
         "error": ("circle-alert", "danger")}  # fmt: skip


class NoticeBar(QWidget):
    """Hidden until `show_notice`. closed(): it was put away."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "info"
        self._actions: list[Button] = []
        self._text = Label("", "body", wrap=True)
        self._close = Button("", "ghost", icon="x", height=24)
        self._close.setAccessibleName(self.tr("Close the notice"))
        self._close.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(38, 6, 8, 6)
        self._row.setSpacing(8)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._close)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def show_notice(self, kind: str, text: str, actions: list[tuple[str, Callable[[], object]]] | None = None) -> None:
        """kind: info, ok, warn or error. actions: words of a button, and what it does."""
        for button in self._actions:
            self._row.removeWidget(button)
            button.deleteLater()
        self._actions = []
        self._kind = kind if kind in ICONS else "info"
        self._text.setText(text)
        self.setAccessibleName(text)
        for words, act in actions or []:
            button = Button(words, "outlined", height=24)
            button.clicked.connect(act)
            button.clicked.connect(self.dismiss)
            self._row.insertWidget(self._row.count() - 1, button)
            self._actions.append(button)
        self.show()
        self.update()

    def dismiss(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        icon, token = ICONS[self._kind]
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            painter.fillRect(area, theme.colour("raised"))
            painter.fillRect(QRectF(0, 0, 3, area.height()), theme.colour(token))
            painter.fillRect(QRectF(0, area.height() - 1, area.width(), 1), theme.colour("line"))
            paint.icon(painter, self, icon, theme.colour(token), 14, (area.height() - 16) / 2)
