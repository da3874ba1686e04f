"""The foot of the export dialog: ready, replace?, writing, done or failed; with the buttons that go with it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.numbers import SPACE, lasting

HEIGHT = 70


class Footer(QWidget):
    """go(), replace(), stop(), show_folder(): a button was pressed."""

    go = Signal()
    replace = Signal()
    stop = Signal()
    show_folder = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share: float | None = None
        self.text = Label("", "body_bold", elide=True)
        self.note = Label("", "body", "text2", elide=True)
        self.percent = Label("", "body_bold")
        self.cancel = Button(self.tr("Cancel"), "plain", shortcut=self.tr("Esc"), badge=True, height=36)
        self.export = Button(self.tr("Export"), "filled", icon="upload", height=36)
        self.over = Button(self.tr("Replace"), "filled", height=36)
        self.folder = Button(self.tr("Open the folder"), "outlined", icon="folder-open", height=36)
        self.done = Button(self.tr("Done"), "filled", height=36)
        self.cancel.clicked.connect(self.stop)
        self.export.clicked.connect(self.go)
        self.over.clicked.connect(self.replace)
        self.folder.clicked.connect(self.show_folder)
        self.done.clicked.connect(self.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(10)
        row.addWidget(self.text)
        row.addWidget(self.note, 1)
        row.addWidget(self.percent)
        row.addSpacing(14)
        for button in (self.cancel, self.folder, self.export, self.over, self.done):
            row.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.scaled(HEIGHT))
        self._only(self.cancel, self.export)

    @property
    def asking(self) -> bool:
        """Whether it waits for a second yes."""
        return self.over.isVisibleTo(self)

    def _only(self, *buttons: Button) -> None:
        for button in (self.cancel, self.folder, self.export, self.over, self.done):
            button.setVisible(button in buttons)

    def say(self, text: str, note: str = "", token: str = "text") -> None:
        """Words, and quieter ones behind them."""
        self.text.setText(text)
        self.text.set_colour(token)
        self.text.setVisible(bool(text))
        self.note.setText(note)
        self.setAccessibleName(f"{text} {note}".strip())

    def ready(self, why_not: str, size: int | None) -> None:
        """Export can be pressed, or not yet. size: bytes, where they are known."""
        self._share = None
        self.percent.setText("")
        self._only(self.cancel, self.export)
        self.export.setEnabled(not why_not)
        self.export.setToolTip(why_not)
        self.say("", why_not or (self.tr("{0} to write").format(bytes_words(size)) if size else ""))
        self.update()

    def ask_replace(self, count: int) -> None:
        """Some files are there already."""
        self._only(self.cancel, self.over)
        text = self.tr("One file is already there.") if count == 1 else self.tr("{0} files are already there.")
        self.say(text.format(count), self.tr("Replacing cannot be undone."), "warn")
        self.cancel.setFocus()

    def begin(self) -> None:
        """It writes."""
        self._only(self.cancel, self.export)
        self.export.setEnabled(False)
        self.export.setText(self.tr("Exporting…"))
        self.show_progress(0.0, None, self.tr("Begin"))

    def show_progress(self, share: float, left: float | None, message: str) -> None:
        self._share = share
        self.percent.setText(f"{int(share * 100)}{SPACE}%")
        self.say(message, self.tr("{0} left").format(lasting(left)) if left is not None else "")
        self.update()

    def show_done(self, count: int, size: int) -> None:
        """All is written and checked."""
        self._end()
        self._only(self.folder, self.done)
        text = self.tr("One file is written") if count == 1 else self.tr("{0} files are written").format(count)
        self.say(text, bytes_words(size))

    def show_failed(self, text: str) -> None:
        self._end()
        self.say(text, "", "danger")
        self.text.setToolTip(text)

    def _end(self) -> None:
        self._share = None
        self.percent.setText("")
        self.export.setText(self.tr("Export"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.fillRect(QRectF(1, 0, self.width() - 2, 1), theme.colour("line"))
            if self._share is not None:
                left, right = self.text.x(), self.percent.geometry().right()
                y = self.height() / 2 + theme.scaled(14)
                paint.rounded(painter, QRectF(left, y, right - left, 6), 3, theme.colour("control2"))
                if self._share > 0:
                    done = max(6.0, (right - left) * min(1.0, self._share))
                    paint.rounded(painter, QRectF(left, y, done, 6), 3, theme.colour("accent"))


def bytes_words(count: int) -> str:
    """ "63 MB", "1.2 GB", in powers of ten as file managers show them."""
    if count >= 1e9:
        return f"{count / 1e9:.1f}{SPACE}GB"
    if count >= 1e6:
        return f"{count / 1e6:.0f}{SPACE}MB" if count >= 1e7 else f"{count / 1e6:.1f}{SPACE}MB"
    return f"{max(1, round(count / 1000))}{SPACE}kB"
