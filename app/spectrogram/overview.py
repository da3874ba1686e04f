"""The whole song at one glance, in stem-coloured bands, with a frame around what the spectrogram shows.

Height is the mixture's peak to the power 0.75, mirrored; a band is a stem's share of the RMS, vocals in the middle.
Drag the frame to move, its edges to zoom; a click elsewhere moves it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram import ticks
from app.spectrogram.pictures import Pictures
from app.spectrogram.playhead import Playhead
from app.spectrogram.viewport import GUTTER, Viewport, body_width
from app.widgets import numbers, paint

if TYPE_CHECKING:
    from app.session import Session

HEIGHT = 72
INNER = ("vocals", "other", "accompaniment", "harmonic", "piano", "guitar")  # from the middle outwards,
OUTER = ("bass", "drums", "percussive", "residual")  # then stems of any other name, then these
GRIP = 7  # pixels around an edge of the frame that take hold of it
DIM = 0.38
THROTTLE = 100  # ms between two pictures while the song is read


class Overview(QWidget):
    """72 high, or 44 where the window is low."""

    def __init__(
        self, session: Session, viewport: Viewport, playhead: Playhead, pictures: Pictures,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._view, self._playhead, self._pictures = session, viewport, playhead, pictures
        self._picture: QPixmap | None = None
        self._hold: tuple[str, float, float, float] | None = None  # what is dragged: part, x, start, end at the press
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Overview of the song"))
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(THROTTLE)
        self._due.timeout.connect(self._renew)
        for signal in (session.song_ready, session.stems_ready, session.state_changed, session.document.changed):
            signal.connect(lambda *_: self._due.isActive() or self._due.start())
        theme.signals.changed.connect(self._renew)
        viewport.changed.connect(self._moved)
        playhead.moved.connect(self._playhead_moved)
        self._moved()

    def place(self, seconds: float) -> float:
        """Where a time lies."""
        return GUTTER + seconds / self._view.total * body_width(self.width())

    def time(self, x: float) -> float:
        """The time at a place."""
        return (x - GUTTER) / body_width(self.width()) * self._view.total

    @property
    def frame(self) -> QRectF:
        """Around what the spectrogram shows."""
        left, right = self.place(self._view.start), self.place(self._view.end)
        return QRectF(left, 1, max(4.0, right - left), self.height() - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("panel"))
            body = QRectF(GUTTER, 0, body_width(self.width()), self.height())
            painter.fillRect(body, theme.colour("well"))
            name = QRectF(0, 0, GUTTER - 9, self.height())
            paint.text(painter, name, self.tr("Song"), "label", theme.colour("text2"), paint.RIGHT)
            if self._picture is None:
                self._picture = self._drawn(body)
            painter.drawPixmap(body.topLeft(), self._picture)
            frame = self.frame
            if not self._view.whole:
                shade = theme.colour("well")
                shade.setAlphaF(DIM)
                painter.fillRect(QRectF(body.left(), 0, frame.left() - body.left(), body.height()), shade)
                painter.fillRect(QRectF(frame.right(), 0, body.right() - frame.right(), body.height()), shade)
            self._paint_times(painter, body)
            loop = self._session.document.project.loop
            if loop is not None:
                left, right = self.place(loop[0]), self.place(loop[1])
                painter.fillRect(QRectF(left, 0, max(2.0, right - left), 3), theme.colour("accent"))
            ink = theme.colour("peak_line")
            painter.setPen(QPen(ink, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(0.75, 0, -0.75, 0), 4, 4)
            x = self.place(self._playhead.position)
            painter.fillRect(QRectF(x - 0.75, 2, 1.5, self.height() - 4), ink)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QPointF(x, 4), 3, 3)

    def _paint_times(self, painter: QPainter, body: QRectF) -> None:
        total = self._view.total
        step = ticks.step_for(total / body.width(), 100)
        line = theme.scaled(14)
        for seconds in ticks.times(0, total, step):
            x = self.place(seconds)
            words = ticks.label(seconds, step)
            painter.setFont(theme.font("axis"))
            width = painter.fontMetrics().horizontalAdvance(words)
            if x + 6 + width > body.right():
                break
            ground = theme.colour("well")
            ground.setAlphaF(0.7)
            place = QRectF(x + 2, self.height() - line - 2, width + 6, line)
            paint.rounded(painter, place, 3, ground)
            painter.fillRect(QRectF(x, self.height() - 5, 1, 5), theme.colour("text3"))
            paint.text(painter, place, words, "axis", theme.colour("text2"))

    def _drawn(self, body: QRectF) -> QPixmap:
        """Bands and the grey of what is not separated, at the screen's resolution."""
        import numpy as np

        ratio = self.devicePixelRatioF()
        result = QPixmap(max(1, round(body.width() * ratio)), max(1, round(body.height() * ratio)))
        result.setDevicePixelRatio(ratio)
        result.fill(Qt.GlobalColor.transparent)
        song, stems = self._pictures.overviews()
        if song is None or not song.bins_ready:
            return result
        columns = int(body.width())
        edges = np.linspace(0, self._view.total * self._rate() / song.bin_frames, columns + 1)
        first = np.minimum(edges[:-1].astype(int), song.bins - 1)
        peaks = np.maximum.reduceat(np.append(song.peaks, 0.0), first)[:columns]
        height = np.clip(peaks, 0, 1) ** 0.75 * (body.height() / 2 - 4)
        ready = int(np.searchsorted(first, song.bins_ready))
        names = sorted(stems, key=order)
        done = min((s.bins_ready for s in stems.values()), default=0)
        coloured = min(ready, int(np.searchsorted(first, done))) if names else 0
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = body.height() / 2
        if coloured > 1:
            power = [np.square(np.asarray(stems[n].rms)[:done], dtype=np.float64) for n in names]
            rms = np.sqrt([np.add.reduceat(p, np.minimum(first[:coloured], done - 1)) for p in power])
            share = rms / np.maximum(rms.sum(0), 1e-12)
            upto = np.cumsum(share, axis=0)
            for name, top in reversed(list(zip(names, upto * height[:coloured], strict=True))):
                style = theme.stem(name)
                shape = _mirrored(0, top.tolist(), middle)
                painter.setBrush(style.colour)
                painter.setPen(Qt.PenStyle.NoPen if theme.is_dark() else QPen(style.deep, 1))
                painter.drawPolygon(shape)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.pattern(style.pattern, ratio))
                painter.drawPolygon(shape)
        if ready - coloured > 1:
            at = max(0, coloured - 1)
            painter.setBrush(grey())
            painter.drawPolygon(_mirrored(at, height[at:ready].tolist(), middle))
        if coloured and self._session.state == "separating":
            painter.fillRect(QRectF(coloured - 1, 0, 2, body.height()), theme.colour("accent"))
        painter.end()
        return result

    def _rate(self) -> int:
        source = self._session.document.project.source
        return source.sample_rate if source else 44100

    def _renew(self) -> None:
        self._picture = None
        self.update()

    def _moved(self) -> None:
        view = self._view
        times = (numbers.clock(t, 0) for t in (view.start, view.end, view.total))
        self.setAccessibleDescription(self.tr("Shows {0} to {1} of {2}").format(*times))
        self.update()

    def _playhead_moved(self, before: float, now: float) -> None:
        for seconds in (before, now):
            self.update(int(self.place(seconds)) - 5, 0, 10, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._renew()

    def _part(self, x: float) -> str:
        """What of the frame is at a place: "start", "end", "frame", or "" outside."""
        frame = self.frame
        near = {"start": abs(x - frame.left()), "end": abs(x - frame.right())}
        part = min(near, key=lambda name: near[name])
        if near[part] <= GRIP:
            return part
        return "frame" if frame.left() < x < frame.right() else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, view = event.position().x(), self._view
        part = self._part(x)
        if not part:
            at = self.time(x)
            view.show_times(at - view.length / 2, at + view.length / 2)
            part = "frame"
        self._hold = (part, x, view.start, view.end)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._hold is None:
            edge = self._part(x) in ("start", "end")
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.ArrowCursor)
            return
        part, began, start, end = self._hold
        by = self.time(x) - self.time(began)
        if part == "frame":
            self._view.show_times(start + by, end + by)
        elif part == "start":
            self._view.show_times(max(0.0, min(start + by, end - 0.1)), end)
        else:
            self._view.show_times(start, min(self._view.total, max(end + by, start + 0.1)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hold = None


def order(name: str) -> tuple[int, str]:
    """From the middle outwards."""
    if name in INNER:
        return INNER.index(name), name
    return (100 + OUTER.index(name), name) if name in OUTER else (50, name)


def grey() -> QColor:
    """Of sound that is not separated."""
    return theme.colour("line2")


def _mirrored(x: int, heights: list[float], middle: float) -> QPolygonF:
    """Above and below the middle line, one height a pixel."""
    upper = [QPointF(x + k + 0.5, middle - h) for k, h in enumerate(heights)]
    lower = [QPointF(x + k + 0.5, middle + h) for k, h in enumerate(heights)]
    return QPolygonF(upper + lower[::-1])
