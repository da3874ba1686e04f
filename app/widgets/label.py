"""A line or paragraph of text in a role and a token colour, which follow the theme and the text size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QWidget

from app import theme


class Label(QLabel):
    """role: a type role. colour: a text token; never a stem colour."""

    def __init__(
        self, text: str = "", role: str = "body", colour: str = "text", *, wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text, parent)
        self._role, self._colour = role, colour
        self.setWordWrap(wrap)
        self.setTextFormat(Qt.TextFormat.PlainText)
        theme.signals.changed.connect(self._dress)
        self._dress()

    def set_colour(self, colour: str) -> None:
        if colour != self._colour:
            self._colour = colour
            self._dress()

    def set_role(self, role: str) -> None:
        if role != self._role:
            self._role = role
            self._dress()

    def _dress(self) -> None:
        self.setFont(theme.font(self._role))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.colour(self._colour))
        self.setPalette(palette)
