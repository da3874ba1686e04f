"""A parameter that is a file: its path on a line, and a button that chooses one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout

from app.inspector.field import Field
from app.widgets.button import Button
from app.widgets.label import Label


class FileField(Field):
    """Empty: none. The help stands under it, for without the file the method has nothing to go by."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(facts)
        self._kinds, self._shown = str(facts["file"]), ""
        self.control = QLineEdit()
        self.control.setAccessibleName(self.title)
        self.control.setPlaceholderText(self.tr("No file"))
        self.control.editingFinished.connect(lambda: self._take(self.control.text()))
        self.button = Button(self.tr("Choose…"), height=28)
        self.button.setAccessibleName(self.tr("Choose a file for “{0}”").format(self.title))
        self.button.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.control, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.caption)
        column.addLayout(row)
        column.addWidget(Label(facts["help"], "label", "text2", wrap=True))

    def _choose(self) -> None:
        folder = str(Path(self.control.text()).parent) if self.control.text() else ""
        path, _ = QFileDialog.getOpenFileName(self.window(), self.title, folder, self._kinds)
        if path:
            self._take(path)

    def _take(self, path: str) -> None:
        if path != self._shown:
            self.began.emit()
            self.edited.emit(path)

    def _show(self, value: Any) -> None:
        self._shown = str(value)
        self.control.setText(self._shown)
        self.control.setToolTip(self._shown)
