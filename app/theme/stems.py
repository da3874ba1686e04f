"""How each stem looks: colour, deep colour for the light theme, icon, pattern and whether its icon is white.

Colours come from the palette of Okabe and Ito (2008), which colour-blind people tell apart; the patterns say the
same without colour.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor


@dataclass(frozen=True)
class StemStyle:
    """colour: bands and tiles. deep: fills that carry a value, in the light theme. ink: the icon on the tile."""

    colour: QColor
    deep: QColor
    icon: str
    pattern: str
    ink: QColor


def _style(colour: str, deep: str, icon: str, pattern: str, ink: str = "#0B0D11") -> StemStyle:
    return StemStyle(QColor(colour), QColor(deep), icon, pattern, QColor(ink))


STEMS: dict[str, StemStyle] = {
    "vocals": _style("#56B4E9", "#2A7FB5", "mic", "none"),
    "drums": _style("#009E73", "#00795A", "drum", "diagonals"),
    "bass": _style("#D55E00", "#B84F00", "bass-clef", "horizontals"),
    "other": _style("#CC79A7", "#A8527F", "waveform", "dots"),
    "guitar": _style("#E69F00", "#9A6A00", "guitar", "verticals"),
    "piano": _style("#0072B2", "#005E93", "piano", "bricks", "#FFFFFF"),
    "residual": _style("#F0E442", "#857A00", "hatch", "crosses"),
}
ALIKE = {  # by the stem whose colour and pattern they have, and their own icon
    "accompaniment": ("other", "music"),
    "harmonic": ("other", "music"),
    "percussive": ("drums", "drum"),
    "rest": ("residual", "hatch"),
    "kick": ("bass", "drum"),
    "snare": ("guitar", "drum"),
    "hihat": ("vocals", "drum"),
    "toms": ("other", "drum"),
    "cymbals": ("piano", "drum"),
    "centre": ("vocals", "mic"),
    "sides": ("other", "music"),
}
_FREE = ("vocals", "drums", "bass", "other", "guitar", "piano")


def cousin(name: str) -> str:
    """The stem of the palette whose colour and pattern `name` has; an unknown name always has the same one."""
    if name in STEMS:
        return name
    if name in ALIKE:
        return ALIKE[name][0]
    head, _, number = name.rpartition(" ")
    place = int(number) - 1 if head and number.isdecimal() else zlib.crc32(name.encode())
    return _FREE[place % len(_FREE)]


def stem(name: str) -> StemStyle:
    """The style of any stem."""
    style = STEMS[cousin(name)]
    return style if name in STEMS else replace(style, icon=ALIKE.get(name, ("", "bars"))[1])


def title(name: str) -> str:
    """A stem's name as people read it, in their language."""
    known = {
        "vocals": QCoreApplication.translate("Stems", "Vocals"),
        "drums": QCoreApplication.translate("Stems", "Drums"),
        "bass": QCoreApplication.translate("Stems", "Bass"),
        "other": QCoreApplication.translate("Stems", "Other"),
        "guitar": QCoreApplication.translate("Stems", "Guitar"),
        "piano": QCoreApplication.translate("Stems", "Piano"),
        "residual": QCoreApplication.translate("Stems", "Residual"),
        "accompaniment": QCoreApplication.translate("Stems", "Accompaniment"),
        "harmonic": QCoreApplication.translate("Stems", "Harmonic"),
        "percussive": QCoreApplication.translate("Stems", "Percussive"),
        "kick": QCoreApplication.translate("Stems", "Kick"),
        "snare": QCoreApplication.translate("Stems", "Snare"),
        "hihat": QCoreApplication.translate("Stems", "Hi-hat"),
        "toms": QCoreApplication.translate("Stems", "Toms"),
        "cymbals": QCoreApplication.translate("Stems", "Cymbals"),
        "centre": QCoreApplication.translate("Stems", "Centre"),
        "sides": QCoreApplication.translate("Stems", "Sides"),
    }
    return known.get(name, name[:1].upper() + name[1:])
