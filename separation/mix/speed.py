"""Tempo and key of a whole song, and what that means for each of its stems.

Drums keep their pitch in every key; voices keep their formants. Loads no numpy, so that the window may import it before
its first paint.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from separation.errors import ParameterError
from separation.mix.presets import DRUMS, VOICE

SLOWEST, FASTEST, FARTHEST = 0.25, 2.0, 12.0
DRUM_WORDS = {*DRUMS, "hihats", "claps", "shaker", "tambourine", "congas", "bongos"}
VOICE_WORDS = {*VOICE, "vocals", "voices", "singer", "choirs"}


@dataclass(frozen=True)
class Speed:
    """tempo: 0.25 to 2 times as fast. semitones: −12 to 12; cents are its fraction. Raises ParameterError."""

    tempo: float = 1.0
    semitones: float = 0.0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.tempo <= FASTEST:
            raise ParameterError(f"A tempo lies between {SLOWEST:g} and {FASTEST:g}; {self.tempo:g} does not.")
        if not -FARTHEST <= self.semitones <= FARTHEST:
            raise ParameterError(
                f"A key is moved by at most {FARTHEST:g} semitones up or down; {self.semitones:g} is farther."
            )

    @property
    def natural(self) -> bool:
        """Whether the song stays as it is."""
        return self.tempo == 1.0 and self.semitones == 0.0


NATURAL = Speed()


def kind(stem: str) -> Literal["drums", "voice", "tonal"]:
    """How a stem of that name is treated."""
    words = set(re.findall(r"[^\W\d_]+", stem.lower().replace("hi-hat", "hihat")))
    if words & DRUM_WORDS:
        return "drums"
    return "voice" if words & VOICE_WORDS else "tonal"


def semitones(stem: str, speed: Speed, keep_pitch: Collection[str] = ()) -> float:
    """How far a stem of that name is transposed: drums never are, nor those of `keep_pitch`."""
    return 0.0 if stem in keep_pitch or kind(stem) == "drums" else speed.semitones
