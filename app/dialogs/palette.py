"""The command palette: type a few letters of what you want to do, Enter does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtCore import QSize as Size
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app import theme
from app.dialogs.keycap import keys_width, paint_keys
from app.dialogs.sheet import Sheet
from app.widgets import paint
from app.widgets.label import Label

ROW, SHOWN, WIDTH = 36, 10, 560
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One line. why: "" or why it cannot be done now. also: more words it is found by, such as its menu."""

    id: str
    text: str
    keys: str = ""
    icon: str = ""
    why: str = ""
    also: str = ""


def score(query: str, text: str) -> float:
    """How well a text answers a query: 0 not at all. Letters in order; starts of words and runs count more."""
    found, total = text.casefold(), 1.0
    for word in query.casefold().split():
        place = found.find(word)
        if place >= 0:
            total += 10.0 * len(word) + (8.0 if place == 0 or not found[place - 1].isalnum() else 0.0)
            continue
        place = run = 0
        for letter in word:
            at = found.find(letter, place)
            if at < 0:
                return 0.0
            run = run + 1 if at == place else 0
            total += 1.0 + run + (2.0 if at == 0 or not found[at - 1].isalnum() else 0.0)
            place = at + 1
    return total - 0.01 * len(found)


def answers(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that answer a query, best first; what cannot be done now comes after what can."""
    if not query.strip():
        return sorted(entries, key=lambda entry: bool(entry.why))
    scored = [(max(score(query, e.text), 0.5 * score(query, f"{e.also} {e.text}")), e) for e in entries]
    return [e for s, e in sorted(scored, key=lambda pair: (bool(pair[1].why), -pair[0])) if s > 0]


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.text, entry.keys, entry.why) if part)
        return None


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> Size:
        return Size(100, theme.scaled(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, view = index.model(), self.parent()
        assert isinstance(model, _Model) and isinstance(view, QWidget)
        entry = model.entries[index.row()]
        area = QRectF(QRect(option.rect)).adjusted(8, 0, -8, 0)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            paint.rounded(painter, area, 7, theme.colour("soft"))
        quiet = bool(entry.why)
        ink = theme.colour("text2" if chosen else "text3") if quiet else theme.colour("text")
        if entry.icon:
            tint = ink if quiet else theme.colour("accent" if chosen else "text2")
            paint.icon(painter, view, entry.icon, tint, area.left() + 10, area.center().y() - 8)
        right = area.right() - 10
        if entry.keys:
            paint_keys(painter, entry.keys, right, area.center().y())
            right -= keys_width(entry.keys) + 12
        words = QRectF(area.left() + 38, area.top(), max(0.0, right - area.left() - 38), area.height())
        role = "body_medium" if not quiet else "body"
        paint.text(painter, words, entry.text, role, ink, paint.LEFT)
        if quiet:
            paint.text(painter, words, entry.why, "label", ink, paint.RIGHT)
        painter.restore()


class Palette(Sheet):
    """run(id) is called after the palette is gone, for what can be done now."""

    def __init__(self, window: QWidget, entries: Sequence[Entry], run: Callable[[str], object]) -> None:
        super().__init__(window, self.tr("Find a command"), width=WIDTH, top=72, dim=False)
        self._entries, self._run = list(entries), run
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Find a command"))
        self.field.setFont(theme.font("title"))
        self.field.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 4px 0; }")
        self.field.textChanged.connect(self._look)
        self.field.installEventFilter(self)
        head = QHBoxLayout()
        head.setContentsMargins(18, 8, 18, 8)
        head.setSpacing(10)
        lens = Label()
        lens.setPixmap(theme.pixmap("search", "text2", 16, self.devicePixelRatioF()))
        head.addWidget(lens)
        head.addWidget(self.field, 1)
        self.list = QListView()
        self._model = _Model(self.list)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setStyleSheet("QListView { background: transparent; border: none; border-radius: 0; }")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.clicked.connect(lambda _index: self.take())
        self.list.entered.connect(self.list.setCurrentIndex)
        self.nothing = Label(self.tr("No command is called that."), "body", "text2")
        self.nothing.setContentsMargins(18, 12, 18, 18)
        line = Line()
        self.body.addLayout(head)
        self.body.addWidget(line)
        self.body.addSpacing(6)
        self.body.addWidget(self.list)
        self.body.addWidget(self.nothing)
        self.body.addSpacing(6)
        self._look("")

    def open(self) -> None:
        """Show it, ready to type."""
        self.open_over(self.field)

    @property
    def shown(self) -> list[Entry]:
        """The entries in the list, best first."""
        return self._model.entries

    @property
    def chosen(self) -> Entry | None:
        row = self.list.currentIndex().row()
        return self._model.entries[row] if 0 <= row < len(self._model.entries) else None

    def take(self) -> None:
        """Do what is chosen, if it can be done."""
        entry = self.chosen
        if entry is not None and not entry.why:
            self.accept()
            self._run(entry.id)

    def _look(self, query: str) -> None:
        found = answers(query, self._entries)
        self._model.show(found)
        self.list.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self.list.setFixedHeight(theme.scaled(ROW) * min(SHOWN, max(1, len(found))))
        if found:
            self.list.setCurrentIndex(self._model.index(0))
        if self.isVisible():
            self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {
                Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN - 1, Qt.Key.Key_PageUp: 1 - SHOWN,
            }  # fmt: skip
            step = steps.get(Qt.Key(event.key()))
            if step is not None and self.shown:
                row = self.list.currentIndex().row() + step
                last = len(self.shown) - 1
                row = row % (last + 1) if abs(step) == 1 else min(last, max(0, row))
                self.list.setCurrentIndex(self._model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.take()
                return True
        return super().eventFilter(watched, event)


class Line(QWidget):
    """A divider of 1 px."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, event: QEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("line"))
