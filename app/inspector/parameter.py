"""The field that suits a parameter: a switch, a choice, a slider or stepper, a file, or a line to type into."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from app.inspector.field import Field, words
from app.inspector.file import FileField
from app.widgets.check import Switch
from app.widgets.label import Label
from app.widgets.numbers import SPACE, number
from app.widgets.select import Select
from app.widgets.slider import Slider
from app.widgets.stepper import Stepper
from app.widgets.value import ValueControl

UNBOUNDED = 1_000_000  # the range of a number without bounds


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
    if facts["file"]:
        return FileField(facts)
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
