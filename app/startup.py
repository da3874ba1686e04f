"""From the arguments to a painted window; what takes long (children, catalogue, sound) starts after the first paint."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication

from app import theme
from app.session import Session
from app.window.window import Window


def main(arguments: Sequence[str]) -> int:
    """Open the studio, with the song that is named first; returns the exit status."""
    application = QApplication(["unbraid"])
    application.setApplicationName("Unbraid")
    application.setDesktopFileName("unbraid")
    theme.install(application)
    session = Session()
    window = Window(session)
    sys.excepthook = lambda kind, error, trace: _crashed(session, kind, error, trace)
    songs = [argument for argument in arguments if not argument.startswith("-")]
    window.painted.connect(session.warm)
    if songs:
        window.painted.connect(lambda: session.open(songs[0]))
    window.show()
    return application.exec()


def _crashed(session: Session, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error nobody foresaw: the person gets a sentence, the log the rest, and the song stays open."""
    import platformdirs

    log = Path(platformdirs.user_log_dir("unbraid", appauthor=False)) / "unbraid.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(kind, error, trace))
    except OSError:
        traceback.print_exception(kind, error, trace)
    session.notice.emit("error", f"Something went wrong ({kind.__name__}); your song is kept. Details are in {log}.")
