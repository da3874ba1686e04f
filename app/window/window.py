"""The window: title row, transport, spectrogram, inspector, mixer, status; or the welcome page when nothing is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.inspector.panel import Inspector
from app.mixer.panel import MixerPanel
from app.session import Session
from app.spectrogram.area import SongArea
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.noticebar import NoticeBar
from app.window.transport import Transport
from app.window.welcome import Welcome
from separation.project import edits
from separation.project.project import Project

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo" / "lithium.flac"
EXACT_DB = -140.0  # what float32 sums of a song read when nothing is lost


class Window(QMainWindow):
    """One song at a time; a file dropped anywhere opens it."""

    painted = Signal()  # once, when the person sees the window: what takes long may begin

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._seen = False
        self.setAcceptDrops(True)
        self.setMinimumSize(1100, 700)
        self.resize(QSize(1440, 900))
        self.notice = NoticeBar()
        self.document_name = Label("", "body_bold")
        self.sum_label, self.device_label = Label("", "label", "text2"), Label("", "label", "text2")
        self.welcome = Welcome()
        self.welcome.open_wanted.connect(self.ask_open)
        self.welcome.demo_wanted.connect(lambda: session.open(str(DEMO)))
        self._make_actions()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.studio: QWidget | None = None
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title_row())
        column.addWidget(self.notice)
        column.addWidget(self.pages, 1)
        column.addWidget(self._status_row())
        self.setCentralWidget(whole)
        session.state_changed.connect(self._show_state)
        session.notice.connect(lambda kind, text: self.notice.show_notice(kind, text))
        session.sound_failed.connect(self._sound_failed)
        session.exported.connect(self._exported)
        session.document.changed.connect(self._changed)
        session.document.history_changed.connect(self._show_history)
        self._show_state(session.state)
        self._show_history()
        self.welcome.open.setFocus()

    def _make_actions(self) -> None:
        session = self.session
        self.actions_by_name: dict[str, QAction] = {}
        keys = QKeySequence.StandardKey
        for name, text, shortcut, run in (
            ("open", self.tr("Open a song…"), keys.Open, self.ask_open),
            ("export", self.tr("Export the mix…"), "Ctrl+E", self.ask_export),
            ("export_stems", self.tr("Export all stems…"), "Ctrl+Shift+E", self.ask_export_stems),
            ("close", self.tr("Close the song"), keys.Close, session.close_song),
            ("quit", self.tr("Quit"), "Ctrl+Q", self.close),
            ("undo", self.tr("Undo"), keys.Undo, session.document.undo),
            ("redo", self.tr("Redo"), "Ctrl+Shift+Z", session.document.redo),
            ("separate", self.tr("Separate"), "Ctrl+Return", session.separate),
            ("cancel", self.tr("Cancel"), "Esc", session.cancel),
            ("play", self.tr("Play or pause"), "Space", self._toggle_play),
            ("start", self.tr("To the start"), "Home", lambda: self._seek(0.0)),
            ("back", self.tr("Back one second"), "Left", lambda: self._seek_by(-1.0)),
            ("forward", self.tr("Forward one second"), "Right", lambda: self._seek_by(1.0)),
            ("loop", self.tr("Loop"), "L", lambda: self.transport.toggle_loop()),
            ("original", self.tr("Original or remix"), "X", lambda: self.transport.toggle_original()),
            ("in", self.tr("Zoom in"), "+", lambda: self.spectrogram.zoom(0.5)),
            ("out", self.tr("Zoom out"), "-", lambda: self.spectrogram.zoom(2.0)),
            ("fit", self.tr("Whole song"), "0", lambda: self.spectrogram.fit()),
            ("fold", self.tr("Fold the mixer"), "F3", lambda: self.mixer.set_folded(not self.mixer.folded)),
            ("dark", self.tr("Dark"), "", lambda: theme.set_mode("dark")),
            ("light", self.tr("Light"), "", lambda: theme.set_mode("light")),
            ("system", self.tr("As the system"), "", lambda: theme.set_mode("system")),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(shortcut))
            action.triggered.connect(lambda _checked=False, r=run: r())
            self.addAction(action)
            self.actions_by_name[name] = action
        for title, names in (
            (self.tr("&File"), ("open", "export", "export_stems", "close", "quit")),
            (self.tr("&Edit"), ("undo", "redo")),
            (self.tr("&View"), ("in", "out", "fit", "fold", "dark", "light", "system")),
            (self.tr("&Song"), ("separate", "cancel", "play", "start", "back", "forward", "loop", "original")),
        ):
            menu = self.menuBar().addMenu(title)
            for name in names:
                menu.addAction(self.actions_by_name[name])

        for number in range(1, 9):
            for sequence, toggle in ((f"{number}", self._toggle_mute), (f"Shift+{number}", self._toggle_solo)):
                key = QShortcut(QKeySequence(sequence), self)
                key.activated.connect(lambda n=number, t=toggle: t(n - 1))

    def _stem(self, index: int) -> str | None:
        last = self.session.document.project.separation
        return last.stems[index] if last is not None and index < len(last.stems) else None

    def _toggle_mute(self, index: int) -> None:
        stem, document = self._stem(index), self.session.document
        if stem is not None:
            document.apply(edits.set_mute, stem, not document.project.mix.strip(stem).mute)

    def _toggle_solo(self, index: int) -> None:
        stem, document = self._stem(index), self.session.document
        if stem is not None:
            document.apply(edits.set_solo, stem, not document.project.mix.strip(stem).solo)

    def _title_row(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(14, 6, 14, 6)
        self.undo = Button("", "ghost", icon="undo-2")
        self.redo = Button("", "ghost", icon="redo-2")
        self.export = Button(self.tr("Export"), "outlined", icon="upload")
        for button, name in ((self.undo, "undo"), (self.redo, "redo"), (self.export, "export")):
            button.setAccessibleName(self.actions_by_name[name].text())
            button.clicked.connect(self.actions_by_name[name].trigger)
        line.addWidget(Label(self.tr("Unbraid"), "title"))
        line.addSpacing(24)
        line.addWidget(self.document_name)
        line.addStretch(1)
        line.addWidget(self.undo)
        line.addWidget(self.redo)
        line.addWidget(self.export)
        return row

    def _status_row(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(14, 4, 14, 4)
        line.setSpacing(18)
        line.addWidget(self.sum_label)
        line.addWidget(self.device_label)
        line.addStretch(1)
        return row

    def _make_studio(self) -> QWidget:
        session = self.session
        self.transport = Transport(session)
        self.song = SongArea(session)
        self.spectrogram = self.song.view
        self.mixer = MixerPanel(session)
        self.inspector = Inspector(session)
        page = QWidget()
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.song, 1)
        left.addWidget(self.mixer)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addLayout(left, 1)
        body.addWidget(self.inspector)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transport)
        column.addLayout(body, 1)
        return page

    def ask_open(self) -> None:
        """Choose a song."""
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open a song"))
        if path:
            self.session.open(path)

    def ask_export(self) -> None:
        """Choose a file for the mix as it is heard. The dialog asks before it replaces one."""
        source = self.session.document.project.source
        if source is not None:
            kinds = "FLAC (*.flac);;WAV (*.wav);;MP3 (*.mp3);;OGG (*.ogg);;Opus (*.opus);;M4A (*.m4a)"
            start = str(Path.home() / f"{source.title or source.name} (remix).flac")
            path, _ = QFileDialog.getSaveFileName(self, self.tr("Export the mix"), start, kinds)
            if path:
                self.session.export(path)

    def ask_export_stems(self) -> None:
        """Choose a folder; the stems go into a new one in it, named after the song."""
        project = self.session.document.project
        if project.source is not None and project.separation is not None:
            folder = QFileDialog.getExistingDirectory(self, self.tr("Export all stems into"))
            if folder:
                self.session.export(str(_unused(Path(folder) / f"{project.source.name} stems")), kind="stems")

    def _toggle_play(self) -> None:
        if self.session.player is not None:
            self.session.player.toggle()

    def _seek(self, seconds: float) -> None:
        if self.session.player is not None:
            self.session.player.seek(seconds)

    def _seek_by(self, seconds: float) -> None:
        if self.session.player is not None:
            self._seek(self.session.player.position + seconds)

    def _show_state(self, state: str) -> None:
        if state != "empty" and self.studio is None:
            self.studio = self._make_studio()
            self.pages.addWidget(self.studio)
        here = self.welcome if state == "empty" or self.studio is None else self.studio
        self.pages.setCurrentWidget(here)
        ready = state in ("opened", "separating", "separated")
        project = self.session.document.project
        enabled = {
            "export": ready, "export_stems": project.separation is not None, "close": state != "empty",
            "separate": state in ("opened", "separated"), "cancel": state in ("opening", "separating"),
        }  # fmt: skip
        for name in ("play", "start", "back", "forward", "loop", "original", "in", "out", "fit", "fold"):
            enabled[name] = state != "empty"
        for name, on in enabled.items():
            self.actions_by_name[name].setEnabled(on)
        self.export.setEnabled(ready)
        self._changed(project, project)

    def _changed(self, before: Project, after: Project) -> None:
        source, last = after.source, after.separation
        self.document_name.setText((source.title or source.name) if source else "")
        self.setWindowTitle(f"{source.title or source.name} – Unbraid" if source else "Unbraid")
        if last is None:
            self.sum_label.setText("" if source else self.tr("Ready"))
        elif last.residual_db <= EXACT_DB:
            self.sum_label.setText(self.tr("✓ mix − Σ stems: exact to rounding ({0:.0f} dB)").format(last.residual_db))
        else:
            self.sum_label.setText(self.tr("▲ mix − Σ stems = {0:.0f} dB").format(last.residual_db))
        parts = [last.device] if last else []
        if source:
            channels = {1: self.tr("mono"), 2: self.tr("stereo")}.get(source.channels, str(source.channels))
            minutes, seconds = divmod(round(source.duration), 60)
            parts.append(f"{source.sample_rate / 1000:g} kHz · {channels} · {minutes}:{seconds:02d}")
        self.device_label.setText("   |   ".join(parts))
        if before.separation is not after.separation:
            self.actions_by_name["export_stems"].setEnabled(last is not None)

    def _show_history(self) -> None:
        document = self.session.document
        for name, button, can, text in (
            ("undo", self.undo, document.can_undo, document.undo_text),
            ("redo", self.redo, document.can_redo, document.redo_text),
        ):
            self.actions_by_name[name].setEnabled(can)
            button.setEnabled(can)
            button.setToolTip(text)

    def _exported(self, facts: dict[str, object]) -> None:
        paths = facts["paths"]
        assert isinstance(paths, dict)
        first = Path(next(iter(paths.values())))
        if len(paths) > 1:
            end = self.tr("they sum exactly") if facts["exact"] else self.tr("nearly the song when summed")
            text = self.tr("Wrote {0} stems into “{1}”; {2}.").format(len(paths), first.parent.name, end)
        else:
            text = self.tr("Wrote “{0}”.").format(first.name)
        show = QUrl.fromLocalFile(str(first.parent))
        self.notice.show_notice("ok", text, [(self.tr("Open the folder"), lambda: QDesktopServices.openUrl(show))])

    def _sound_failed(self, text: str) -> None:
        player = self.session.player
        again: list[tuple[str, Callable[[], object]]] = []
        if player is not None:
            again = [(self.tr("Try again"), player.play)]
        self.notice.show_notice("warn", text, again)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self.painted.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.session.open(paths[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.session.close()
        event.accept()
        QApplication.processEvents()

    def keyPressEvent(self, event: object) -> None:  # keys no widget wanted end here
        pass


def _unused(path: Path) -> Path:
    """`path`, or with a number behind it if it is taken."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name} {number}")
    return candidate
