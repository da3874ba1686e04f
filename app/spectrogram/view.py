"""The song's spectrogram: log frequency, 32 Hz to 16 kHz, from the display pyramid; the playhead over it.

Grey before the separation, coloured by stems after it (`colours`); the picture of the visible columns is kept, so that
the moving playhead costs a copy. While the song is being read it fills from the left. Wheel scrolls, Ctrl+wheel zooms
at the pointer, a click seeks.
"""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app import theme

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project
    from separation.spectral.pyramid import Pyramid

GUTTER, MARGIN = 52, 8
LABELS = {50: "50", 100: "100", 200: "200", 500: "500", 1000: "1 k", 2000: "2 k", 5000: "5 k", 10000: "10 k"}
SHORTEST = 0.5  # seconds that can fill the view


class SpectrogramView(QWidget):
    """Shows the session's song from `start` to `end` seconds."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pyramids: dict[str, Pyramid] = {}
        self._image: QImage | None = None
        self._key: object = None
        self.start, self.end = 0.0, 1.0
        self.setMinimumHeight(180)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Spectrogram"))
        session.song_info.connect(lambda _source: self.fit())
        session.song_ready.connect(lambda _frames: self.update())
        session.stems_ready.connect(lambda _frames: self.update())
        session.state_changed.connect(self._forget)
        session.document.changed.connect(self._changed)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._follow)
        self._clock.start(33)
        self._shown = -1.0

    @property
    def total(self) -> float:
        """Length of the song, in seconds."""
        source = self._session.document.project.source
        return source.duration if source else 1.0

    def fit(self) -> None:
        """The whole song."""
        self._pyramids = {}
        self.start, self.end = 0.0, self.total
        self.update()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show `factor` times as many seconds, keeping the time `at` where it is."""
        at = (self.start + self.end) / 2 if at is None else at
        length = min(self.total, max(SHORTEST, (self.end - self.start) * factor))
        share = (at - self.start) / max(1e-9, self.end - self.start)
        self._move(at - share * length, length)

    def pan(self, seconds: float) -> None:
        """Scroll by that much."""
        self._move(self.start + seconds, self.end - self.start)

    def time_at(self, x: float) -> float:
        """The time under a horizontal place."""
        return self.start + (x - GUTTER) / max(1, self._width()) * (self.end - self.start)

    def _move(self, start: float, length: float) -> None:
        self.start = min(max(0.0, start), max(0.0, self.total - length))
        self.end = self.start + length
        self.update()

    def _width(self) -> int:
        return self.width() - GUTTER - MARGIN

    def _forget(self, state: str) -> None:
        if state in ("empty", "opened"):
            self._pyramids = {}
        self.update()

    def _changed(self, before: Project, after: Project) -> None:
        if before.loop is not after.loop or before.separation is not after.separation:
            self.update()

    def _follow(self) -> None:
        player = self._session.player
        if player is None or not self.isVisible():
            return
        position = player.position
        if position == self._shown:
            return
        self._shown = position
        if player.playing and not self.start <= position < self.end:
            self._move(position, self.end - self.start)
        self.update()

    def _open(self, name: str, path: Path) -> Pyramid | None:
        from separation.errors import InputError
        from separation.spectral.pyramid import Pyramid

        known = self._pyramids.get(name)
        if known is None or known.path != path:
            try:
                known = self._pyramids[name] = Pyramid(path)
            except InputError:  # not begun yet
                return None
        return known

    def _picture(self) -> QImage | None:
        """The visible part, at the pyramid's own resolution; kept until what it shows changes."""
        paths = dict(self._session.pyramid_paths())
        path = paths.pop("mixture", None)
        song = self._open("mixture", path) if path is not None else None
        if song is None:
            return None
        stems = {name: found for name, p in paths.items() if (found := self._open(name, p)) is not None}
        layout = song.layout
        step = layout.column_seconds(number := layout.level_for((self.end - self.start) / self._pixels()))
        first, last = int(self.start / step), min(layout.columns[number], ceil(self.end / step))
        key = (
            number, first, last, song.columns_ready, tuple((n, p.path, p.columns_ready) for n, p in stems.items()),
            theme.is_dark(),
        )  # fmt: skip
        if key != self._key and last > first:
            import numpy as np

            from app.spectrogram import colours
            from separation.spectral.scales import tilt

            def part(pyramid: Pyramid) -> np.ndarray:
                return pyramid.level(number)[first:last].T[::-1]

            top = song.top_db - tilt(layout.rows)[::-1, None]
            pixels = colours.paint(
                part(song), {name: part(p) for name, p in stems.items()}, top.astype(np.float32), dark=theme.is_dark()
            )
            rows, columns = pixels.shape
            self._image = QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
            self._key = key
        return self._image

    def _pixels(self) -> float:
        return max(1.0, self._width() * self.devicePixelRatioF())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg"))
        body = QRectF(GUTTER, 0, self._width(), self.height())
        painter.fillRect(body, theme.colour("well"))
        image = self._picture()
        if image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(body, image)
        self._paint_axis(painter)
        self._paint_times(painter, body)
        painter.end()

    def _paint_axis(self, painter: QPainter) -> None:
        from math import log2

        painter.setFont(theme.font("axis"))
        painter.setPen(theme.colour("text2"))
        for hz, text in LABELS.items():
            y = self.height() * (1 - log2(hz / 32) / log2(16000 / 32))
            painter.drawText(QRectF(0, y - 8, GUTTER - 8, 16), Qt.AlignmentFlag.AlignRight, text)

    def _paint_times(self, painter: QPainter, body: QRectF) -> None:
        def x(seconds: float) -> float:
            return GUTTER + (seconds - self.start) / max(1e-9, self.end - self.start) * body.width()

        painter.setClipRect(body)
        loop = self._session.document.project.loop
        if loop is not None:
            accent = theme.colour("accent")
            veil = QColor(accent)
            veil.setAlphaF(0.12)
            painter.fillRect(QRectF(QPointF(x(loop[0]), 0), QPointF(x(loop[1]), body.height())), veil)
            painter.fillRect(QRectF(QPointF(x(loop[0]), 0), QPointF(x(loop[1]), 3)), accent)
        player = self._session.player
        if player is not None:
            painter.fillRect(QRectF(x(player.position) - 0.75, 0, 1.5, body.height()), theme.colour("text"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._session.player is not None:
            self._session.player.seek(self.time_at(event.position().x()))
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(0.8 ** (turn / 120), self.time_at(event.position().x()))
        else:
            self.pan(-turn / 120 * 0.1 * (self.end - self.start))
        event.accept()
