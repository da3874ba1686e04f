"""The chosen method's parameters, each with the control its kind asks for; the expert ones folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.inspector.field import Field
from app.inspector.parameter import field_for
from app.widgets.button import Button
from app.widgets.section import Heading, Rule
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project


class ParameterForm(QWidget):
    """Hidden while the method has none. fields: by parameter name."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._gesture, self._method = session, 0, ""
        self.fields: dict[str, Field] = {}
        self._open = False
        self.expert = Button(self.tr("Expert"), "ghost", icon="chevron-right", height=24)
        self.expert.clicked.connect(lambda: self.set_expert(not self._open))
        self._plain, self._folded = QVBoxLayout(), QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Rule())
        column.addWidget(Heading(self.tr("Parameters")))
        column.addSpacing(8)
        for part in (self._plain, self._folded):
            part.setSpacing(10)
            part.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._plain)
        column.addSpacing(6)
        fold = QHBoxLayout()
        fold.addWidget(self.expert)
        fold.addStretch(1)
        column.addLayout(fold)
        column.addSpacing(6)
        column.addLayout(self._folded)
        session.methods_known.connect(lambda _facts: self._fill())
        session.document.changed.connect(self._changed)
        self._fill()

    def set_expert(self, on: bool) -> None:
        """Show the parameters for people who know the method."""
        self._open = on
        self.expert.set_icon("chevron-down" if on else "chevron-right")
        self.expert.setToolTip(self.tr("Fewer parameters") if on else self.tr("More parameters"))
        for field in self.fields.values():
            field.setVisible(on or not field.expert)

    def _fill(self) -> None:
        for field in self.fields.values():
            field.hide()
            field.deleteLater()
        self.fields = {}
        project = self._session.document.project
        self._method = project.method
        known: list[dict[str, Any]] = next(
            (m.get("parameters", []) for m in self._session.methods if m["id"] == self._method), []
        )
        for facts in known:
            field = field_for(facts)
            field.began.connect(self._begin)
            field.edited.connect(lambda value, n=facts["name"]: self._set(n, value))
            (self._folded if field.expert else self._plain).addWidget(field)
            self.fields[facts["name"]] = field
        self.expert.setVisible(any(field.expert for field in self.fields.values()))
        self.set_expert(self._open)
        self.setVisible(bool(self.fields))
        self._show(project)

    def _show(self, project: Project) -> None:
        values = dict(project.parameters)
        for name, field in self.fields.items():
            field.show_value(values.get(name))

    def _begin(self) -> None:
        self._gesture += 1

    def _set(self, name: str, value: Any) -> None:
        default = self.fields[name].default
        kept = None if value == default else value
        merge = ("parameter", name, self._gesture)
        self._session.document.apply(edits.set_parameter, name, kept, merge=merge)

    def _changed(self, before: Project, after: Project) -> None:
        if after.method != self._method:
            self._fill()
        elif before.parameters != after.parameters:
            self._show(after)
