"""The window: title row, notices, welcome page or studio, status; what its actions do; keys, drops, leaving."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from app import settings, theme
from app.actions import State
from app.session import Session
from app.widgets.focus import FocusRing
from app.widgets.noticebar import NoticeBar
from app.window.commands import Commands
from app.window.deeds import Deeds
from app.window.files import Files
from app.window.folding import MINIMUM, folds
from app.window.statusrow import StatusRow
from app.window.titlerow import TitleRow
from app.window.welcome import Welcome
from separation.project.project import Project

TYPED = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)
CONTROL_KEYS = {
    Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Plus,
    Qt.Key.Key_Minus, *(Qt.Key(Qt.Key.Key_0 + n) for n in range(10)),
}  # fmt: skip


class Window(QMainWindow):
    """One song at a time; a file dropped anywhere opens it."""

    painted = Signal()  # once, when the person sees the window: what takes long may begin

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._seen = self._leaving = False
        self.setAcceptDrops(True)
        self.setMinimumSize(*MINIMUM)
        self.resize(QSize(1440, 900))
        geometry = settings.value("geometry", "")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
        self.files = Files(self, session)
        self.deeds = Deeds(self)
        self.commands = Commands(self, self.deeds.by_id())
        self.title, self.status, self.notice = TitleRow(self.commands), StatusRow(), NoticeBar()
        self.welcome = Welcome()
        self.welcome.open_wanted.connect(self.files.ask_open)
        self.welcome.demo_wanted.connect(self.files.open_demo)
        self.welcome.recent_wanted.connect(self.files.open)
        self.welcome.ways[0].clicked.connect(self.deeds.show_practice)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.title, self.notice, self.pages, self.status):
            column.addWidget(part, int(part is self.pages))
        self.setCentralWidget(whole)
        self.status.shortcuts_wanted.connect(self.deeds.show_shortcuts)
        self.status.doubted.connect(self.deeds.explain_sum)
        session.state_changed.connect(self._show_state)
        session.notice.connect(self.deeds.show_notice)
        session.sound_failed.connect(self.deeds.sound_failed)
        session.saved.connect(lambda _path: self.refresh())
        session.devices_known.connect(lambda _facts: self._show_facts())
        session.document.changed.connect(self._changed)
        session.document.history_changed.connect(self.refresh)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)
        self._show_state(session.state)
        self.welcome.open.setFocus()

    def __getattr__(self, name: str) -> QWidget:
        """The panels of the studio by name, once there is one."""
        if name in ("transport", "song", "mixer", "inspector") and self.deeds.studio is not None:
            return getattr(self.deeds.studio, name)
        if name == "spectrogram" and self.deeds.studio is not None:
            return self.deeds.studio.song.view
        raise AttributeError(name)

    def state(self) -> State:
        """What can be done depends on this."""
        project, document = self.session.document.project, self.session.document
        studio = self.deeds.studio
        return State(
            phase=self.session.state,
            stems=project.separation.stems if project.separation else (),
            strip=(studio.mixer.focus_strip() or "") if studio else "",
            undo=document.undo_text, redo=document.redo_text, dirty=document.dirty,
            looping=project.loop is not None,
            original=bool(studio and studio.transport.version.index == 1),
            mixer_folded=bool(studio and studio.mixer_fold.folded),
            inspector_folded=bool(studio and studio.inspector_fold.folded),
            theme=theme.mode(),
            pan_law=project.mix.pan_law,
            kept=tuple(letter for letter, _ in project.snapshots), heard=project.heard,
        )  # fmt: skip

    def refresh(self) -> None:
        """Show what can be done now, and whether it is saved."""
        self.commands.refresh(self.state())
        self.status.show_history(self.session.document.undo_text, self.files.saved_words())
        self.setWindowModified(self.files.unsaved)

    def _show_state(self, state: str) -> None:
        studio = self.deeds.studio
        if state != "empty" and studio is None:
            studio = self.deeds.make_studio()
            self.pages.addWidget(studio)
        if state == "empty" or studio is None:
            self.welcome.show_recent()
            self.pages.setCurrentWidget(self.welcome)
        else:
            if self.pages.currentWidget() is not studio:
                self.pages.setCurrentWidget(studio)
                studio.song.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._fold()
        self._show_facts()
        self.refresh()

    def _changed(self, before: Project, after: Project) -> None:
        if before.source is not after.source or before.separation is not after.separation:
            self._show_facts()
        if before.source is not after.source or before.loop is not after.loop:
            self.refresh()

    def _show_facts(self) -> None:
        session = self.session
        source = session.document.project.source
        name = (source.title or source.name) if source else ""
        self.title.name.show_name(name, source.artist if source else "")
        self.setWindowTitle(f"{name}[*] – Unbraid" if source else "Unbraid")
        device = next((d["name"] for d in session.devices if d["id"] == session.device), session.devices[0]["name"])
        self.status.show_project(session.document.project, session.state, device)

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and self.deeds.studio is not None and new.window() is self:
            strip = self.deeds.studio.mixer.focus_strip() or ""
            if strip != self.commands.state.strip:
                self.refresh()

    def _fold(self) -> bool:
        """Fold what has no room; whether a panel did."""
        self.title.set_narrow(folds(self.width(), self.height(), theme.text_size()).find)
        return self.deeds.studio is not None and self.deeds.studio.fit_into(self.width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fold():
            self.refresh()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._belongs(event):
            event.accept()
            return True
        return super().event(event)

    def _belongs(self, event: QKeyEvent) -> bool:
        """Whether a key is for the control that has the focus: typing; or one with the focus ring around it."""
        focused = QApplication.focusWidget()
        if focused is None:
            return False
        held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if isinstance(focused, TYPED):
            return not held and event.key() not in (Qt.Key.Key_F3, Qt.Key.Key_F4, Qt.Key.Key_F6)
        ring = self.findChild(FocusRing, "focus ring", Qt.FindChildOption.FindDirectChildrenOnly)
        ringed = ring is not None and ring.isVisible() and ring.control is focused
        return ringed and not event.modifiers() and event.key() in CONTROL_KEYS

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self.painted.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        urls = event.mimeData().urls()
        QTimer.singleShot(0, lambda: self.files.take(urls))  # the drag ends first

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.files.unsaved and not self._leaving:
            event.ignore()
            self.files.leave(self.leave)
            return
        settings.put("geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        self.session.close()
        event.accept()
        QApplication.processEvents()

    def leave(self) -> None:
        """Close without asking."""
        self._leaving = True
        self.close()
