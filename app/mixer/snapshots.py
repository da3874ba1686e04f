"""A and B: two mixes that are kept, to go from one to the other with a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.widgets.button import Button
from separation.project import edits

if TYPE_CHECKING:
    from app.document import Document
    from separation.project.project import Project


class SnapshotButton(Button):
    """24 high. A click keeps the mix where none is kept yet, else it is heard; lit while it is."""

    def __init__(self, document: Document, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(letter, "outlined", height=24, parent=parent)
        self._document, self.letter = document, letter
        self.setCheckable(True)
        self.clicked.connect(self._click)
        self.show_project(document.project)

    def show_project(self, project: Project) -> None:
        """Show whether there is a mix, and whether it is what is heard."""
        kept, heard = project.snapshot(self.letter) is not None, project.snapshot(self.letter) == project.mix
        self.setChecked(heard)
        self.set_kind("plain" if kept else "outlined")
        state = self.tr("heard") if heard else self.tr("kept") if kept else self.tr("empty")
        self.setAccessibleName(self.tr("Mix {0}, {1}").format(self.letter, state))
        empty, full = self.tr("Keep the mix as {0}."), self.tr("Hear mix {0}. Right-click: keep the mix of now here.")
        self.setToolTip((full if kept else empty).format(self.letter))

    def menu(self) -> QMenu:
        """What a click does not do."""
        menu = QMenu(self)
        kept = self._document.project.snapshot(self.letter) is not None
        menu.addAction(self.tr("Hear mix {0}").format(self.letter), self._hear).setEnabled(kept)
        menu.addAction(self.tr("Keep the mix as {0}").format(self.letter), self._keep)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.exec(event.globalPos() if event.reason() == event.Reason.Mouse else self.mapToGlobal(QPoint(4, 4)))
        menu.deleteLater()

    def _click(self) -> None:
        kept = self._document.project.snapshot(self.letter) is not None
        self._hear() if kept else self._keep()
        self.show_project(self._document.project)

    def _keep(self) -> None:
        self._document.apply(edits.keep_mix, self.letter)

    def _hear(self) -> None:
        self._document.apply(edits.hear_mix, self.letter, merge="compare")
