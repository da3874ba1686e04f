"""The look of the studio: colours, stems, type and icons by name, in dark and light, changed while it runs.

    from app import theme
    theme.colour("accent"), theme.font("title"), theme.stem("drums").colour, theme.icon("play")

Whoever paints reads these at every paint and is repainted at a change; who keeps a colour listens to
`theme.signals.changed`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from app.theme import fonts, icons
from app.theme.patterns import pattern
from app.theme.sheet import palette, sheet
from app.theme.stems import StemStyle, stem
from app.theme.stems import title as stem_title
from app.theme.tokens import BOTH, DARK, DISABLED, LIGHT, SPACES

__all__ = [
    "DISABLED",
    "SPACES",
    "Mode",
    "StemStyle",
    "colour",
    "fill",
    "font",
    "icon",
    "install",
    "is_dark",
    "mode",
    "pattern",
    "pixmap",
    "scaled",
    "set_mode",
    "set_text_size",
    "signals",
    "stem",
    "stem_title",
    "text_size",
    "varied",
]

Mode = Literal["system", "dark", "light"]


class Signals(QObject):
    """changed(): colours or text size are others now."""

    changed = Signal()


signals = Signals()
_mode: Mode = "system"
_dark = True
_factor = 1.0


def install(application: QApplication, wanted: Mode | None = None) -> None:
    """Give the application this look, and follow the system's light or dark from now on; `wanted` is the first mode."""
    global _mode
    if wanted in ("system", "dark", "light"):
        _mode = wanted
    application.setStyle("Fusion")
    application.styleHints().colorSchemeChanged.connect(_system_changed)
    _decide()
    _apply()


def is_dark() -> bool:
    return _dark


def mode() -> Mode:
    return _mode


def set_mode(wanted: Mode) -> None:
    """Dark, light, or what the system says; at once, everywhere."""
    global _mode
    _mode = wanted
    _decide()
    _apply()


def text_size() -> float:
    return _factor


def set_text_size(factor: float) -> None:
    """Scale all type: 1 is the design's size."""
    global _factor
    _factor = min(2.0, max(0.8, factor))
    _font.cache_clear()
    _apply()


def scaled(pixels: float) -> int:
    """A length that holds text, at the current text size."""
    return round(pixels * _factor)


def colour(token: str) -> QColor:
    """The colour of that name in the current theme."""
    return QColor(BOTH.get(token) or (DARK if _dark else LIGHT)[token])


def varied(ground: QColor, steps: int = 1) -> QColor:
    """A ground under the pointer (1) or pressed (2): lighter in the dark theme, darker in the light one."""
    target = colour("text")
    part = 0.07 * steps
    red, green, blue = (
        round(a + (b - a) * part)
        for a, b in (
            (ground.red(), target.red()),
            (ground.green(), target.green()),
            (ground.blue(), target.blue()),
        )
    )
    return QColor(red, green, blue)


def fill(name: str) -> QColor:
    """A stem's colour where it carries a value: meter, fader, knob, share."""
    style = stem(name)
    return style.colour if _dark else style.deep


def font(role: str) -> QFont:
    """The font of a role: headline, progress, position, dialog_title, title, body, label, axis and their weights."""
    return QFont(_font(role))


@lru_cache(maxsize=32)
def _font(role: str) -> QFont:
    return fonts.make(role, _factor)


def icon(name: str, colour: QColor | str | None = None, size: int = 16) -> QIcon:
    """An icon for menus and stock controls; colour: a token or a colour, text2 if none."""
    return icons.icon(name, _tint(colour), size)


def pixmap(name: str, colour: QColor | str | None = None, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """An icon to paint, drawn for a screen of that pixel ratio."""
    return icons.pixmap(name, _tint(colour).name(QColor.NameFormat.HexArgb), size, ratio)


def _tint(given: QColor | str | None) -> QColor:
    return given if isinstance(given, QColor) else colour(given or "text2")


def _system_changed(_scheme: Qt.ColorScheme) -> None:
    if _mode == "system":
        _decide()
        _apply()


def _decide() -> None:
    global _dark
    scheme = QGuiApplication.styleHints().colorScheme()
    _dark = scheme != Qt.ColorScheme.Light if _mode == "system" else _mode == "dark"


def _apply() -> None:
    application = QApplication.instance()
    if isinstance(application, QApplication):
        application.setFont(font("body"))
        application.setPalette(palette(colour))
        application.setStyleSheet(sheet(colour, _chevron()))
        for widget in QApplication.allWidgets():
            widget.updateGeometry()
            widget.update()
    signals.changed.emit()


def _chevron() -> str:
    """The arrow of combo boxes as a file in the theme's colour: style sheets take files only."""
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)) / "unbraid"
    path = folder / f"chevron-{'dark' if _dark else 'light'}.svg"
    drawing = (icons.FOLDER / "chevron-down.svg").read_text(encoding="utf-8")
    drawing = drawing.replace("currentColor", colour("text2").name())
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != drawing:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(drawing, encoding="utf-8")
    except OSError:
        return ""
    return path.as_posix()
