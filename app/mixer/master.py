"""The master strip: fader, meter, how loud the whole is, ready mixes, and two that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, QRectF
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.mixer.channel import Channel
from app.mixer.presets import presets_menu
from app.mixer.snapshots import SnapshotButton
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.numbers import level
from separation.project import edits
from separation.project.project import SNAPSHOTS

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

WIDTH = 203


class MasterView(Channel):
    """Always at the right end; there before stems are."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "master", QCoreApplication.translate("MasterView", "Master"), parent)
        self._integrated = self._short_term = level(float("-inf"))
        self.presets = Button(self.tr("Presets"), "plain", height=24, menu_arrow=True, parent=self)
        self.presets.setAccessibleName(self.tr("Presets of the mixer"))
        self.presets.clicked.connect(self._open_presets)
        self.snapshots = [SnapshotButton(session.document, letter, self) for letter in SNAPSHOTS]
        self.show_stems(False)
        session.document.changed.connect(self._changed)

    def show_stems(self, there: bool) -> None:
        """Whether there are stems for a preset."""
        self.presets.setEnabled(there)
        for button in self.snapshots:
            button.setEnabled(there)
        words = self.tr("Karaoke, acapella, practice: a ready mix in one step.")
        self.presets.setToolTip(words if there else self.tr("Separate the song first."))

    def _changed(self, _before: object, after: Project) -> None:
        for button in self.snapshots:
            button.show_project(after)

    def _open_presets(self) -> None:
        menu = presets_menu(self._session.document, self)
        menu.exec(self.presets.mapToGlobal(QPoint(0, self.presets.height())))
        menu.deleteLater()

    def _arrange(self) -> None:
        super()._arrange()
        for widget in (self.presets, *self.snapshots):
            widget.setVisible(not self._folded)
        right = self.width() - self._margin()
        for button in reversed(self.snapshots):
            room = button.sizeHint()
            right -= room.width()
            button.setGeometry(right, theme.scaled(27) - room.height() // 2, room.width(), room.height())
            right -= 4
        if not self._folded:
            self.title.resize(right - self.title.x(), self.title.height())
        size = self.presets.sizeHint()
        self.presets.setGeometry(self._margin(), theme.scaled(158), size.width(), size.height())

    def show_loudness(self, levels: Mapping[str, float]) -> None:
        """Integrated and short-term LUFS."""
        integrated = level(float(levels.get("integrated", float("-inf"))))
        short_term = level(float(levels.get("short_term", float("-inf"))))
        if (integrated, short_term) != (self._integrated, self._short_term):
            self._integrated, self._short_term = integrated, short_term
            self.update()

    @property
    def integrated_text(self) -> str:
        return self._integrated

    def _set_gain(self, db: float) -> None:
        self._session.document.apply(edits.set_master, db, merge=("master", self._gesture))

    def _width(self) -> int:
        return WIDTH

    def _margin(self) -> int:
        return theme.scaled(14)

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            painter.fillRect(area, theme.colour("raised"))
            painter.fillRect(QRectF(0, 0, 1, area.height()), theme.colour("line"))
            if self._folded:
                return
            u = theme.scaled
            for top, caption, value in (
                (54, self.tr("Integrated"), self._integrated),
                (94, self.tr("Short term"), self._short_term),
            ):
                line = QRectF(u(14), u(top), u(86), u(16))
                paint.text(painter, line, caption, "label", theme.colour("text2"), paint.LEFT)
                line.translate(0, u(16))
                paint.text(painter, line, value, "body_bold", theme.colour("text"), paint.LEFT)
                line.translate(QFontMetricsF(theme.font("body_bold")).horizontalAdvance(value) + 4, 0)
                paint.text(painter, line, "LUFS", "label", theme.colour("text3"), paint.LEFT)
