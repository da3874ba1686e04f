"""Nothing open yet: a place to drop a song, and the demo."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.widgets.button import Button
from app.widgets.label import Label

STRANDS = ("vocals", "drums", "bass", "other")


class Welcome(QWidget):
    """open_wanted(), demo_wanted()."""

    open_wanted = Signal()
    demo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Welcome"))
        self.open = Button(self.tr("Open a song"), "filled", icon="folder", shortcut=self.tr("Ctrl O"), height=44)
        self.demo = Button(self.tr("Try the demo song"), "outlined", icon="play", height=44)
        self.open.clicked.connect(self.open_wanted)
        self.demo.clicked.connect(self.demo_wanted)
        headline = Label(self.tr("Drop a song to take it apart"), "headline")
        kinds = self.tr("WAV, FLAC, MP3, M4A, OGG, Opus or a video. Any length. It never leaves this computer.")
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(64, 56, 64, 56)
        column.addStretch(3)
        column.addWidget(headline, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addWidget(Label(kinds, "body", "text2"), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(18)
        column.addLayout(buttons)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("bg"))
        area = QRectF(self.rect()).adjusted(64, 48, -64, -48)
        painter.setBrush(theme.colour("panel"))
        painter.setPen(QPen(theme.colour("line2"), 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(area, 16, 16)
        painter.setClipRect(area.adjusted(1, 1, -1, -1))
        _braid(painter, QRectF(area.left(), area.top() + 0.1 * area.height(), area.width(), 0.42 * area.height()))
        painter.end()


def _braid(painter: QPainter, area: QRectF) -> None:
    """Four strands that are one braid at the left and four lines at the right, swelling like sound."""
    height, steps = min(area.height(), 260.0), 240
    for over in (False, True):
        for j, name in enumerate(STRANDS):
            points, fronts = [], []
            for k in range(steps + 1):
                u = k / steps
                free = min(1.0, max(0.0, (u - 0.38) / 0.27))
                free = free * free * (3 - 2 * free)
                phase = 2 * math.pi * (2.6 * u + j / 4)
                y = (1 - free) * 0.19 * math.sin(phase) + free * (j - 1.5) * 0.26
                swell = 1 + free * 0.6 * math.sin(9 * u + 1.7 * j) * math.sin((31 + 7 * j) * u) ** 2
                point = QPointF(area.left() + u * area.width(), area.center().y() + y * height)
                points.append((point, 0.028 * height * swell))
                fronts.append(math.cos(phase) > 0 or free > 0.5)
            first = 0
            for k in range(1, steps + 2):
                if k > steps or fronts[k] != fronts[first]:
                    if fronts[first] == over:  # a little longer at both ends, so that the pieces meet
                        _ribbon(painter, points[max(0, first - 3) : k + 3], theme.stem(name).colour)
                    first = k


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
