"""The recent songs and projects of the welcome page, one row each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import recent, theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.focus import Ringed
from app.widgets.label import Label
from app.widgets.numbers import clock

ROW, SHOWN = 64, 6


class RecentRow(Ringed, QPushButton):
    """A song: press to open. forgotten(): it is to leave the list. Dimmed, with the word, if its file is gone."""

    ring_radius = 9
    forgotten = Signal()

    def __init__(self, entry: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = str(entry["path"])
        self.there = Path(self.path).is_file()
        self._title, self._artist = str(entry["title"]), str(entry["artist"])
        self._length = clock(float(entry["duration"]), 0)
        self._project = self.path.endswith(".unbraid")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor if self.there else Qt.CursorShape.ArrowCursor)
        self.remove = Button("", "ghost", icon="x", height=24, parent=self)
        self.remove.setAccessibleName(self.tr("Remove “{0}” from the list").format(self._title))
        self.remove.setToolTip(self.tr("Remove from the list. The file stays where it is."))
        self.remove.clicked.connect(self.forgotten)
        kind = self.tr("project") if self._project else self.tr("song")
        parts = (self._title, self._artist, kind, self._length, "" if self.there else self.tr("file not found"))
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.setToolTip(self.path if self.there else self.tr("Not found any more: {0}").format(self.path))

    def sizeHint(self) -> QSize:
        return QSize(320, theme.scaled(ROW))

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = self.remove.sizeHint().height()
        self.remove.setGeometry(self.width() - side - 12, (self.height() - side) // 2, side, side)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Delete:
            self.forgotten.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        if self.there:
            menu.addAction(self.tr("Open"), self.click)
        menu.addAction(self.tr("Remove from the list"), self.forgotten.emit)
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            ground = theme.colour("panel")
            hovered = self.underMouse() and self.there
            paint.rounded(painter, area, 9, theme.varied(ground) if hovered else ground, theme.colour("line"))
            tile = QRectF(12, (area.height() - 40) / 2, 40, 40)
            paint.rounded(painter, tile, 7, theme.colour("control"))
            quiet = not self.there
            icon = "layers" if self._project else "music"
            paint.icon(
                painter, self, icon, theme.colour("text3" if quiet else "text2"), tile.x() + 10, tile.y() + 10, 20
            )
            x, width = 64.0, area.width() - 64 - 48
            line = float(theme.scaled(18))
            top = QRectF(x, area.height() / 2 - line - 1, width, line)
            right = Qt.TextElideMode.ElideRight
            title = QFontMetricsF(theme.font("title")).elidedText(self._title, right, width)
            paint.text(painter, top, title, "title", theme.colour("text3" if quiet else "text"), paint.LEFT)
            last = self.tr("file not found") if quiet else self._length
            words = " · ".join(part for part in (self._artist, last) if part)
            words = QFontMetricsF(theme.font("label")).elidedText(words, right, width)
            below = top.translated(0, line + 2)
            paint.text(painter, below, words, "label", theme.colour("text3" if quiet else "text2"), paint.LEFT)


class RecentList(QWidget):
    """opened(path): a row was pressed."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[RecentRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(Label(self.tr("Recent"), "title"))
        self._column.addStretch(1)
        self.setAccessibleName(self.tr("Recent songs and projects"))

    def show_recent(self) -> None:
        """Read the list again; hidden if there is nothing in it."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for entry in recent.entries()[:SHOWN]:
            row = RecentRow(entry)
            row.clicked.connect(lambda _on=False, r=row: self.opened.emit(r.path) if r.there else None)
            row.forgotten.connect(lambda r=row: self._forget(r))
            self._column.insertWidget(self._column.count() - 1, row)
            self.rows.append(row)
        self._fit()
        self.setVisible(bool(self.rows))

    def _forget(self, row: RecentRow) -> None:
        recent.forget(row.path)
        self.show_recent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As many rows as there is room for."""
        room = (self.height() - theme.scaled(28)) // (theme.scaled(ROW) + 10)
        for number, row in enumerate(self.rows):
            row.setVisible(number < max(1, room))
