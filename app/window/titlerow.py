"""The title row, 40 high: mark, menus, what is open, undo and redo, the palette, Export."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QSizePolicy, QWidget

from app import actions, theme
from app.widgets import paint
from app.widgets.button import Button
from app.window.commands import Commands

HEIGHT = 40
NAME_AT = 372  # where the document's name begins


class Mark(QWidget):
    """The braid and the program's name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Unbraid")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("title")).horizontalAdvance("Unbraid")
        return QSize(round(20 + 8 + words) + 2, theme.scaled(24))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint.icon(painter, self, "mark", theme.colour("text"), 0, (self.height() - 20) / 2, 20)
            words = QRectF(28, 0, self.width(), self.height())
            paint.text(painter, words, "Unbraid", "title", theme.colour("text"), paint.LEFT)


class DocumentName(QWidget):
    """Title, and the artist behind it, quieter; both shortened when there is no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.artist = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(40)

    def show_name(self, title: str, artist: str) -> None:
        self.title, self.artist = title, artist
        words = self.tr("{0} by {1}").format(title, artist) if artist else title
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def text(self) -> str:
        return self.title

    def sizeHint(self) -> QSize:
        return QSize(300, theme.scaled(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            width, right = float(self.width()), Qt.TextElideMode.ElideRight
            bold, plain = QFontMetricsF(theme.font("body_bold")), QFontMetricsF(theme.font("body"))
            title = bold.elidedText(self.title, right, width)
            area = QRectF(self.rect())
            paint.text(painter, area, title, "body_bold", theme.colour("text"), paint.LEFT)
            used = bold.horizontalAdvance(title) + 8
            if self.artist and width - used > 40:
                artist = plain.elidedText(self.artist, right, width - used)
                paint.text(painter, area.adjusted(used, 0, 0, 0), artist, "body", theme.colour("text2"), paint.LEFT)


class Menus(QMenuBar):
    """The menus of the row. Alt and a letter opens one; the letters are not underlined."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setNativeMenuBar(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.menus: list[QMenu] = commands.fill(self)
        for menu, (group, _) in zip(self.menus, actions.GROUPS, strict=True):
            _, _, after = actions.menu_title(group).partition("&")
            if after:
                key = QShortcut(QKeySequence(f"Alt+{after[0]}"), self)
                key.activated.connect(lambda m=menu: self.setActiveAction(m.menuAction()))


class TitleRow(QWidget):
    """Buttons press the window's actions and take their tool tips from them."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self.setAccessibleName(self.tr("Menus and commands"))
        self.mark, self.menus, self.name = Mark(), Menus(commands), DocumentName()
        self.undo, self.redo = Button("", "ghost", icon="undo-2"), Button("", "ghost", icon="redo-2")
        key = actions.key_text("Ctrl+K")
        self.finder = Button(self.tr("Find a command"), "outlined", icon="search", shortcut=key, badge=True)
        self.finder_icon = Button("", "ghost", icon="search")
        self.export = Button(self.tr("Export"), "outlined", icon="upload")
        self._buttons: dict[Button, str] = {
            self.undo: "undo", self.redo: "redo", self.finder: "palette", self.finder_icon: "palette",
            self.export: "export",
        }  # fmt: skip
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(0)
        row.addWidget(self.mark)
        row.addSpacing(8)
        row.addWidget(self.menus)
        self._gap = QWidget()
        row.addWidget(self._gap)
        row.addWidget(self.name, 1)
        row.addSpacing(12)
        row.addWidget(self.undo)
        row.addWidget(self.redo)
        row.addSpacing(6)
        row.addWidget(self.finder)
        row.addWidget(self.finder_icon)
        row.addSpacing(8)
        row.addWidget(self.export)
        for button, name in self._buttons.items():
            button.clicked.connect(commands.by_id[name].trigger)
        commands.changed.connect(self._show)
        theme.signals.changed.connect(self._resize)
        self.set_narrow(False)
        self._resize()
        self._show()

    def set_narrow(self, on: bool) -> None:
        """The palette's button is an icon only."""
        self.finder.setVisible(not on)
        self.finder_icon.setVisible(on)

    def _show(self) -> None:
        for button, name in self._buttons.items():
            button.setEnabled(self._commands.by_id[name].isEnabled())
            hint = self._commands.hint(name)
            if button.toolTip() != hint:
                button.setToolTip(hint)
                button.setAccessibleName(hint.split("\n")[0])

    def _resize(self) -> None:
        self.setFixedHeight(max(HEIGHT, theme.scaled(HEIGHT)))
        used = 12 + self.mark.sizeHint().width() + 8 + self.menus.sizeHint().width()
        self._gap.setFixedWidth(max(18, theme.scaled(NAME_AT) - used))

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("panel"))
            painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
