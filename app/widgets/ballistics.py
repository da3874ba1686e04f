"""What a meter's needle does: instant attack, 20 dB per 1.7 s back, the peak held for 2 s, over until told."""

from __future__ import annotations

from app.widgets.numbers import level

FLOOR = -60.0
FALL = 20.0 / 1.7  # dB per second
HOLD = 2.0  # seconds
NOTHING = float("-inf")


class Ballistics:
    """One channel, in dBFS; time is given, so that it can be tested and never drifts."""

    def __init__(self) -> None:
        self.level = self.held = self.highest = NOTHING
        self.over = False
        self._age = 0.0

    def feed(self, db: float, seconds: float) -> None:
        """A peak, `seconds` after the last one."""
        self.level = max(db, self.level - FALL * seconds)
        if self.level < FLOOR:
            self.level = NOTHING
        self._age += seconds
        if db >= self.held:
            self.held, self._age = db, 0.0
        elif self._age > HOLD:
            self.held, self._age = self.level, HOLD
        self.highest = max(self.highest, db)
        self.over = self.over or db > 0.0

    @property
    def still(self) -> bool:
        """Whether nothing moves any more."""
        return self.level == NOTHING and self.held == NOTHING

    def clear(self) -> None:
        """Forget the highest peak and the over light."""
        self.highest, self.over = NOTHING, False


def peak_words(channels: list[Ballistics], over: str) -> str:
    """The highest peak of all channels as text: "−5.9", "over", "−∞"."""
    if any(channel.over for channel in channels):
        return over
    return level(max((channel.highest for channel in channels), default=NOTHING))
