"""A parameter is declared once: default, bounds, unit and one help sentence, beside the field itself.

The command line's `--set NAME=VALUE`, the studio's inspector, the catalogue and the project file are all derived
from these declarations. Every method's parameters are a frozen dataclass that inherits `Parameters`:

    @dataclass(frozen=True)
    class NmfParameters(Parameters):
        rank: int = parameter(24, minimum=1, maximum=512, help="How many atoms the dictionary has.")
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from separation.errors import ParameterError


def parameter(
    default: Any,
    *,
    help: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    expert: bool = False,
    hidden: bool = False,
    file: str = "",
) -> Any:
    """A dataclass field with everything a person or a program needs to know about it.

    file: for a path, what kind of file, with its endings: "MIDI score (*.mid *.midi)".
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help, "unit": unit, "minimum": minimum, "maximum": maximum,
            "choices": choices, "expert": expert, "hidden": hidden, "file": file,
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """What every method takes. `device` and `seed` have options of their own, so `describe` leaves them out."""

    device: str = parameter("cpu", help="Where the arrays live: cpu, cuda:N or mps.", hidden=True)
    seed: int = parameter(0, help="Start of every random choice.", minimum=0, maximum=2**32 - 1, hidden=True)


@dataclass(frozen=True)
class Description:
    """One parameter as a form, a table or a help text shows it."""

    name: str
    kind: type
    default: Any
    help: str
    unit: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    expert: bool
    file: str


def describe(kind: type[Parameters]) -> tuple[Description, ...]:
    """The parameters a person may set, in declaration order."""
    return tuple(
        Description(
            name=f.name, kind=type(f.default), default=f.default,
            **{k: f.metadata[k] for k in ("help", "unit", "minimum", "maximum", "choices", "expert", "file")},
        )
        for f in dataclasses.fields(kind)
        if not f.metadata["hidden"]
    )  # fmt: skip


def build(kind: type[Parameters], values: Mapping[str, Any]) -> Parameters:
    """An instance from names and values; texts ("24", "true", "0.5") are converted.

    Raises ParameterError for an unknown name, a value of the wrong kind or one out of bounds.
    """
    fields = {f.name: f for f in dataclasses.fields(kind)}
    shown = [d.name for d in describe(kind)]
    result = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            known = f"it has {', '.join(shown)}" if shown else "it has none"
            raise ParameterError(f"There is no parameter “{name}” here: {known}.")
        result[name] = _checked(field, value)
    return kind(**result)


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    kind, meta = type(field.default), field.metadata
    if kind is bool and isinstance(value, str):
        on, off = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
        if value.lower() not in on + off:
            raise ParameterError(f"“{field.name}” is a switch: write true or false, not “{value}”.")
        value = value.lower() in on
    elif kind in (int, float):
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ParameterError(f"“{field.name}” is a number; “{value}” is not one.") from None
        if not math.isfinite(number) or (kind is int and number != int(number)):
            raise ParameterError(f"“{field.name}” takes a {'whole' if kind is int else 'finite'} number, not {value}.")
        value = kind(number)
        low, high = meta["minimum"], meta["maximum"]
        if (low is not None and value < low) or (high is not None and value > high):
            raise ParameterError(f"“{field.name}” must lie between {low} and {high}; {value} does not.")
    elif kind is str:
        value = str(value)
        if meta["choices"] and value not in meta["choices"]:
            raise ParameterError(f"“{field.name}” is one of {', '.join(meta['choices'])}; “{value}” is not.")
    return value
