"""How fast methods are on this machine: measured at every run, for the times shown before the next one."""

from __future__ import annotations

from app import settings

FIRST = 3.0  # seconds that a first run takes to get ready


def remember(method: str, device: str, speed: float) -> None:
    """speed: seconds of song per second."""
    if speed > 0:
        settings.put("speed", {**settings.value("speed", {}), f"{method} on {device}": round(speed, 3)})


def known(method: str, device: str) -> float | None:
    """Seconds of song per second of the last run, None if there was none."""
    found = settings.value("speed", {}).get(f"{method} on {device}")
    return float(found) if isinstance(found, (int, float)) and found > 0 else None


def estimate(method: str, device: str, own: float, seconds: float) -> float:
    """How long so many seconds of song take: as measured here before, else by the method's own speed, for one core."""
    speed = known(method, device)
    return seconds / speed if speed is not None else FIRST + seconds / (2 * own)
