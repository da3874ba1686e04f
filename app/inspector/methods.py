"""The methods there are: what each gives, and how long it takes for this song."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.methodrow import MethodRow
from app.widgets.numbers import lasting
from app.widgets.section import Heading
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

ICONS = {
    "hybrid": "gem", "spleeter": "mic", "nmf": "bars", "hpss": "drum", "nmfd": "drum",
    "imm": "mic", "nmf-score": "piano", "nmf-dictionary": "grid", "nmf-painted": "hatch",
}  # fmt: skip
FAMILIES = {"nmf": "bars", "network": "layers", "hybrid": "gem", "classic": "waveform"}
EVERYDAY = ("hybrid", "spleeter", "nmf", "hpss")  # what is not folded away


class Methods(QWidget):
    """rows: by method id. The everyday ones first; the others, family by family, behind “More methods”."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.rows: dict[str, MethodRow] = {}
        self.heading = Heading(self.tr("Separate"), self.tr("time for this song"))
        self._missing = Label("", "label", "text2", wrap=True)
        self._missing.hide()
        self._list, self._folded = QVBoxLayout(), QWidget()
        self._others = QVBoxLayout(self._folded)
        for part in (self._list, self._others):
            part.setSpacing(4)
            part.setContentsMargins(0, 0, 0, 0)
        self.more = Button(self.tr("More methods"), "ghost", icon="chevron-right", height=24)
        self._open = False
        self._group = QButtonGroup(self)
        self.more.clicked.connect(lambda: self.unfold(not self._open))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addLayout(self._list)
        fold = QHBoxLayout()
        fold.addWidget(self.more)
        fold.addStretch(1)
        column.addLayout(fold)
        column.addWidget(self._folded)
        column.addWidget(self._missing)
        session.methods_known.connect(self._fill)
        session.document.changed.connect(self._changed)
        session.state_changed.connect(self.show_times)
        self._fill(session.methods)

    @property
    def ready(self) -> bool:
        """Whether the chosen method can run."""
        return any(m["ready"] for m in self._session.methods if m["id"] == self._session.document.project.method)

    def unfold(self, on: bool) -> None:
        """Show the methods for people who know what they want; the chosen one is always to be seen."""
        chosen = self._session.document.project.method
        self._open = on
        self.more.set_icon("chevron-down" if on else "chevron-right")
        self.more.setText(self.tr("Fewer methods") if on else self.tr("More methods"))
        shown = [widget for widget in self._folded_widgets() if on or widget is self.rows.get(chosen)]
        for widget in self._folded_widgets():
            widget.setVisible(widget in shown)
        self._folded.setVisible(bool(shown))

    def _folded_widgets(self) -> list[QWidget]:
        items = (self._others.itemAt(index) for index in range(self._others.count()))
        return [widget for item in items if item is not None and (widget := item.widget()) is not None]

    def _fill(self, methods: list[dict[str, Any]]) -> None:
        for part in (self._list, self._others):
            while (item := part.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
        self.rows = {}
        families = {"nmf": self.tr("Factorisations"), "network": self.tr("Networks"), "classic": self.tr("Classics")}
        others = [method for method in methods if method["id"] not in EVERYDAY]
        for method in methods:
            if method["id"] in EVERYDAY:
                self._list.addWidget(self._row(method))
        for family in dict.fromkeys(method["family"] for method in others):
            self._others.addWidget(Label(families.get(family, self.tr("Hybrids")), "label", "text2"))
            for method in others:
                if method["family"] == family:
                    self._others.addWidget(self._row(method))
        self.more.setVisible(bool(others))
        self.unfold(self._open)
        self.show_times()
        self._show_missing()

    def _row(self, method: dict[str, Any]) -> MethodRow:
        icon = ICONS.get(method["id"]) or FAMILIES.get(method.get("family", ""), "layers")
        row = MethodRow(method["title"], method["summary"].rstrip("."), icon)
        self._group.addButton(row)
        row.setChecked(method["id"] == self._session.document.project.method)
        row.toggled.connect(lambda on, m=(method["id"], method["title"]): self._choose(*m) if on else None)
        if not method["ready"]:
            row.set_download(self.tr("not installed"))
        about = [method["title"], method["summary"], method.get("source", ""), method.get("licence", "")]
        row.setToolTip("\n".join(text for text in about if text))
        self.rows[method["id"]] = row
        return row

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
            self.unfold(self._open)
            self._show_missing()
        if before.source is not after.source or before.separation is not after.separation:
            self.show_times()
