"""One parameter: its name, and a control made from its description. Changed from its default, the name is violet."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.label import Label


class Field(QWidget):
    """edited(value): the person set it. began(): a new gesture, one step to undo. A double click on the name resets."""

    edited = Signal(object)
    began = Signal()

    def __init__(self, facts: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.default, self.expert = facts["default"], bool(facts["expert"])
        self.title = words(facts["name"])
        self.caption = Label(self.title, "body")
        self.caption.installEventFilter(self)
        self.setToolTip(facts["help"])

    def show_value(self, value: Any) -> None:
        """None: the default."""
        changed = value is not None and value != self.default
        self.caption.set_colour("accent" if changed else "text")
        self._show(self.default if value is None else value)

    @abstractmethod
    def _show(self, value: Any) -> None:
        """Have the control show it, without telling."""

    def reset(self) -> None:
        """Back to the default."""
        self.began.emit()
        self.edited.emit(self.default)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        return False

    def _beside(self, control: QWidget) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.caption, 1)
        row.addWidget(control)


def words(name: str) -> str:
    """ "bass_top" as people read it: "Bass top"; short ones like "kl" in capitals."""
    plain = name.replace("_", " ")
    return plain.upper() if len(plain) == 2 else plain[:1].upper() + plain[1:]
