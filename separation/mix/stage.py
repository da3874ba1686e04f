"""Where the players of a mono song are put: the places of upmix's presets, by what the stems are called.

    places(("vocals", "bass", "drums", "other"), "stage")

Three layouts. “natural” keeps the song's weight in the middle and opens what lies behind the voice; “wide” goes
further; “stage” is a band as it stood around 1955: angle and distance of every player are those of a plan of the
stage, seen from the listener between loudspeakers at ±30°. The angle becomes a pan by the law of tangents
(L − R) / (L + R) = tan θ / tan 30° (Bernfeld, "Attempts for better understanding of the directional stereophonic
listening mechanism", AES 44th Convention, 1973); who stands further away is wider, as more of him comes by the walls.

The voice hardly gets wider (its place must stay clear), bass and kick not at all, and drums only in short echoes above
2 kHz, so that hits stay hits. Stems without a known name are spread out evenly, from left to right in turns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from separation.errors import ParameterError
from separation.mix.presets import DRUMS, VOICE

LAYOUTS = ("natural", "wide", "stage")
LOUDSPEAKERS = 30.0  # degrees to each side


@dataclass(frozen=True)
class Place:
    """pan: −1 (left) to 1 (right). width: 0 is a point, 1 makes both sides uncorrelated. lowest: in Hz, of the width.
    seconds: over which the width spreads a sound.
    """

    pan: float = 0.0
    width: float = 0.0
    lowest: float = 120.0
    seconds: float = 0.03


FAMILIES: dict[str, tuple[str, ...]] = {
    "backing": ("backing vocals", "choir", "backing"),
    "vocals": VOICE,
    "kick": ("kick", "bass drum"),
    "snare": ("snare", "clap"),
    "toms": ("toms", "tom"),
    "hats": ("hihat", "hat", "hats", "cymbals", "cymbal", "ride", "crash"),
    "drums": DRUMS,
    "bass": ("bass", "double bass", "bass guitar"),
    "guitar": ("guitar", "guitars", "banjo", "mandolin", "ukulele"),
    "keys": ("piano", "keys", "keyboard", "organ", "clavinet", "synth", "vibraphone", "accordion"),
    "strings": ("strings", "violin", "violins", "cello", "viola", "harp"),
    "horns": ("horns", "brass", "trumpet", "trombone", "sax", "saxophone", "clarinet", "flute", "winds", "woodwinds"),
    "whole": ("other", "accompaniment", "instrumental", "mixture", "harmonic", "residual", "background", "music"),
}
NATURAL: dict[str, tuple[float, float]] = {  # pan, width
    "vocals": (0.0, 0.08), "backing": (0.0, 0.4), "kick": (0.0, 0.0), "snare": (0.05, 0.1), "toms": (-0.25, 0.2),
    "hats": (0.25, 0.2), "drums": (0.0, 0.3), "bass": (0.0, 0.0), "guitar": (-0.35, 0.3), "keys": (0.35, 0.35),
    "strings": (-0.15, 0.5), "horns": (0.25, 0.3), "whole": (0.0, 0.5),
}  # fmt: skip
WIDE: dict[str, tuple[float, float]] = {
    "vocals": (0.0, 0.12), "backing": (0.0, 0.7), "kick": (0.0, 0.0), "snare": (0.08, 0.2), "toms": (-0.45, 0.35),
    "hats": (0.45, 0.35), "drums": (0.0, 0.55), "bass": (0.0, 0.0), "guitar": (-0.65, 0.5), "keys": (0.65, 0.55),
    "strings": (-0.3, 0.8), "horns": (0.5, 0.5), "whole": (0.0, 0.8),
}  # fmt: skip
STAGE: dict[str, tuple[float, float]] = {  # degrees to the right, metres
    "vocals": (0.0, 2.0), "backing": (11.0, 3.0), "kick": (5.0, 4.5), "snare": (6.0, 4.5), "toms": (3.0, 4.5),
    "hats": (9.0, 4.5), "drums": (6.0, 4.5), "bass": (-12.0, 4.0), "guitar": (-19.0, 3.0), "keys": (20.0, 3.5),
    "strings": (-9.0, 5.5), "horns": (14.0, 5.0), "whole": (0.0, 5.5),
}  # fmt: skip
SPREAD = {"natural": (0.5, 0.4), "wide": (0.8, 0.7), "stage": (0.6, 0.45)}  # outermost pan, width of unknown stems


def places(names: Sequence[str], layout: str) -> tuple[Place, ...]:
    """The place of each stem, in order. Raises ParameterError for a layout that is none of LAYOUTS."""
    if layout not in LAYOUTS:
        raise ParameterError(f"There is no upmix “{layout}”: choose one of {', '.join(LAYOUTS)}.")
    found = [family(name) for name in names]
    strangers = [j for j, one in enumerate(found) if not one]
    result = []
    for j, one in enumerate(found):
        if one:
            result.append(_known(one, layout))
        else:
            outermost, width = SPREAD[layout]
            result.append(Place(outermost * _turn(strangers.index(j), len(strangers)), width))
    return tuple(result)


def family(name: str) -> str:
    """Which of FAMILIES a stem belongs to; "" if none. Numbers and underscores in names do not matter."""
    plain = re.sub(r"[\s_\-]*\d+$", "", name.strip().lower()).replace("_", " ")
    return next((one for one, alike in FAMILIES.items() if plain in alike), "")


def seen(degrees: float, metres: float) -> tuple[float, float]:
    """Pan and width of a player at that angle (to the right) and distance."""
    pan = math.tan(math.radians(degrees)) / math.tan(math.radians(LOUDSPEAKERS))
    return max(-1.0, min(1.0, pan)), max(0.0, min(0.7, 0.12 * (metres - 1.5)))


def _known(family: str, layout: str) -> Place:
    pan, width = seen(*STAGE[family]) if layout == "stage" else (WIDE if layout == "wide" else NATURAL)[family]
    if family in ("bass", "kick"):
        return Place(pan)
    if family == "vocals":
        return Place(pan, min(width, 0.12))
    if family in ("drums", "snare", "toms", "hats"):
        return Place(pan, width, lowest=2000.0, seconds=0.008)
    return Place(pan, width)


def _turn(index: int, count: int) -> float:
    """Place `index` of `count` from −1 to 1, outermost ones last, sides in turns; 0 for the middle one."""
    if count < 2:
        return 0.0
    spread = sorted((2 * k / (count - 1) - 1 for k in range(count)), key=lambda p: (round(abs(p), 9), p))
    return spread[index]
