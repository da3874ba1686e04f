"""A line or paragraph of text in a role and a token colour, which follow the theme and the text size."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from app import theme


class Label(QLabel):
    """role: a type role. colour: a text token; never a stem colour. elide: ends in … where room is short."""

    def __init__(
        self, text: str = "", role: str = "body", colour: str = "text", *, wrap: bool = False,
        elide: bool = False, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(text, parent)
        self._role, self._colour, self._elide = role, colour, elide
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

    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        if not self._elide or words == self.text():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            painter.setPen(theme.colour(self._colour))
            painter.drawText(self.rect(), int(self.alignment()), words)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), theme.scaled(24)), hint.height()) if self._elide else hint

    def _dress(self) -> None:
        self.setFont(theme.font(self._role))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.colour(self._colour))
        self.setPalette(palette)
