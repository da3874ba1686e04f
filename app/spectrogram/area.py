"""The song area of the studio: what of the song is seen, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.spectrogram.view import SpectrogramView

if TYPE_CHECKING:
    from app.session import Session


class SongArea(QWidget):
    """pointed(record or None): what lies under the pointer."""

    pointed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = SpectrogramView(session)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as many seconds."""
        self.view.zoom(factor)

    def fit(self) -> None:
        """Show the whole song."""
        self.view.fit()

    def pan(self, seconds: float) -> None:
        """Scroll by that much."""
        self.view.pan(seconds)
