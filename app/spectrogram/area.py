"""The song area of the studio: overview, view bar, time ruler and spectrogram, which look at one window of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.spectrogram.bar import ViewBar
from app.spectrogram.overview import HEIGHT, Overview
from app.spectrogram.pictures import Pictures
from app.spectrogram.playhead import Playhead
from app.spectrogram.ruler import Ruler
from app.spectrogram.view import SpectrogramView
from app.spectrogram.viewport import Viewport

if TYPE_CHECKING:
    from app.session import Session

LOW = 44  # the overview's height in a low window
ENOUGH = 400  # height of the area at which the overview has its own


class SongArea(QWidget):
    """pointed(Pointer or None): what lies under the pointer."""

    pointed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        pictures = Pictures(session)
        self.viewport, self.playhead = Viewport(session.document, self), Playhead(session, self)
        self.overview = Overview(session, self.viewport, self.playhead, pictures)
        self.bar = ViewBar()
        self.ruler = Ruler(session, self.viewport, self.playhead)
        self.view = SpectrogramView(session, self.viewport, self.playhead, pictures)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)  # the dividers
        for part in (self.overview, self.bar, self.ruler):
            column.addWidget(part)
        column.addWidget(self.view, 1)
        self.view.pointed.connect(self.pointed)
        self.bar.look_changed.connect(self.view.set_look)
        self.bar.zoomed.connect(self.zoom)
        self.bar.fitted.connect(self.fit)
        self.playhead.moved.connect(self.viewport.follow)
        for signal in (session.state_changed, session.stems_ready, session.document.changed):
            signal.connect(lambda *_: self._show_stems())
        self._show_stems()

    def zoom(self, factor: float) -> None:
        """Show `factor` times as many seconds."""
        self.viewport.zoom(factor)

    def fit(self) -> None:
        """Show the whole song."""
        self.viewport.fit()

    def pan(self, seconds: float) -> None:
        """Scroll by that much."""
        self.viewport.pan(seconds)

    def _show_stems(self) -> None:
        names = tuple(name for name in self._session.pyramid_paths() if name != "mixture")
        if names != tuple(self.bar.chips):
            self.bar.set_stems(names)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme.colour("line"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.overview.setFixedHeight(HEIGHT if self.height() >= ENOUGH else LOW)

    def showEvent(self, event: QShowEvent) -> None:
        self.playhead.run(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.playhead.run(False)
