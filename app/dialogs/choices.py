"""What is chosen in the export dialog: a card for what to write, a row for the kind of file. Both are radio buttons."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QPen
from PySide6.QtWidgets import QRadioButton, QSizePolicy, QWidget

from app import theme
from app.dialogs.formats import FileKind
from app.widgets import paint
from app.widgets.focus import Ringed

CARD, ROW = 60, 40


class _Choice(Ringed, QRadioButton):
    ring_radius = 9

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def _mark(self, painter: paint.Painter, x: float, y: float) -> None:
        """The round of a radio button, 16 across."""
        on = self.isChecked()
        painter.setPen(Qt.PenStyle.NoPen if on else QPen(theme.colour("text3" if self.underMouse() else "line2"), 1.5))
        painter.setBrush(theme.colour("button") if on else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x + 8, y + 8), 7.25, 7.25)
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("white"))
            painter.drawEllipse(QPointF(x + 8, y + 8), 3, 3)


class ChoiceCard(_Choice):
    """What to write: a title, and one line of what it means."""

    def __init__(self, title: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._meaning = ""
        self.set_meaning(meaning)

    def set_meaning(self, meaning: str) -> None:
        self._meaning = meaning
        self.setAccessibleName(f"{self.text()}, {meaning}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, theme.scaled(CARD))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            on = self.isChecked()
            ground = theme.colour("raised")
            paint.rounded(painter, area, 9, theme.varied(ground) if self.underMouse() and not on else ground,
                          theme.colour("line"))  # fmt: skip
            if on:
                paint.rounded(painter, area, 9, theme.colour("soft"), theme.colour("accent"), 1.5)
            line = theme.scaled(18)
            self._mark(painter, 13, (area.height() - 2 * line) / 2 + (line - 16) / 2)
            top = QRectF(40, (area.height() - 2 * line) / 2, area.width() - 48, line)
            paint.text(painter, top, self.text(), "title", theme.colour("text"), paint.LEFT)
            below = top.translated(0, line + 1)
            paint.text(painter, below, self._meaning, "label", theme.colour("text2"), paint.LEFT)


class FormatRow(_Choice):
    """A kind of file: name, what it is good for, and what the sum of the stems is then. ok: whether that is exact."""

    ring_radius = 6

    def __init__(self, kind: FileKind, parent: QWidget | None = None) -> None:
        super().__init__(kind.label, parent)
        self.kind = kind
        self._sum, self._ok = "", False
        self.set_sum("", False)

    def set_sum(self, words: str, ok: bool) -> None:
        self._sum, self._ok = words, ok
        self.setAccessibleName(", ".join(part for part in (self.kind.label, self.kind.words, words) if part))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, theme.scaled(ROW))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            on = self.isChecked()
            if on:
                painter.fillRect(area, theme.colour("soft"))
            elif self.underMouse():
                painter.fillRect(area, theme.varied(theme.colour("raised")))
            painter.fillRect(QRectF(0, area.height() - 1, area.width(), 1), theme.colour("line"))
            self._mark(painter, 12, (area.height() - 16) / 2)
            width = area.width()
            name = QRectF(40, 0, width * 0.24, area.height())
            paint.text(painter, name, self.text(), "title", theme.colour("text"), paint.LEFT)
            meaning = QRectF(40 + width * 0.24, 0, width * 0.32, area.height())
            words = QFontMetricsF(theme.font("body")).elidedText(
                self.kind.words, Qt.TextElideMode.ElideRight, meaning.width() - 8
            )
            paint.text(painter, meaning, words, "body", theme.colour("text2"), paint.LEFT)
            x = 40 + width * 0.56
            if self._ok:
                paint.icon(painter, self, "check", theme.colour("ok"), x, (area.height() - 14) / 2, 14)
            place = QRectF(x + (22 if self._ok else 0), 0, width - x, area.height())
            ink = theme.colour("text" if self._ok else "text2")
            paint.text(painter, place, self._sum, "body", ink, paint.LEFT)
