"""An export under way: stems are written and checked in a hidden folder beside, and appear together or not at all."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.dialogs.extras import RECIPE
from app.dialogs.filelist import Planned
from separation.progress import time_left
from separation.unfinished import beside

if TYPE_CHECKING:
    from app.session import Session


class Writing(QObject):
    """Of progress(share, seconds left or None, message), done(facts), failed(sentence), cancelled(): one comes last.

    facts: as measured on the files: exact, residual_db, trim_db, and paths by stem ("mix").
    """

    progress = Signal(float, object, str)
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, session: Session, files: Sequence[Planned], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._files = session, [file for file in files if file.stem != RECIPE]
        self._recipe = next((file.path for file in files if file.stem == RECIPE), None)
        self._stage: Path | None = None
        self._job: Any = None
        self._started = 0.0

    def start(
        self, *, kind: str, format: str, subtype: str | None, stems: list[str] | None,
        span: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        """Begin; nothing waits."""
        folder = self._files[0].path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.failed.emit(self.tr("The folder “{0}” cannot be made ({1}): choose another.").format(
                folder, error.strerror))  # fmt: skip
            return
        target, recipe = self._files[0].path, self._recipe
        if kind == "stems":
            target = self._stage = beside(folder)
            recipe = target / recipe.name if recipe else None
        self._started = time.monotonic()
        told = {("mix" if kind == "mix" else file.stem): file.path.name for file in self._files}
        job = self._job = self._session.export(
            str(target), kind, format=format, subtype=subtype, stems=stems, span=span,
            recipe=str(recipe or ""), files=told,
        )  # fmt: skip
        if job is None:
            self.failed.emit(self.tr("There is no song to write."))
            return
        job.progress.connect(self._progress)
        job.done.connect(self._done)
        job.failed.connect(self._failed)
        job.cancelled.connect(self._cancelled)

    def cancel(self) -> None:
        """Stop; `cancelled` follows within a second."""
        if self._job is not None:
            self._job.cancel()

    def _progress(self, done: float, total: float, message: str) -> None:
        share = done / total if total > 0 else 0.0
        self.progress.emit(share, time_left(self._started, time.monotonic(), share), message)

    def _done(self, facts: dict[str, Any]) -> None:
        self._job = None
        if self._stage is not None:
            paths = {}
            try:
                for file in self._files:
                    os.replace(facts["paths"][file.stem], file.path)
                    paths[file.stem] = str(file.path)
                if self._recipe is not None:
                    file = Planned(RECIPE, self._recipe)
                    os.replace(self._stage / self._recipe.name, self._recipe)
            except OSError as error:
                self._clear()
                self.failed.emit(self.tr("“{0}” cannot be written ({1}): choose another name or folder.").format(
                    file.path.name, error.strerror))  # fmt: skip
                return
            self._clear()
            facts = {**facts, "paths": paths}
        self.done.emit(facts)

    def _failed(self, text: str) -> None:
        self._job = None
        self._clear()
        self.failed.emit(text)

    def _cancelled(self) -> None:
        self._job = None
        self._clear()
        self.cancelled.emit()

    def _clear(self) -> None:
        if self._stage is not None:
            shutil.rmtree(self._stage, ignore_errors=True)
