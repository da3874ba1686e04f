"""What was opened or saved lately, newest first: kept among the preferences, shown on the welcome page."""

from __future__ import annotations

from typing import Any

from app import settings
from separation.project.project import Source

MOST = 12


def entries() -> list[dict[str, Any]]:
    """{"path", "title", "artist", "duration"} of each, newest first; what a damaged file holds instead is left out."""
    kinds: dict[str, type | tuple[type, ...]] = {"path": str, "title": str, "artist": str, "duration": (int, float)}
    known = settings.value("recent", [])
    return [e for e in known if isinstance(e, dict) and all(isinstance(e.get(k), kind) for k, kind in kinds.items())]


def remember(path: str, source: Source) -> None:
    """Put a song or project first."""
    entry = {
        "path": path, "title": source.title or source.name, "artist": source.artist, "duration": source.duration,
    }  # fmt: skip
    settings.put("recent", [entry, *[e for e in entries() if e["path"] != path]][:MOST])


def forget(path: str) -> None:
    """Leave one out, because its file is gone."""
    settings.put("recent", [e for e in entries() if e["path"] != path])
