"""One parameter: its name, and a control made from its description. Changed from its default, the name is violet."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.widgets.check import Switch
from app.widgets.label import Label
from app.widgets.numbers import SPACE, number
from app.widgets.select import Select
from app.widgets.slider import Slider
from app.widgets.stepper import Stepper
from app.widgets.value import ValueControl

UNBOUNDED = 1_000_000  # the range of a number without bounds


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


class SwitchField(Field):
    """On or off."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(facts)
        self.control = Switch()
        self.control.setAccessibleName(self.title)
        self.control.clicked.connect(self._click)
        self._beside(self.control)

    def _click(self, on: bool) -> None:
        self.began.emit()
        self.edited.emit(on)

    def _show(self, value: Any) -> None:
        self.control.setChecked(bool(value))


class SelectField(Field):
    """One of a few words."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(facts)
        self._choices = tuple(facts["choices"])
        self.control = Select([words(choice) for choice in self._choices], name=self.title)
        self.control.setSizePolicy(self.control.sizePolicy().Policy.Fixed, self.control.sizePolicy().Policy.Fixed)
        self.control.chosen.connect(self._choose)
        self._beside(self.control)

    def _choose(self, index: int) -> None:
        self.began.emit()
        self.edited.emit(self._choices[index])

    def _show(self, value: Any) -> None:
        if value in self._choices:
            self.control.set_index(self._choices.index(value))


class TextField(Field):
    """Anything else: a line to type into."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(facts)
        self.control = QLineEdit()
        self.control.setAccessibleName(self.title)
        self.control.editingFinished.connect(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.caption)
        column.addWidget(self.control)

    def _take(self) -> None:
        self.began.emit()
        self.edited.emit(self.control.text())

    def _show(self, value: Any) -> None:
        self.control.setText(str(value))


class NumberField(Field):
    """A whole number on a stepper, any other between its bounds on a slider with the value above it."""

    control: ValueControl

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(facts)
        self._whole, self._unit = facts["kind"] == "int", facts["unit"]
        low = -UNBOUNDED if facts["minimum"] is None else facts["minimum"]
        high = UNBOUNDED if facts["maximum"] is None else facts["maximum"]
        bounded = facts["minimum"] is not None and facts["maximum"] is not None
        self._step = step_of(low, high, self._whole)
        self._value = Label("", "body_bold")
        if self._whole or not bounded:
            self.control = Stepper(
                self.title, low, high, self.default, step=self._step if bounded else 1.0, whole=self._whole,
                show=self._words,
            )  # fmt: skip
            self._beside(self.control)
        else:
            ends = (self._words(low), self._words(high))
            self.control = Slider(self.title, low, high, self.default, step=self._step, ends=ends, show=self._words)
            head = QHBoxLayout()
            head.addWidget(self.caption, 1)
            head.addWidget(self._value)
            column = QVBoxLayout(self)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addLayout(head)
            column.addWidget(self.control)
        self.control.setToolTip(facts["help"])
        self.control.began.connect(self.began)
        self.control.edited.connect(lambda value: self.edited.emit(round(value) if self._whole else float(value)))

    def _words(self, value: float) -> str:
        digits = 0 if self._whole else max(0, -math.floor(math.log10(self._step)))
        return f"{number(value, digits)}{SPACE}{self._unit}".rstrip(SPACE)

    def _show(self, value: Any) -> None:
        self.control.set_amount(value)
        self._value.setText(self._words(value))


def field_for(facts: dict[str, Any]) -> Field:
    """The field that suits a parameter."""
    if facts["choices"]:
        return SelectField(facts)
    kinds: dict[str, Callable[[dict[str, Any]], Field]] = {
        "bool": SwitchField, "int": NumberField, "float": NumberField,
    }  # fmt: skip
    return kinds.get(facts["kind"], TextField)(facts)


def step_of(low: float, high: float, whole: bool) -> float:
    """A round step of about a hundredth of the range; whole numbers go by ones, in wide ranges by tens."""
    if whole:
        return 10.0 if high - low > 1000 else 1.0
    rough = (high - low) / 100
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999))


def words(name: str) -> str:
    """ "bass_top" as people read it: "Bass top"; short ones like "kl" in capitals."""
    plain = name.replace("_", " ")
    return plain.upper() if len(plain) == 2 else plain[:1].upper() + plain[1:]


