"""From the arguments to a painted window; what takes long (children, catalogue, sound) starts after the first paint."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

TRANSLATIONS = Path(__file__).resolve().parents[1] / "resources" / "translations"


def main(arguments: Sequence[str]) -> int:
    """Open the studio, with the song or project that is named first; returns the exit status."""
    tell: list[Callable[[str], object]] = []
    sys.excepthook = lambda kind, error, trace: crashed(kind, error, trace, tell)
    gc.disable()  # nothing of what is made on the way to the first paint is garbage
    from PySide6.QtWidgets import QApplication

    from app import settings, theme
    from app.session import Session
    from app.window.window import Window

    application = QApplication(["unbraid"])
    application.setApplicationName("Unbraid")
    application.setDesktopFileName("unbraid")
    translate(application)
    theme.install(application, settings.value("theme", "system"))
    session = Session()
    window = Window(session)
    tell.append(lambda text: session.notice.emit("error", text))
    files = [str(Path(argument).absolute()) for argument in arguments if not argument.startswith("-")]
    window.painted.connect(gc.enable)
    window.painted.connect(session.warm)
    if files:
        window.painted.connect(lambda: window.files.open_all(files))
    window.show()
    return application.exec()


def translate(application: QApplication) -> None:
    """Install the words of the person's language, where there are any; English stays else."""
    if not TRANSLATIONS.is_dir():
        return
    from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

    for name, folder in (
        ("unbraid", str(TRANSLATIONS)),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    ):
        translator = QTranslator(application)
        if translator.load(QLocale(), name, "_", folder):
            application.installTranslator(translator)


def crashed(
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tell: Sequence[Callable[[str], object]],
) -> None:
    """An error nobody foresaw: the person gets a sentence, the log the rest, and the song stays open."""
    import traceback

    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    import platformdirs

    log = Path(platformdirs.user_log_dir("unbraid", appauthor=False)) / "unbraid.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(kind, error, trace))
    except OSError:
        tell = ()
    if not tell:
        traceback.print_exception(kind, error, trace)
    for say in tell:
        say(f"Something went wrong ({kind.__name__}); your song is kept. Details are in {log}.")
