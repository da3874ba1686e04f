"""A question in the window: a title, a sentence, and an answer on every button."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dialogs.sheet import Sheet
from app.widgets.button import Button, Kind
from app.widgets.label import Label


class Question(Sheet):
    """answers: (words, what is done) from left to right; the last one is the filled button and has the focus.

    Cancel is always there, at the left, and on Esc.
    """

    def __init__(
        self,
        window: QWidget,
        title: str,
        text: str,
        answers: Sequence[tuple[str, Callable[[], object]]],
    ) -> None:
        super().__init__(window, title, width=460)
        self.setAccessibleDescription(text)
        column = QVBoxLayout()
        column.setContentsMargins(24, 22, 24, 20)
        column.setSpacing(8)
        column.addWidget(Label(title, "dialog_title", wrap=True))
        column.addWidget(Label(text, "body", "text2", wrap=True))
        column.addSpacing(14)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.cancel = Button(self.tr("Cancel"), "plain", shortcut=self.tr("Esc"), badge=True, height=36)
        self.cancel.clicked.connect(self.leave)
        row.addWidget(self.cancel)
        row.addStretch(1)
        self.buttons: list[Button] = []
        for number, (words, act) in enumerate(answers):
            kind: Kind = "filled" if number == len(answers) - 1 else "outlined"
            button = Button(words, kind, height=36)
            button.clicked.connect(lambda _checked=False, run=act: self._answer(run))
            row.addWidget(button)
            self.buttons.append(button)
        column.addLayout(row)
        self.body.addLayout(column)

    def ask(self) -> None:
        """Show it."""
        self.open_over(self.buttons[-1] if self.buttons else self.cancel)
        if self.buttons:
            self.buttons[-1].setFocus(Qt.FocusReason.TabFocusReason)

    def _answer(self, act: Callable[[], object]) -> None:
        self.accept()
        act()
