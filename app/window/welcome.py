"""Nothing open yet: a place to drop a song, the demo, what was open lately, and what one can do here."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.focus import Ringed
from app.widgets.label import Label
from app.widgets.stemtile import paint_tile
from app.window.recent import RecentList

STRANDS = ("vocals", "drums", "bass", "other")
CARD = 176


class DropArea(QWidget):
    """The dashed place with the braid, the headline and the two buttons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open = Button(self.tr("Open a song"), "filled", icon="folder", shortcut=self.tr("Ctrl O"), height=44)
        self.demo = Button(self.tr("Try the demo song"), "outlined", icon="play", height=44)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        centre = Qt.AlignmentFlag.AlignHCenter
        kinds = self.tr("WAV, FLAC, MP3, M4A, OGG, Opus or a video. Any length. It never leaves this computer.")
        below = Label(kinds, "body", "text2", wrap=True)
        below.setAlignment(centre)
        self.headline = headline = Label(self.tr("Drop a song to take it apart"), "headline", wrap=True)
        headline.setAlignment(centre)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.addStretch(7)
        column.addWidget(headline)
        column.addSpacing(4)
        column.addWidget(below)
        column.addSpacing(18)
        column.addLayout(buttons)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.setBrush(theme.colour("panel"))
            painter.setPen(QPen(theme.colour("line2"), 1.5, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(area, 16, 16)
            top = 0.07 * area.height()
            height = max(0.0, self.headline.y() - top - 0.04 * area.height())
            band = QRectF(2, top, area.width() - 2, height)
            painter.setClipRect(band)
            _braid(painter, band)
            for x, inner in ((band.left(), 1), (band.right(), -1)):
                fade = QLinearGradient(x, 0, x + inner * 90, 0)
                clear = theme.colour("panel")
                clear.setAlpha(0)
                fade.setColorAt(0, theme.colour("panel"))
                fade.setColorAt(1, clear)
                painter.fillRect(QRectF(x if inner > 0 else x - 90, top, 90, height), fade)


class Way(Ringed, QPushButton):
    """A card: a picture of what one can do, its name, a sentence."""

    ring_radius = 12

    def __init__(self, title: str, text: str, faders: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._text, self._faders = title, text, faders
        self.setAccessibleName(f"{title}: {text}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(300, theme.scaled(CARD))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            ground = theme.colour("panel")
            edge = theme.colour("line2" if self.underMouse() else "line")
            paint.rounded(painter, area, 12, theme.varied(ground) if self.underMouse() else ground, edge)
            foot = float(theme.scaled(66))
            picture = QRectF(1, 1, area.width() - 2, area.height() - foot - 1)
            paint.rounded(painter, picture, 11, theme.colour("well"))
            painter.fillRect(picture.adjusted(0, 12, 0, 0), theme.colour("well"))
            (_faders if self._faders else _lines)(painter, self, picture.adjusted(18, 12, -18, -12))
            line = float(theme.scaled(20))
            top = QRectF(18, picture.bottom() + 11, area.width() - 60, line)
            paint.text(painter, top, self._title, "title", theme.colour("text"), paint.LEFT)
            below = top.translated(0, line)
            paint.text(painter, below, self._text, "body", theme.colour("text2"), paint.LEFT)
            ink = theme.colour("text2")
            paint.icon(painter, self, "chevron-right", ink, area.right() - 34, picture.bottom() + foot / 2 - 8)


class Welcome(QWidget):
    """open_wanted(), demo_wanted(), recent_wanted(path)."""

    open_wanted = Signal()
    demo_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Welcome"))
        self.area, self.recent = DropArea(), RecentList()
        self.open, self.demo = self.area.open, self.area.demo
        self.open.clicked.connect(self.open_wanted)
        self.demo.clicked.connect(self.demo_wanted)
        self.recent.opened.connect(self.recent_wanted)
        self.ways = [
            Way(
                self.tr("Karaoke and practice"),
                self.tr("Mute the voice or your instrument, loop the hard bars."),
                False,
            ),
            Way(self.tr("Remix"), self.tr("A fader for every stem; together they are the song again."), True),
        ]
        cards = QHBoxLayout()
        cards.setSpacing(24)
        for way in self.ways:
            way.clicked.connect(self.demo_wanted)
            way.setToolTip(self.tr("Opens the demo song"))
            cards.addWidget(way, 1)
        top = QHBoxLayout()
        top.setSpacing(24)
        top.addWidget(self.area, 7)
        top.addWidget(self.recent, 4)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(64, 48, 64, 48)
        self._column.setSpacing(28)
        self._column.addLayout(top, 1)
        self._column.addLayout(cards)

    def show_recent(self) -> None:
        """What was open lately, as it is now."""
        self.recent.show_recent()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("bg"))


def _lines(painter: QPainter, widget: QWidget, area: QRectF) -> None:
    """Four stems as rows of bars, the first one muted."""
    step = area.height() / len(STRANDS)
    for j, name in enumerate(STRANDS):
        y = area.top() + (j + 0.5) * step
        paint_tile(painter, widget, name, area.left(), y - 9, 18)
        colour = theme.fill(name) if j else theme.colour("text3")
        right = area.right() - 40
        count = int((right - area.left() - 34) // 5)
        for k in range(count):
            loud = abs(math.sin(0.37 * k + 2 * j) * math.sin(0.061 * k * (j + 1) + j)) * abs(math.sin(2.3 * k + j))
            half = max(0.75, 0.46 * step * loud)
            painter.fillRect(QRectF(area.left() + 34 + 5 * k, y - half, 2.5, 2 * half), colour)
        lamp = QRectF(area.right() - 24, y - 9, 24, 18)
        paint.rounded(painter, lamp, 5, theme.colour("control" if j else "mute"))
        paint.text(painter, lamp, "M", "label_bold", theme.colour("text2" if j else "ink"))


def _faders(painter: QPainter, widget: QWidget, area: QRectF) -> None:
    """Four faders at different heights."""
    step = area.width() / len(STRANDS)
    for j, (name, level) in enumerate(zip(STRANDS, (0.78, 0.55, 0.66, 0.34), strict=True)):
        x = area.left() + (j + 0.5) * step
        paint_tile(painter, widget, name, x - 40, area.center().y() - 9, 18)
        paint.rounded(painter, QRectF(x - 2, area.top(), 4, area.height()), 2, theme.colour("control2"))
        y = area.bottom() - level * area.height()
        paint.rounded(painter, QRectF(x - 2, y, 4, area.bottom() - y), 2, theme.fill(name))
        paint.rounded(painter, QRectF(x - 13, y - 8, 26, 16), 4, theme.colour("cap"), theme.colour("cap_edge"))
        painter.fillRect(QRectF(x - 9, y - 1, 18, 2), theme.fill(name))
        paint.rounded(painter, QRectF(x + 24, area.top(), 7, area.height()), 2, theme.colour("control"))
        high = area.height() * level * 0.9
        paint.rounded(painter, QRectF(x + 24, area.bottom() - high, 7, high), 2, theme.fill(name))


def _braid(painter: QPainter, area: QRectF) -> None:
    """Four strands that are one braid at the left and four lines at the right, swelling like sound."""
    height, steps = min(area.height(), 260.0), 360
    strands = [_strand(j, area, height, steps) for j in range(len(STRANDS))]
    for over in (False, True):
        for name, (points, fronts) in zip(STRANDS, strands, strict=True):
            first = 0
            for k in range(1, steps + 2):
                if k > steps or fronts[k] != fronts[first]:
                    if fronts[first] == over:  # a little longer at both ends, so that the pieces meet
                        _ribbon(painter, points[max(0, first - 3) : k + 3], theme.stem(name).colour)
                    first = k


def _strand(j: int, area: QRectF, height: float, steps: int) -> tuple[list[tuple[QPointF, float]], list[bool]]:
    """The course of one strand: places and half widths, and where it lies over the others."""
    points, fronts = [], []
    for k in range(steps + 1):
        u = k / steps
        free = min(1.0, max(0.0, (u - 0.38) / 0.27))
        free = free * free * (3 - 2 * free)
        phase = 2 * math.pi * (2.6 * u + j / 4)
        y = (1 - free) * 0.19 * math.sin(phase) + free * (j - 1.5) * 0.26
        swell = 1 + free**4 * (_loudness(u, j) - 0.75) if free else 1.0
        points.append((QPointF(area.left() + u * area.width(), area.center().y() + y * height), 0.036 * height * swell))
        fronts.append(math.cos(phase) > 0 or free > 0.5)
    return points, fronts


def _loudness(u: float, strand: int) -> float:
    """How loud a strand is at u: phrases with rests between them, from 0.1 to about 2."""
    phrase = max(0.0, math.sin((15 + 3.1 * strand) * u + 1.9 * strand)) ** 0.6
    return 0.1 + 2.0 * phrase * (0.72 + 0.28 * math.sin((160 + 23 * strand) * u) * math.sin(57 * u + strand))


def _ribbon(painter: QPainter, run: list[tuple[QPointF, float]], colour: QColor) -> None:
    """A strand as one shape, so that no seams show."""
    if len(run) < 2:
        return
    upper, lower = [], []
    for k, (point, half) in enumerate(run):
        before, after = run[max(0, k - 1)][0], run[min(len(run) - 1, k + 1)][0]
        along = after - before
        length = math.hypot(along.x(), along.y()) or 1.0
        normal = QPointF(-along.y() / length, along.x() / length) * half
        upper.append(point - normal)
        lower.append(point + normal)
    edge = QPen(theme.colour("panel"), 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
    painter.setPen(edge)
    painter.drawPolyline(QPolygonF(upper))
    painter.drawPolyline(QPolygonF(lower))
