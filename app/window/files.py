"""Opening, saving and leaving: what is not saved is asked about first, in the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtWidgets import QFileDialog

from app import settings
from separation.project.project import ENDING

if TYPE_CHECKING:
    from app.dialogs.question import Question
    from app.session import Session
    from app.window.window import Window

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo" / "lithium.flac"
SOUNDS = "*.wav *.flac *.mp3 *.m4a *.ogg *.opus *.aac *.aif *.aiff *.wma *.mp4 *.mkv *.mov *.webm"


class Files(QObject):
    """`question` is the one that is asked now."""

    def __init__(self, window: Window, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.question: Question | None = None

    @property
    def unsaved(self) -> bool:
        """Whether closing now would lose work: decisions about stems, or about a project that is on disk."""
        session = self._session
        project = session.document.project
        worth = project.separation is not None or bool(session.project_path)
        return project.source is not None and session.document.dirty and worth

    def saved_words(self) -> str:
        """For the status bar."""
        session = self._session
        if session.document.project.source is None or session.state == "opening":
            return ""
        if not session.project_path:
            return self.tr("Not saved yet")
        return self.tr("Unsaved changes") if session.document.dirty else self.tr("Saved")

    def ask_open(self) -> None:
        """Choose a song or a project."""
        kinds = ";;".join((
            self.tr("Songs and projects ({0})").format(f"{SOUNDS} *{ENDING}"), self.tr("All files (*)")
        ))  # fmt: skip
        start = str(settings.value("open_folder", ""))
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open a song or project"), start, kinds)
        if path:
            settings.put("open_folder", str(Path(path).parent))
            self.open(path)

    def open_demo(self) -> None:
        self.open(str(DEMO))

    def open(self, path: str) -> None:
        """Open a song or a project, after what is open was saved or given up."""
        if not Path(path).is_file():
            text = self.tr("“{0}” is not there any more: choose another, or open it from where it is now.")
            self._window.notice.show_notice("warn", text.format(Path(path).name))
            return
        self.leave(lambda: self._session.open(path))

    def take(self, urls: Sequence[QUrl]) -> None:
        """Open what was dropped: the first file; a sentence about the rest."""
        self.open_all([url.toLocalFile() for url in urls if url.isLocalFile()])

    def open_all(self, paths: Sequence[str]) -> None:
        """Open the first of these files; a sentence about the rest."""
        if not paths:
            text = self.tr("That lies on the internet: save it on this computer first, then drop the file here.")
            self._window.notice.show_notice("info", text)
            return
        if Path(paths[0]).is_dir():
            text = self.tr("“{0}” is a folder: drop one song of it.").format(Path(paths[0]).name)
            self._window.notice.show_notice("info", text)
            return
        self._window.notice.dismiss()
        self.open(paths[0])
        if len(paths) > 1:
            name, left = Path(paths[0]).name, len(paths) - 1
            text = self.tr("One song at a time: “{0}” is opened, {1} other files were left.").format(name, left)
            self._window.notice.show_notice("info", text)

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Write the project where it lies, or ask where."""
        if self._session.project_path:
            self._write(self._session.project_path, then)
        else:
            self.save_as(then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask where, and write."""
        source = self._session.document.project.source
        if source is None:
            return
        known = self._session.project_path
        folder = str(settings.value("save_folder", "")) or str(Path(source.path).parent)
        start = known or str(Path(folder) / f"{source.title or source.name}{ENDING}")
        kinds = self.tr("Unbraid projects ({0})").format(f"*{ENDING}")
        path, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the project as"), start, kinds)
        if path:
            if not path.lower().endswith(ENDING):
                path += ENDING
                if Path(path).exists():  # the chooser asked about another name
                    self._ask_replace(path, then)
                    return
            settings.put("save_folder", str(Path(path).parent))
            self._write(path, then)

    def leave(self, go: Callable[[], object]) -> None:
        """Do `go`, which closes the song, once nothing is lost by it."""
        if not self.unsaved:
            go()
            return
        source = self._session.document.project.source
        assert source is not None
        title = self.tr("Save what you did to “{0}”?").format(source.title or source.name)
        text = self.tr("The stems and the mix are not saved. Without saving they are gone.")
        if self._session.project_path:
            text = self.tr("There are changes since it was last saved. Without saving they are gone.")
        self._ask(title, text, [(self.tr("Don’t save"), go), (self.tr("Save"), lambda: self.save(go))])

    def _ask_replace(self, path: str, then: Callable[[], object] | None) -> None:
        title = self.tr("Replace “{0}”?").format(Path(path).name)
        text = self.tr("There is a project of that name in “{0}”.").format(Path(path).parent)
        self._ask(title, text, [(self.tr("Replace"), lambda: self._write(path, then))])

    def _ask(self, title: str, text: str, answers: Sequence[tuple[str, Callable[[], object]]]) -> None:
        if self.question is not None:
            return
        from app.dialogs.question import Question

        self.question = Question(self._window, title, text, answers)
        self.question.finished.connect(self._asked)
        self.question.ask()

    def _asked(self) -> None:
        self.question = None

    def _write(self, path: str, then: Callable[[], object] | None) -> None:
        job = self._session.save(path)
        if job is None:
            return
        if then is not None:
            job.done.connect(lambda _facts: QTimer.singleShot(0, then))
