"""While a separation runs: how far it is, what it does, what is over and how long that took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.card import Card
from app.widgets.numbers import SPACE, clock, lasting
from app.widgets.progresscard import ProgressCard
from app.widgets.section import Heading, Rule
from separation.progress import time_left

if TYPE_CHECKING:
    from app.session import Session


class Running(QWidget):
    """There only while it runs. The steps are those the method itself names as it goes."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._started = self._since = 0.0
        self._steps: list[str] = []
        self.heading = Heading(self.tr("Separating"))
        self.card = ProgressCard(name=self.tr("Separation"))
        self.card.cancelled.connect(session.cancel)
        self.listen = Card()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.card)
        column.addWidget(self.listen)
        column.addWidget(Rule())
        session.state_changed.connect(self._enter)
        session.progress.connect(self._progress)
        session.stems_ready.connect(self._ready)
        self._enter(session.state)

    def _enter(self, state: str) -> None:
        if state == "separating":
            self._started = self._since = time.monotonic()
            self._steps = [self.tr("Get ready")]
            self.card.set_steps(self._steps)
            self.card.set_progress(0.0)
            self.listen.say("play", "")
            method = self._session.document.project.method
            title = next((str(m["title"]) for m in self._session.methods if m["id"] == method), method)
            self.heading.hint.setText(title)
        self.setVisible(state == "separating")

    def _progress(self, done: float, total: float, message: str) -> None:
        if self._session.state != "separating" or total <= 0:
            return
        share, now = done / total, time.monotonic()
        left = time_left(self._started, now, share)
        self.card.set_progress(share, left, None if left is None else now - self._started + left)
        step, _, note = message.partition(", ")
        if step and step != self._steps[-1]:
            if step in self._steps:  # methods that work in pieces come back to a step: it is named once
                return
            self.card.set_note(len(self._steps) - 1, _spent(now - self._since))
            self._steps.append(step)
            self.card.add_step(step)
            self._since = now
        if note:
            self.card.set_step(len(self._steps) - 1, note)

    def _ready(self, frames: int) -> None:
        source = self._session.document.project.source
        if self._session.state == "separating" and source is not None and frames > 0:
            words = self.tr(
                "You can already listen and mix: stems are in place up to {0}, after that the original plays."
            )
            self.listen.say("play", words.format(clock(frames / source.sample_rate, 0)))


def _spent(seconds: float) -> str:
    """ "0.4 s" for what is short."""
    return f"{seconds:.1f}{SPACE}s" if seconds < 10 else lasting(seconds)
