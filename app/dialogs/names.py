"""File names from a template: "{artist} - {title} ({stem})"."""

from __future__ import annotations

import re
from collections.abc import Mapping

TOKENS = ("artist", "title", "stem", "method", "date", "number")
MIX = "{artist} - {title} (remix)"
STEMS = "{artist} - {title} ({stem})"
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def file_name(template: str, values: Mapping[str, str]) -> str:
    """The name without its ending, fit for every file system; "" if nothing is left of it.

    What is not known leaves no trace: an empty artist takes the dash behind it along, empty brackets go. A word in
    braces that is no token stays as it is.
    """
    text = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]) if m[1] in TOKENS else m[0], template)
    text = _FORBIDDEN.sub("_", text)
    text = re.sub(r"\(\s*\)|\[\s*\]", "", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?:\s[-–]){2,}(?=\s)", " -", text)
    text = re.sub(r"^[\s\-–.]+|[\s\-–.]+$", "", text)[:180].rstrip(" .")
    return f"_{text}" if text.casefold() in _RESERVED else text
