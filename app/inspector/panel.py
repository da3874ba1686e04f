"""The inspector: which method, and the one button that takes the song apart; while it runs, how far it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.methodrow import MethodRow
from app.widgets.progresscard import ProgressCard
from separation.progress import time_left
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

WIDTH = 312
ICONS = {"hybrid": "gem", "spleeter": "mic", "nmf": "bars", "hpss": "drum"}


class Inspector(QWidget):
    """312 wide, at the right of the song."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._started = 0.0
        self.rows: dict[str, MethodRow] = {}
        self.setFixedWidth(theme.scaled(WIDTH))
        self.setAccessibleName(self.tr("Separate"))
        self.title = Label(self.tr("Separate"), "title")
        self.card = ProgressCard([self.tr("Separate"), self.tr("Make the sum exact")], name=self.tr("Separation"))
        self.card.cancelled.connect(session.cancel)
        self.button = Button(self.tr("Separate"), "filled", shortcut=self.tr("Ctrl ↵"), height=42)
        self.button.clicked.connect(session.separate)
        self.status = Label("", "label", "text2", wrap=True)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(14, 14, 14, 14)
        self._layout.setSpacing(6)
        self._layout.addWidget(self.title)
        self._layout.addWidget(self.card)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._layout.addLayout(self._list)
        self._layout.addSpacing(8)
        self._layout.addWidget(self.button)
        self._layout.addWidget(self.status)
        self._layout.addStretch(1)
        session.methods_known.connect(self._fill)
        session.state_changed.connect(self._show)
        session.progress.connect(self._progress)
        session.document.changed.connect(self._changed)
        self._fill(session.methods)
        self._show(session.state)

    def _fill(self, methods: list[dict[str, Any]]) -> None:
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        for method in methods:
            row = MethodRow(method["title"], method["summary"], ICONS.get(method["id"], "layers"))
            row.setChecked(method["id"] == self._session.document.project.method)
            row.toggled.connect(lambda on, m=method["id"]: self._choose(m) if on else None)
            if not method["ready"]:
                row.set_download(self.tr("not installed"))
            row.setToolTip(method["summary"])
            self._list.addWidget(row)
            self.rows[method["id"]] = row

    def _choose(self, method: str) -> None:
        if method != self._session.document.project.method:
            self._session.document.apply(edits.set_method, method)

    def _show(self, state: str) -> None:
        separating = state == "separating"
        if separating:
            self._started = time.monotonic()
            self.card.set_step(0)
            self.card.set_progress(0.0)
        self.card.setVisible(separating)
        self.title.setText(self.tr("Separating") if separating else self.tr("Separate"))
        self.button.setEnabled(state in ("opened", "separated"))
        project = self._session.document.project
        last = project.separation
        again = self.tr("Update stems") if project.stale else self.tr("Separate again")
        self.button.setText(again if last else self.tr("Separate"))
        if project.stale:
            self.status.setText(self.tr("Stems are out of date: the method was changed since the last run."))
        elif last is not None:
            self.status.setText(self.tr("Stems are up to date. Last run: {0:.1f} s.").format(last.seconds))
        else:
            self.status.setText("")

    def _progress(self, done: float, total: float, message: str) -> None:
        if self._session.state == "separating" and total > 0:
            share, now = done / total, time.monotonic()
            left = time_left(self._started, now, share)
            self.card.set_progress(share, left, None if left is None else now - self._started + left)
            self.card.setToolTip(message)

    def _changed(self, before: Project, after: Project) -> None:
        if before.method != after.method or before.separation is not after.separation:
            for name, row in self.rows.items():
                row.setChecked(name == after.method)
            self._show(self._session.state)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("panel"))
        painter.fillRect(0, 0, 1, self.height(), theme.colour("line"))
        painter.end()
