"""The one button that takes the song apart, how the stems stand, and what went wrong with the last run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.button import Button
from app.widgets.card import Card
from app.widgets.iconline import IconLine
from app.widgets.numbers import lasting
from separation.project.project import Project, Separation

if TYPE_CHECKING:
    from app.session import Session


class RunSection(QWidget):
    """button: Separate, Separate again or Update stems. status: the line under it. error: of the last run."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.button = Button(self.tr("Separate"), "filled", shortcut=self.tr("Ctrl ↵"), height=42)
        self.button.clicked.connect(session.separate)
        self.status = IconLine()
        self.error = Card()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(8)
        column.addWidget(self.error)
        column.addWidget(self.button)
        column.addWidget(self.status)
        session.state_changed.connect(self._enter)
        session.separation_failed.connect(self._failed)
        session.methods_known.connect(lambda _facts: self._show())
        session.document.changed.connect(self._changed)
        self._show()

    def _enter(self, state: str) -> None:
        if state in ("separating", "empty", "opening"):
            self.error.say("error", "")
        self._show()

    def _changed(self, before: Project, after: Project) -> None:
        if (before.method, before.parameters) != (after.method, after.parameters) or (
            before.separation is not after.separation
        ):
            self._show()

    def _failed(self, text: str) -> None:
        actions = [(self.tr("Try again"), self._session.separate)]
        if self._session.device != "cpu" and self._session.devices[0]["id"] != "cpu":
            actions.insert(0, (self.tr("Use the processor"), self._on_processor))
        self.error.say("error", text, actions)

    def _on_processor(self) -> None:
        self._session.set_device("cpu")
        self._session.separate()

    def _show(self) -> None:
        session, project = self._session, self._session.document.project
        last = project.separation
        chosen = next((m for m in session.methods if m["id"] == project.method), None)
        self.button.setEnabled(session.state in ("opened", "separated") and (chosen is None or chosen["ready"]))
        self.button.setToolTip("" if chosen is None or chosen["ready"] else self.tr("This method is not installed."))
        again = self.tr("Update stems") if project.stale else self.tr("Separate again")
        self.button.setText(again if last else self.tr("Separate"))
        self.button.set_dot(project.stale)
        if last is None or session.state not in ("opened", "separated"):
            self.status.say("ok", "")
        elif project.stale:
            self.status.say("warn", self._out_of_date(project, last))
        else:
            run = self._title(last.method)
            if last.seconds:
                run = f"{run}, {lasting(last.seconds)}"
            self.status.say("ok", self.tr("Stems are up to date. Last run: {0}.").format(run))

    def _title(self, method: str) -> str:
        return next((str(m["title"]) for m in self._session.methods if m["id"] == method), method)

    def _out_of_date(self, project: Project, last: Separation) -> str:
        if last.method != project.method:
            words = self.tr("Stems are out of date: they were made with “{0}”.")
            return words.format(self._title(last.method))
        names = {name for name, _ in set(project.parameters) ^ set(last.parameters)}
        if len(names) == 1:
            return self.tr("Stems are out of date: 1 parameter was changed since the last run.")
        words = self.tr("Stems are out of date: {0} parameters were changed since the last run.")
        return words.format(len(names))
