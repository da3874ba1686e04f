"""The song's spectrogram with its frequency axis: grey before the separation, coloured by stems after it.

The picture comes in tiles (`tiles`), painted a few milliseconds at a time; the scaled picture of the window is kept,
so that playhead and crosshair cost a copy. While the song is read it fills from the left; while it is separated, an
accent front moves right. Wheel scrolls time, Shift+wheel frequency, Ctrl zooms at the pointer; a click seeks; the
middle button, or the space bar held, drags the picture. Enter puts the pointer under the arrow keys.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram import axis, floating
from app.spectrogram.look import Look, Pointer
from app.spectrogram.pictures import Pictures
from app.spectrogram.playhead import Playhead
from app.spectrogram.viewport import GUTTER, MARGIN, Viewport
from app.widgets import numbers
from app.widgets.focus import KEYBOARD, hide_ring, show_ring

if TYPE_CHECKING:
    from app.session import Session
    from app.spectrogram.tiles import Tiles

STEP = 0.005  # seconds of painting tiles between two events
ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
NO, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip


class SpectrogramView(QWidget):
    """pointed(Pointer or None): what lies under the pointer now."""

    pointed = Signal(object)

    def __init__(
        self,
        session: Session,
        viewport: Viewport | None = None,
        playhead: Playhead | None = None,
        pictures: Pictures | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.viewport = viewport or Viewport(session.document, self)
        self.playhead = playhead or Playhead(session, self)
        self._pictures = pictures or Pictures(session)
        self._tiles: Tiles | None = None
        self._kept: tuple[object, QPixmap] | None = None  # the scaled picture, and what it shows
        self._version = 0  # of the tiles that are seen
        self.look = Look()
        self.pointer: QPointF | None = None
        self._by_keys = self._space = False
        self._drag: QPointF | None = None
        self._dragged = False
        self.front: float | None = None  # seconds up to which a separation under way has come
        self.setMinimumHeight(120)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Spectrogram"))
        self.setAccessibleDescription(self.tr("Press Enter, then move the pointer with the arrow keys"))
        self._worker = QTimer(self)
        self._worker.setSingleShot(True)
        self._worker.timeout.connect(self._work)
        session.song_ready.connect(lambda _frames: self.update())
        session.stems_ready.connect(lambda _frames: self.update())
        session.state_changed.connect(lambda _state: self.update())
        session.document.changed.connect(lambda *_: self._stems_changed())
        self.viewport.changed.connect(self._moved)
        self.playhead.moved.connect(self._playhead_moved)
        self._separation: object = None

    def fit(self) -> None:
        """The whole song."""
        self.viewport.fit()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show `factor` times as many seconds, keeping the time `at` where it is."""
        self.viewport.zoom(factor, at)

    def pan(self, seconds: float) -> None:
        """Scroll by that much."""
        self.viewport.pan(seconds)

    def time_at(self, x: float) -> float:
        """The time under a horizontal place."""
        return self.viewport.time(x, self.width())

    def set_look(self, look: Look) -> None:
        """Which stems have their colour."""
        if look != self.look:
            self.look = look
            self.update()

    @property
    def body(self) -> QRectF:
        """Where the picture lies."""
        return QRectF(GUTTER, 0, max(1, self.width() - GUTTER - MARGIN), self.height())

    @property
    def settled(self) -> bool:
        """Whether what is seen is painted at its full resolution and up to date."""
        return self._tiles is not None and self._want() and not self._tiles.pending

    def _level(self) -> tuple[int, int, int] | None:
        song, _ = self._pictures.pyramids()
        if song is None:
            return None
        pixels = max(1.0, self.body.width() * self.devicePixelRatioF())
        number = song.layout.level_for(self.viewport.length / pixels)
        step = song.layout.column_seconds(number)
        return number, int(self.viewport.start / step), ceil(self.viewport.end / step)

    def _want(self) -> bool:
        """Tell the tiles what is seen; whether there is anything."""
        level = self._level()
        song, stems = self._pictures.pyramids()
        if song is None or level is None:
            if self._tiles is not None:
                self._tiles.clear()
            return False
        if self._tiles is None:
            from app.spectrogram.tiles import Tiles

            self._tiles = Tiles()
        self._tiles.show(song, stems, self.look, theme.is_dark(), *level)
        columns = min((p.columns_ready for p in stems.values()), default=0)
        running = self._session.state == "separating"
        self.front = min(columns * song.layout.column_seconds(), self.viewport.total) if running else None
        return True

    def _work(self) -> None:
        """A few milliseconds of painting tiles."""
        if self._tiles is None or not self.isVisible() or not self._want():
            return
        if self._tiles.work(STEP):
            self._version += 1
            self.update()
        if self._tiles.pending:
            self._worker.start(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("panel"))
        body = self.body
        self._paint_picture(painter, body)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axis.draw(painter, self.viewport, self.height())
        painter.setClipRect(body)
        self._paint_front(painter, body)
        x = self.viewport.x(self.playhead.position, self.width())
        painter.fillRect(QRectF(x - 0.75, 0, 1.5, body.height()), theme.colour("peak_line"))
        if self.pointer is not None and self._drag is None:
            self._paint_pointer(painter, body)
        painter.end()

    def _paint_picture(self, painter: QPainter, body: QRectF) -> None:
        if not self._want():
            painter.fillRect(body, theme.colour("well"))
            return
        assert self._tiles is not None
        song, _ = self._pictures.pyramids()
        assert song is not None
        if self._tiles.missing and self._tiles.work(STEP):
            self._version += 1
        view, ratio = self.viewport, self.devicePixelRatioF()
        key = (
            view.start, view.end, view.low, view.high, self.size(), ratio, self._version, theme.is_dark(), self.look,
            song.path,
        )  # fmt: skip
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._scaled(body, ratio, self._level() or (0, 0, 1)))
        painter.drawPixmap(body.topLeft(), self._kept[1])
        if self._tiles.pending and not self._worker.isActive():
            self._worker.start(1)

    def _scaled(self, body: QRectF, ratio: float, level: tuple[int, int, int]) -> QPixmap:
        """The strip of tiles at the size of the window."""
        from separation.spectral.scales import row_of

        assert self._tiles is not None
        song, _ = self._pictures.pyramids()
        assert song is not None
        pixels, first = self._tiles.strip()
        rows, columns = pixels.shape
        image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        step = song.layout.column_seconds(level[0])
        view = self.viewport
        top, bottom = (rows - 0.5 - float(row_of(hz, rows)) for hz in (view.high, view.low))
        source = QRectF(view.start / step - first, top, view.length / step, bottom - top)
        result = QPixmap(max(1, round(body.width() * ratio)), max(1, round(body.height() * ratio)))
        result.setDevicePixelRatio(ratio)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, body.width(), body.height()), image, source)
        painter.end()
        return result

    def _paint_front(self, painter: QPainter, body: QRectF) -> None:
        if self.front is None or self.front >= self.viewport.total:
            return
        x = self.viewport.x(self.front, self.width())
        painter.fillRect(QRectF(x - 1, 0, 2, body.height()), theme.colour("accent"))
        done = [(self.tr("Stems ready up to {0}").format(numbers.clock(self.front, 0)), True)]
        coming = [(self.tr("Being separated"), True), (self.tr("plays the original mix"), False)]
        if self.front > 0 and x - body.left() > floating.size(done, "check").width() + 30:
            floating.draw(painter, self, QPointF(body.left() + 14, 14), done, "check", "#5CCB96")
        if body.right() - x > floating.size(coming, "clock").width() + 30:
            floating.draw(painter, self, QPointF(max(x, body.left()) + 14, 14), coming, "clock", "#9B8BFF")

    def _paint_pointer(self, painter: QPainter, body: QRectF) -> None:
        assert self.pointer is not None
        ink = theme.colour("peak_line")
        faint = QColor(ink)
        faint.setAlphaF(0.6)
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
        x, y = round(self.pointer.x()) + 0.5, round(self.pointer.y()) + 0.5
        painter.drawLine(QPointF(body.left(), y), QPointF(body.right(), y))
        painter.drawLine(QPointF(x, 0), QPointF(x, body.bottom()))
        painter.setPen(QPen(ink, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), 5, 5)
        found = self.at(self.pointer)
        if found is not None:
            parts = readout(found)
            floating.draw(painter, self, floating.beside(self.pointer, floating.size(parts), body), parts)

    def at(self, point: QPointF) -> Pointer | None:
        """What lies at a place of the picture, as it is shown at this zoom; None beside the song."""
        seconds, hertz = self.time_at(point.x()), self.viewport.frequency(point.y(), self.height())
        level = self._level()
        if level is None or not 0 <= seconds < self.viewport.total:
            return None
        return self._pictures.at(seconds, hertz, level[0])

    def _point(self, place: QPointF | None) -> None:
        if place is None and self.pointer is None:
            return
        self.pointer = place
        found = self.at(place) if place is not None else None
        if self._by_keys and found is not None:
            self.setAccessibleDescription(", ".join(text for text, _ in readout(found)))
        self.pointed.emit(found)
        self.update()

    def _moved(self) -> None:
        self.update()
        if self.pointer is not None:
            self.pointed.emit(self.at(self.pointer))

    def _stems_changed(self) -> None:
        separation = self._session.document.project.separation
        if separation is not self._separation:
            self._separation = separation
            self.update()

    def _playhead_moved(self, before: float, now: float) -> None:
        for seconds in (before, now):
            x = self.viewport.x(seconds, self.width())
            if -4 < x < self.width() + 4:
                self.update(int(x) - 3, 0, 6, self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place, button = event.position(), event.button()
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._drag, self._dragged = place, True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif button == Qt.MouseButton.LeftButton and self.body.contains(place):
            self.playhead.seek(min(max(0.0, self.time_at(place.x())), self.viewport.total))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place, view = event.position(), self.viewport
        if self._drag is not None:
            hertz = view.frequency(self._drag.y(), self.height()) / view.frequency(place.y(), self.height())
            seconds = self.time_at(self._drag.x()) - self.time_at(place.x())
            self._drag = place
            view.pan(seconds)
            view.show_frequencies(view.low * hertz, view.high * hertz)
        self._by_keys = False
        self._point(place if self.body.contains(place) else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._drag = None
            self._rest_cursor()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.pointer is not None and not self.body.contains(self.pointer):
            self._point(None)

    def leaveEvent(self, event: QEvent) -> None:
        if not self._by_keys:
            self._point(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        sideways = event.angleDelta().x() and not event.angleDelta().y() and not event.modifiers()
        view, place, held = self.viewport, event.position(), event.modifiers() & (CONTROL | SHIFT)
        if held == CONTROL | SHIFT:
            view.zoom_frequency(0.8 ** (turn / 120), view.frequency(place.y(), self.height()))
        elif held == CONTROL:
            view.zoom(0.8 ** (turn / 120), self.time_at(place.x()))
        elif held == SHIFT:
            view.pan_frequency(turn / 120 * 0.25)
        elif sideways or not event.pixelDelta().isNull():
            pixels = event.pixelDelta().x() or event.pixelDelta().y() or turn / 2
            view.pan(-pixels * view.length / self.body.width())
        else:
            view.pan(-turn / 120 * 0.1 * view.length)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Keys that are shortcuts of the window elsewhere are ours while they move the pointer or the picture."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = self._by_keys and (event.key() in ARROWS or event.key() == Qt.Key.Key_Escape)
            if mine or (event.key() == Qt.Key.Key_Space and self.underMouse() and not event.modifiers()):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, body = event.key(), self.body
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._by_keys = True
            self._point(self.pointer or body.center())
        elif self._by_keys and key in ARROWS:
            far = 1 if event.modifiers() & SHIFT else 8
            across, down = ARROWS[Qt.Key(key)]
            place = (self.pointer or body.center()) + QPointF(across * far, down * far)
            self._point(QPointF(min(max(body.left(), place.x()), body.right() - 1),
                                min(max(0.0, place.y()), body.bottom() - 1)))  # fmt: skip
        elif self._by_keys and key == Qt.Key.Key_Escape:
            self._by_keys = False
            self._point(None)
        elif key == Qt.Key.Key_Space and self.underMouse():
            if not event.isAutoRepeat():
                self._space, self._dragged = True, False
                self._rest_cursor()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._space and not event.isAutoRepeat():
            self._space = False
            self._rest_cursor()
            if not self._dragged and self._session.player is not None:
                self._session.player.toggle()
        else:
            super().keyReleaseEvent(event)

    def _rest_cursor(self) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in KEYBOARD:
            show_ring(self, 2)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        hide_ring(self)
        self._space = False
        if self._by_keys:
            self._by_keys = False
            self._point(None)


def readout(pointer: Pointer) -> list[floating.Part]:
    """ "854 Hz", "0:42.36", "−30.9 dB": what is main comes first."""
    hertz = pointer.hertz
    shown = f"{hertz:.0f}" if hertz < 1000 else f"{hertz / 1000:.2f}"
    unit = "Hz" if hertz < 1000 else "kHz"
    level = numbers.number(pointer.level_db)
    space = numbers.SPACE
    return [(f"{shown}{space}{unit}", True), (numbers.clock(pointer.seconds), True), (f"{level}{space}dB", False)]
