"""Where the ear is: asks the player at the screen's pace and tells the parts of the song area when it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from app.session import Session

INTERVAL = 16  # ms


class Playhead(QObject):
    """moved(before, now), in seconds."""

    moved = Signal(float, float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.position = 0.0
        self._clock = QTimer(self)
        self._clock.setInterval(INTERVAL)
        self._clock.timeout.connect(self.look)

    def run(self, on: bool) -> None:
        """Ask, or rest while nobody sees it."""
        if on:
            self._clock.start()
        else:
            self._clock.stop()

    def seek(self, seconds: float) -> None:
        """Have the player go there, and tell at once."""
        player = self._session.player
        if player is not None:
            player.seek(seconds)
            self.look()

    def look(self) -> None:
        """Ask now."""
        player = self._session.player
        now = player.position if player is not None else 0.0
        if now != self.position:
            before, self.position = self.position, now
            self.moved.emit(before, now)
