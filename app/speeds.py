"""How fast methods are on this machine: measured at every run, for the times shown before the next one."""

from __future__ import annotations

from app import settings


def remember(method: str, device: str, speed: float) -> None:
    """speed: seconds of song per second."""
    if speed > 0:
        settings.put("speed", {**settings.value("speed", {}), f"{method} on {device}": round(speed, 3)})


def known(method: str, device: str) -> float | None:
    """Seconds of song per second of the last run, None if there was none."""
    found = settings.value("speed", {}).get(f"{method} on {device}")
    return float(found) if isinstance(found, (int, float)) and found > 0 else None
