"""Numbers as the studio writes and reads them: true minus, no-break spaces, ∞ for silence, times."""

from __future__ import annotations

import math

MINUS = "\u2212"
SPACE = "\u00a0"
SILENCE = -70.0  # under this a level reads −∞


def number(value: float, digits: int = 1, *, sign: bool = False) -> str:
    """ "−1.5", "+1.0" with `sign`, "−∞"; never a negative zero."""
    if math.isinf(value):
        return f"{MINUS}∞" if value < 0 else "∞"
    text = f"{abs(value):.{digits}f}"
    zero = float(text) == 0
    return (MINUS if value < 0 and not zero else "+" if sign and not zero else "") + text


def level(db: float) -> str:
    """A measured level: under −70 it is silence."""
    return number(db if db >= SILENCE else -math.inf)


def decibels(linear: float) -> float:
    """A linear peak in dB, −∞ for nothing."""
    return 20.0 * math.log10(linear) if linear > 0 else -math.inf


def spoken(db: float) -> str:
    """A level for a screen reader, without its unit: "minus 1.5"."""
    if math.isinf(db):
        return "minus infinite"
    text = f"{abs(db):.1f}"
    return f"minus {text}" if db < 0 and float(text) else text


def clock(seconds: float, digits: int = 2) -> str:
    """ "0:47.00", "1:12:40.00"; whole seconds with `digits=0`. Never rounds up into a time that is not there."""
    unit = 10**digits
    total = math.floor(max(0.0, seconds) * unit + 1e-6)
    whole, part = divmod(total, unit)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{part:0{digits}d}" if digits else text


def lasting(seconds: float) -> str:
    """How long something takes: "12 s", "1 min 20 s", "12 min", "1 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}{SPACE}s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}{SPACE}min" + (f"{SPACE}{rest}{SPACE}s" if rest else "")
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes}{SPACE}min"
    hours, rest = divmod(minutes, 60)
    return f"{hours}{SPACE}h" + (f"{SPACE}{rest}{SPACE}min" if rest else "")


def parse(text: str) -> float | None:
    """What someone typed: signs and commas of all kinds, "-inf", a unit behind; None if it is no number."""
    plain = text.strip().lower().replace(MINUS, "-").replace("–", "-").replace(",", ".").replace(SPACE, " ")
    for unit in ("db", "%", "lufs", "s"):
        plain = plain.removesuffix(unit).strip()
    if plain in ("-inf", "-∞", "-oo", "∞", "inf"):
        return -math.inf
    try:
        value = float(plain)
    except ValueError:
        return None
    return None if math.isnan(value) else value
