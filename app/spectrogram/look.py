"""What is shown of the stems, and what lies under the pointer: two values that the parts hand each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["stems", "mix", "solo"]


@dataclass(frozen=True)
class Look:
    """mode: stems in their colours, all in grey, or one stem before the others. hidden: stems without their colour.
    focus: the stem of "solo"."""

    mode: Mode = "stems"
    hidden: frozenset[str] = frozenset()
    focus: str = ""

    def weights(self, names: tuple[str, ...]) -> tuple[float, ...]:
        """How much of its hue each stem keeps, 0 to 1."""
        if self.mode == "mix":
            return (0.0,) * len(names)
        if self.mode == "solo" and self.focus in names:
            return tuple(1.0 if name == self.focus else 0.22 for name in names)
        return tuple(0.0 if name in self.hidden else 1.0 for name in names)


@dataclass(frozen=True)
class Pointer:
    """What lies under the pointer: time, frequency, level of the mixture (−∞ where it is silent or not read yet), and
    each stem's share of the power there (0 to 1, sum 1; empty where it is not separated)."""

    seconds: float
    hertz: float
    level_db: float
    shares: dict[str, float] = field(default_factory=dict)
