"""What else an export may be asked: only the loop, and a recipe beside the files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import settings
from app.dialogs.filelist import Planned
from app.widgets.check import Check
from app.widgets.numbers import clock
from separation.project.project import Project

RECIPE = "recipe"  # the stem of its line in the list of files
ENDING, ALONE = ".recipe.json", "unbraid-recipe.json"  # its name; where there is nothing to name it by


class Extras(QWidget):
    """Two check boxes; changed() tells. The loop's is there only if a loop is set."""

    changed = Signal()

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = project.loop_frames
        start, end = project.loop or (0.0, 0.0)
        self.loop = Check(self.tr("Only the loop, {0} to {1}").format(clock(start, 1), clock(end, 1)))
        self.loop.setVisible(self._span is not None)
        self.recipe = Check(self.tr("With a recipe"), on=bool(settings.value("export_recipe", True)))
        self.recipe.setToolTip(self.tr("A small file that tells how this was made, so that it can be made again"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        for box in (self.loop, self.recipe):
            box.toggled.connect(self.changed)
            row.addWidget(box)
        row.addStretch(1)

    @property
    def span(self) -> tuple[int, int] | None:
        """The frames to write; None for all."""
        return self._span if self.loop.isChecked() else None

    def planned(self, folder: Path, name: str) -> list[Planned]:
        """The recipe as a file that will be written, or nothing. name: of what it tells."""
        if not self.recipe.isChecked():
            return []
        return [Planned(RECIPE, folder / (f"{name}{ENDING}" if name else ALONE))]

    def remember(self) -> None:
        """Keep what was chosen for next time."""
        settings.put("export_recipe", self.recipe.isChecked())
