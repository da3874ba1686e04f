"""The methods there are: what each gives, and how long it takes for this song."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.label import Label
from app.widgets.methodrow import MethodRow
from app.widgets.numbers import lasting
from app.widgets.section import Heading
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

ICONS = {"hybrid": "gem", "spleeter": "mic", "nmf": "bars", "hpss": "drum"}
FAMILIES = {"nmf": "bars", "network": "layers", "hybrid": "gem", "classic": "waveform"}


class Methods(QWidget):
    """rows: by method id."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.rows: dict[str, MethodRow] = {}
        self.heading = Heading(self.tr("Separate"), self.tr("time for this song"))
        self._missing = Label("", "label", "text2", wrap=True)
        self._missing.hide()
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._list.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addLayout(self._list)
        column.addWidget(self._missing)
        session.methods_known.connect(self._fill)
        session.document.changed.connect(self._changed)
        session.state_changed.connect(self.show_times)
        self._fill(session.methods)

    @property
    def ready(self) -> bool:
        """Whether the chosen method can run."""
        return any(m["ready"] for m in self._session.methods if m["id"] == self._session.document.project.method)

    def _fill(self, methods: list[dict[str, Any]]) -> None:
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for method in methods:
            icon = ICONS.get(method["id"]) or FAMILIES.get(method.get("family", ""), "layers")
            row = MethodRow(method["title"], method["summary"].rstrip("."), icon)
            row.setChecked(method["id"] == self._session.document.project.method)
            row.toggled.connect(lambda on, m=(method["id"], method["title"]): self._choose(*m) if on else None)
            if not method["ready"]:
                row.set_download(self.tr("not installed"))
            about = [method["title"], method["summary"], method.get("source", ""), method.get("licence", "")]
            row.setToolTip("\n".join(text for text in about if text))
            self._list.addWidget(row)
            self.rows[method["id"]] = row
        self.show_times()
        self._show_missing()

    def show_times(self, _state: str = "") -> None:
        """What a run of each method would take now."""
        for name, row in self.rows.items():
            seconds = self._session.estimate(name)
            row.set_time("" if seconds is None else lasting(max(1.0, seconds)))
        self.heading.hint.setVisible(self._session.document.project.source is not None)

    def _show_missing(self) -> None:
        chosen = next((m for m in self._session.methods if m["id"] == self._session.document.project.method), None)
        missing = chosen is not None and not chosen["ready"]
        if missing:
            words = self.tr("“{0}” needs a network that is not here yet: type “unbraid models list” in a terminal.")
            self._missing.setText(words.format(chosen["title"] if chosen else ""))
        self._missing.setVisible(missing)

    def _choose(self, method: str, title: str) -> None:
        if method != self._session.document.project.method:
            self._session.document.apply(edits.set_method, method, title)

    def _changed(self, before: Project, after: Project) -> None:
        if before.method != after.method:
            for name, row in self.rows.items():
                row.setChecked(name == after.method)
            self._show_missing()
        if before.source is not after.source or before.separation is not after.separation:
            self.show_times()
