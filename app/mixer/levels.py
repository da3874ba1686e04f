"""One reading of the player for everyone who shows levels or the position: asking empties what was gathered.

The feed hangs on the session, so that mixer and transport share it and show the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.session import Session

PLAYING, WAITING = 33, 120  # milliseconds between readings
FALLING = 8.0  # seconds until every meter has come to rest
SILENT = (0.0, 0.0)


class LevelFeed(QObject):
    """read(levels, seconds since the last reading), 30 times a second while it plays and someone looks.

    moved(seconds): the position, whenever it is another one. playing_changed(bool).
    """

    read = Signal(object, float)
    moved = Signal(float)
    playing_changed = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.setObjectName("level feed")
        self._session = session
        self._watchers: list[QWidget] = []
        self._clock = QElapsedTimer()
        self._rest = 0.0
        self._position, self._playing = -1.0, False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def watch(self, widget: QWidget) -> None:
        """Read for this widget while it can be seen."""
        self._watchers.append(widget)
        widget.destroyed.connect(self._forget)
        self._timer.start(WAITING)

    def _forget(self, widget: QObject) -> None:
        self._watchers = [w for w in self._watchers if w is not widget]
        if not self._watchers:
            self._timer.stop()

    @property
    def position(self) -> float:
        player = self._session.player
        return player.position if player is not None else 0.0

    def _tick(self) -> None:
        player = self._session.player
        if player is None or not any(widget.isVisible() for widget in self._watchers):
            return
        self.look()
        seconds = self._clock.restart() / 1000 if self._clock.isValid() else 0.0
        if not self._clock.isValid():
            self._clock.start()
        self._rest = 0.0 if self._playing else self._rest + seconds
        if self._rest < FALLING:
            self._timer.setInterval(PLAYING)
            self.read.emit(player.levels(), min(seconds, 1.0))
        else:
            self._timer.setInterval(WAITING)

    def look(self) -> None:
        """See at once whether it plays and where, after a command."""
        player = self._session.player
        if player is None:
            return
        playing = bool(player.playing)
        if playing != self._playing:
            self._playing = playing
            self._timer.setInterval(PLAYING)
            self.playing_changed.emit(playing)
        position = player.position
        if position != self._position:
            self._position = position
            self.moved.emit(position)


def feed_of(session: Session) -> LevelFeed:
    """The session's one feed."""
    found = session.findChild(LevelFeed, "level feed")
    return found if isinstance(found, LevelFeed) else LevelFeed(session)
