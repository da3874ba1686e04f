"""Type: the roles of the design system in Inter, which comes with the program; digits of equal width everywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

import resources

FOLDER = Path(resources.__file__).parent / "fonts"
FAMILY = "Inter"

# role: (size in pixels, weight, letter spacing in pixels)
ROLES: dict[str, tuple[float, int, float]] = {
    "headline": (30, 600, -0.6),
    "progress": (30, 600, -0.4),
    "position": (22, 600, 0.0),
    "dialog_title": (17, 600, 0.0),
    "title": (13, 600, 0.0),
    "body": (12, 400, 0.0),
    "body_medium": (12, 500, 0.0),
    "body_bold": (12, 600, 0.0),
    "label": (11, 400, 0.0),
    "label_medium": (11, 500, 0.0),
    "label_bold": (11, 600, 0.0),
    "axis": (10, 500, 0.0),
}


@cache
def load() -> bool:
    """Make Inter known to Qt, once; needs an application. False if the files are not there."""
    return all(QFontDatabase.addApplicationFont(str(path)) >= 0 for path in sorted(FOLDER.glob("*.otf")))


def make(role: str, factor: float) -> QFont:
    """A font of that role at that text size."""
    load()
    size, weight, spacing = ROLES[role]
    result = QFont(FAMILY)
    result.setPixelSize(max(10, round(size * factor)))
    result.setWeight(QFont.Weight(weight))
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    result.setFeature(QFont.Tag("tnum"), 1)
    if spacing:
        result.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, spacing * factor)
    return result
