"""Every colour of the studio by name, for dark and light: the table of the design system, section 3.

`CONTROL_GROUNDS` and `TEXTS` say which pairs must be readable; a test computes their contrast from here.
"""

from __future__ import annotations

DARK: dict[str, str] = {
    "bg": "#0C0E12",
    "panel": "#15181E",
    "raised": "#1C2028",
    "control": "#262B35",
    "control2": "#313744",
    "well": "#0A0C10",
    "line": "#262B34",
    "line2": "#3A4250",
    "text": "#ECEEF3",
    "text2": "#B3BAC7",
    "text3": "#8E98A8",
    "accent": "#9B8BFF",
    "soft": "#299B8BFF",  # accent at 16 %
    "button": "#6A57EE",
    "button_hover": "#5D4AE0",
    "button_pressed": "#4F3DCB",
    "chosen": "#3B4351",  # the chosen segment
    "ok": "#5CCB96",
    "warn": "#F2B84B",
    "danger": "#FF7A72",
    "meter": "#5CCB96",
    "meter_warn": "#F2B84B",
    "mute": "#FF7A72",
    "solo": "#F2C94C",
    "cap": "#D9DDE5",
    "cap_edge": "#8A93A3",
    "peak_line": "#FFFFFF",
    "shadow": "#8C000000",  # 55 %
}

LIGHT: dict[str, str] = {
    "bg": "#E4E7ED",
    "panel": "#F4F5F8",
    "raised": "#FFFFFF",
    "control": "#E3E6EC",
    "control2": "#D5DAE3",
    "well": "#FFFFFF",
    "line": "#D3D8E1",
    "line2": "#AEB6C3",
    "text": "#14171C",
    "text2": "#434B58",
    "text3": "#586170",
    "accent": "#5640DB",
    "soft": "#1C5640DB",  # accent at 11 %
    "button": "#5B46E4",
    "button_hover": "#4A36CC",
    "button_pressed": "#3D2BB0",
    "chosen": "#FFFFFF",
    "ok": "#086B40",
    "warn": "#8A5A00",
    "danger": "#B42A24",
    "meter": "#0B7A4A",
    "meter_warn": "#E39A1B",
    "mute": "#FF7A72",
    "solo": "#F2C94C",
    "cap": "#FFFFFF",
    "cap_edge": "#8E97A6",
    "peak_line": "#14171C",
    "shadow": "#38000000",  # 22 %
}

BOTH: dict[str, str] = {
    "ink": "#0B0D11",  # icons on stem tiles, letters on lit M and S
    "white": "#FFFFFF",  # text on filled buttons
    "float": "#EB0C0E12",  # floating readouts and chips, 92 %, in both themes
    "float_text": "#ECEEF3",
    "float_text2": "#B3BAC7",
}

CONTROL_GROUNDS = ("bg", "panel", "raised", "control")
TEXTS = ("text", "text2", "text3")
SPACES = (2, 4, 6, 8, 10, 12, 14, 18, 24)
DISABLED = 0.42
