"""The menu of mixes people come for: each is one edit, and what the stems cannot do says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QWidget

from app import theme
from separation.mix.presets import why_not
from separation.mix.state import MixState
from separation.project import edits

if TYPE_CHECKING:
    from app.document import Document


def presets_menu(document: Document, parent: QWidget) -> QMenu:
    """Karaoke, acapella, drums only; and for every stem practice without it, and with it as a quiet guide."""
    tr = QCoreApplication.translate
    project = document.project
    names = project.separation.stems if project.separation else project.mix.names
    mix = MixState().only(names)

    def add(menu: QMenu, text: str, name: str, *stem: str) -> None:
        act: Callable[[], object] = lambda: document.apply(edits.use_preset, name, *stem)  # noqa: E731
        action = menu.addAction(text.replace("&", "&&"), act)
        reason = why_not(mix, ":".join((name, *stem)))
        action.setEnabled(not reason)
        action.setToolTip(reason)

    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    add(menu, tr("Presets", "Karaoke"), "karaoke")
    add(menu, tr("Presets", "Acapella"), "acapella")
    add(menu, tr("Presets", "Drums only"), "drums")
    menu.addSeparator()
    practice = menu.addMenu(tr("Presets", "Practice without"))
    guide = menu.addMenu(tr("Presets", "Quiet guide"))
    for place, name in ((practice, "practice"), (guide, "minus-one")):
        place.setToolTipsVisible(True)
        for stem in names:
            add(place, theme.stem_title(stem), name, stem)
    return menu
