"""The document: the current project, its history, and the one signal that every view listens to.

`apply` runs a pure edit and keeps the value before it; undo hands that very value back. There is one kind of history
entry. Edits with the same `merge` key that follow each other become one step: one drag of a fader. What the eye looks
at (`set_view`) is kept with the project but is no step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QObject, Signal

from separation.project.edits import Edit
from separation.project.project import Project, View


@dataclass(frozen=True, eq=False)
class Step:
    """One entry of the history: the edits it is made of, by name and arguments, and the projects around it."""

    before: Project
    after: Project
    edits: tuple[tuple[Edit, tuple[object, ...]], ...]
    merge: object = None

    @property
    def text(self) -> str:
        """What the step did, in the person's language: that of the last edit, for merged ones too."""
        edit, arguments = self.edits[-1]
        template, fields = edit.phrase(*arguments)
        return QCoreApplication.translate("edits", template).format(**fields)


class Document(QObject):
    """changed(before, after): compare only your own part, by identity. history_changed: undo and redo texts, dirty."""

    changed = Signal(object, object)
    history_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = Project()
        self._steps: list[Step] = []
        self._at = 0  # steps before this one are done, from it on undone
        self._saved: Step | None = None  # the last step done when the project was saved
        self._lost = False  # the saved state is no longer in the history
        self._open = False  # the last step may still grow

    @property
    def project(self) -> Project:
        return self._project

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that is done, oldest first."""
        return tuple(self._steps[: self._at])

    def apply(self, edit: Edit, /, *arguments: object, merge: object = None) -> None:
        """Do `edit(project, *arguments)`. An edit that changes nothing leaves no trace."""
        before = self._project
        after = edit(before, *arguments)
        if after is before:
            return
        last = self._last()
        undone = self._at < len(self._steps)
        if undone and self._saved in self._steps[self._at :]:
            self._lost = True
        del self._steps[self._at :]
        done = ((edit, arguments),)
        if merge is not None and last is not None and self._open and not undone and last.merge == merge:
            if self._saved is last:
                self._lost = True
            self._steps[-1] = Step(last.before, after, last.edits + done, merge)
        else:
            self._steps.append(Step(before, after, done, merge))
            self._at += 1
        self._open = True
        self._become(after)
        self.history_changed.emit()

    def undo(self) -> None:
        """Back to the project before the last step."""
        if self.can_undo:
            self._at -= 1
            self._open = False
            self._become(self._seen(self._steps[self._at].before))
            self.history_changed.emit()

    def redo(self) -> None:
        """Forward to the project after the next step."""
        if self.can_redo:
            step = self._steps[self._at]
            self._at += 1
            self._open = False
            self._become(self._seen(step.after))
            self.history_changed.emit()

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at < len(self._steps)

    @property
    def undo_text(self) -> str:
        """What undo would take back, "" if nothing."""
        return self._steps[self._at - 1].text if self.can_undo else ""

    @property
    def redo_text(self) -> str:
        return self._steps[self._at].text if self.can_redo else ""

    @property
    def dirty(self) -> bool:
        """Whether there are decisions that are not saved."""
        return self._lost or self._last() is not self._saved

    def mark(self) -> Step | None:
        """Where the history stands: for `mark_saved`, once what is here is on disk. No later edit merges into it."""
        self._open = False
        return self._last()

    def mark_saved(self, mark: Step | None) -> None:
        """What was here at that mark is on disk."""
        self._saved = mark
        self._lost = mark is not None and mark not in self._steps
        self.history_changed.emit()

    def reset(self, project: Project) -> None:
        """Another project; the history begins anew, unmodified."""
        self._steps, self._at, self._saved, self._lost, self._open = [], 0, None, False, False
        self._become(project)
        self.history_changed.emit()

    def amend(self, project: Project) -> None:
        """A fact about the song became known (its length, its hash): no step, and every step knows it from now on."""
        facts = {"source": project.source, "mixture": project.mixture}
        known: dict[int, Project] = {}

        def told(old: Project) -> Project:
            if id(old) not in known:
                known[id(old)] = replace(old, **facts)  # type: ignore[arg-type]
            return known[id(old)]

        saved = self._steps.index(self._saved) if self._saved in self._steps else None
        self._steps = [replace(step, before=told(step.before), after=told(step.after)) for step in self._steps]
        if saved is not None:
            self._saved = self._steps[saved]
        self._become(told(self._project))

    def set_view(self, view: View) -> None:
        """What the eye looks at: kept with the project, not undoable."""
        if view != self._project.view:
            self._become(replace(self._project, view=view))

    def _last(self) -> Step | None:
        return self._steps[self._at - 1] if self._at else None

    def _seen(self, project: Project) -> Project:
        """An old project as it is, unless the eye has moved since: then with today's view."""
        return project if project.view == self._project.view else replace(project, view=self._project.view)

    def _become(self, project: Project) -> None:
        before, self._project = self._project, project
        if before is not project:
            self.changed.emit(before, project)
