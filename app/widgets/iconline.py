"""A sentence with an icon before it: a state in colour and in words."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.label import Label

KINDS = {
    "ok": ("check", "ok"), "warn": ("triangle-alert", "warn"), "error": ("circle-alert", "danger"),
    "play": ("play", "ok"), "info": ("info", "accent"),
}  # fmt: skip


class IconLine(QWidget):
    """kind: ok, warn, error, play or info. Without words it is not there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "ok"
        self.label = Label("", "label", "text2", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 0, 0)
        row.addWidget(self.label)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.say("ok", "")

    @property
    def text(self) -> str:
        return self.label.text()

    def say(self, kind: str, words: str) -> None:
        self._kind = kind
        self.label.setText(words)
        self.setAccessibleName(words)
        self.setVisible(bool(words))
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(80, theme.scaled(16))

    def paintEvent(self, event: QPaintEvent) -> None:
        icon, token = KINDS[self._kind]
        with paint.painter(self) as painter:
            y = (min(self.height(), theme.scaled(16)) - 14) / 2
            paint.icon(painter, self, icon, theme.colour(token), 0, max(0.0, y), 14)
