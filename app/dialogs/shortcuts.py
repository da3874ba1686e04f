"""All keyboard shortcuts on one page, made from the table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.dialogs.keycap import HEIGHT, keys_width, paint_keys
from app.dialogs.sheet import Sheet
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.label import Label

WIDTH = 880


@dataclass(frozen=True)
class Section:
    """One menu: its title, and (words, keys) of its actions; several keys of one action stand beside each other."""

    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


class Keys(QWidget):
    """The caps of one action."""

    def __init__(self, keys: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = list(keys)
        self.setAccessibleName(", ".join(keys))
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        width = sum(keys_width(key) for key in self._keys) + 14 * max(0, len(self._keys) - 1)
        return QSize(round(width) + 2, theme.scaled(HEIGHT) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            right = float(self.width())
            for key in reversed(self._keys):
                paint_keys(painter, key, right, self.height() / 2)
                right -= keys_width(key) + 14


class ShortcutPage(Sheet):
    """Two columns of menus."""

    def __init__(self, window: QWidget, sections: Sequence[Section]) -> None:
        super().__init__(window, self.tr("Keyboard shortcuts"), width=WIDTH)
        head = QHBoxLayout()
        head.setContentsMargins(24, 18, 14, 12)
        head.addWidget(Label(self.tr("Keyboard shortcuts"), "dialog_title"))
        head.addStretch(1)
        self.cross = Button("", "ghost", icon="x")
        self.cross.setAccessibleName(self.tr("Close"))
        self.cross.clicked.connect(self.leave)
        head.addWidget(self.cross)
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(24, 0, 24, 24)
        columns.setSpacing(48)
        for part in _two_columns(sections):
            column = QVBoxLayout()
            column.setSpacing(6)
            for number, section in enumerate(part):
                if number:
                    column.addSpacing(16)
                column.addWidget(Label(section.title, "title"))
                column.addSpacing(2)
                for words, keys in section.rows:
                    row = QHBoxLayout()
                    row.addWidget(Label(words, "body", "text2"), 1)
                    row.addWidget(Keys(keys))
                    column.addLayout(row)
            column.addStretch(1)
            columns.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        scroll.setMinimumHeight(min(page.sizeHint().height(), max(200, window.height() - 160)))
        scroll.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.body.addLayout(head)
        self.body.addWidget(scroll, 1)

    def open(self) -> None:
        """Show it."""
        self.open_over(self.cross)


def _two_columns(sections: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """Cut where both columns are about as long."""
    lengths = [len(section.rows) + 2 for section in sections]
    cuts = range(1, len(sections) + 1)
    best = min(cuts, key=lambda cut: abs(sum(lengths[:cut]) - sum(lengths[cut:])), default=0)
    return list(sections[:best]), list(sections[best:])
