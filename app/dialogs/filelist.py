"""The files that will be written, one line each, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.widgets import paint
from app.widgets.stemtile import paint_tile

ROW = 28


@dataclass(frozen=True)
class Planned:
    """One file. stem: "master" for the mix, "recipe" for what tells how it was made."""

    stem: str
    path: Path

    @property
    def there(self) -> bool:
        return self.path.exists()


class FileList(QWidget):
    """Painted; read out as one text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.files: list[Planned] = []
        self._written = False
        self._there: dict[Path, bool] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_files(self, files: list[Planned], *, written: bool = False) -> None:
        """written: they are all there, and checked."""
        self.files, self._written = files, written
        self._there = {file.path: file.there for file in files}
        self.setAccessibleName(", ".join(file.path.name for file in files))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, theme.scaled(ROW) * max(1, len(self.files)))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            height, metrics = float(theme.scaled(ROW)), QFontMetricsF(theme.font("body"))
            for number, file in enumerate(self.files):
                y = number * height
                if file.stem == "recipe":
                    paint.icon(painter, self, "file", theme.colour("text2"), 1, y + (height - 16) / 2)
                else:
                    paint_tile(painter, self, file.stem, 0, y + (height - 18) / 2, 18)
                right = float(self.width())
                if self._written:
                    paint.icon(painter, self, "check", theme.colour("ok"), right - 16, y + (height - 16) / 2)
                    right -= 24
                elif self._there.get(file.path):
                    words = self.tr("already there")
                    place = QRectF(0, y, right, height)
                    paint.text(painter, place, words, "label", theme.colour("warn"), paint.RIGHT)
                    right -= QFontMetricsF(theme.font("label")).horizontalAdvance(words) + 10
                name = metrics.elidedText(file.path.name, Qt.TextElideMode.ElideMiddle, right - 27)
                paint.text(painter, QRectF(27, y, right, height), name, "body", theme.colour("text"), paint.LEFT)
