"""The page of an open song: transport, song, mixer, inspector; and which of them are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app import settings, theme
from app.inspector.panel import Inspector
from app.mixer.panel import MixerPanel
from app.spectrogram.area import SongArea
from app.window.folding import Foldable, folds
from app.window.transport import Transport

if TYPE_CHECKING:
    from app.session import Session


class Studio(QWidget):
    """Made with the first song; panels are attributes."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transport = Transport(session)
        self.song = SongArea(session)
        self.mixer = MixerPanel(session)
        self.inspector = Inspector(session)
        self.song.setAccessibleName(self.tr("Song"))
        self.mixer_fold = Foldable(bool(settings.value("mixer_folded", False)))
        self.inspector_fold = Foldable(bool(settings.value("inspector_folded", False)))
        self.mixer_fold.folded, self.inspector_fold.folded = self.mixer_fold.wish, self.inspector_fold.wish
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.song, 1)
        left.addWidget(self.mixer)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addLayout(left, 1)
        body.addWidget(self.inspector)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transport)
        column.addLayout(body, 1)
        self._session, self._size = session, (1 << 15, 1 << 15)  # all the room, until the window tells
        self.inspector.folding.connect(self._inspector_folding)
        session.state_changed.connect(lambda _state: self.fit_into(*self._size))
        self._apply()

    def fit_into(self, width: int, height: int) -> bool:
        """Fold what has no room in a window of that size; whether something changed.

        Until there are stems the inspector stays: it holds the next step.
        """
        self._size = width, height
        short = folds(width, height, theme.text_size())
        changed = self.mixer_fold.room(short.mixer)
        changed = self.inspector_fold.room(short.inspector and self._session.state == "separated") or changed
        if changed:
            self._apply()
        return changed

    def toggle_mixer(self) -> None:
        if self.mixer_fold.toggle():
            settings.put("mixer_folded", self.mixer_fold.wish)
        self._apply()

    def toggle_inspector(self) -> None:
        if self.inspector_fold.toggle():
            settings.put("inspector_folded", self.inspector_fold.wish)
        self._apply()

    def _inspector_folding(self, on: bool) -> None:
        """The person did it on the panel itself."""
        if on != self.inspector_fold.folded:
            self.toggle_inspector()

    def regions(self) -> list[QWidget]:
        """What F6 walks, in reading order."""
        return [self.transport, self.song, self.inspector, self.mixer]

    def _apply(self) -> None:
        self.mixer.set_folded(self.mixer_fold.folded)
        self.inspector.set_folded(self.inspector_fold.folded)


def next_region(regions: list[QWidget], step: int) -> None:
    """Put the keyboard focus into the region after the one that has it."""
    focused = QApplication.focusWidget()
    seen = [region for region in regions if region.isVisible() and _stops(region)]
    if not seen:
        return
    now = next(
        (i for i, r in enumerate(seen) if focused is not None and (r is focused or r.isAncestorOf(focused))), None
    )
    index = (0 if step > 0 else -1) if now is None else now + step
    _stops(seen[index % len(seen)])[0].setFocus(Qt.FocusReason.TabFocusReason)


def _stops(region: QWidget) -> list[QWidget]:
    """What in a region the keyboard can reach, in order."""
    inside = [region, *region.findChildren(QWidget)]
    found = [
        w for w in inside if w.isVisible() and w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]  # fmt: skip
    return sorted(found, key=lambda w: w.mapTo(region, w.rect().topLeft()).x() if w is not region else -1)
