"""What the mixer is set to: one frozen value, shared by the studio, the command line and the project file.

Solos add up; mute wins over solo. The meaning in sound is in `mix/render.py`. Loads no numpy, so that the window
may import it before its first paint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MINUS_INFINITY = float("-inf")
PAN_LAWS = ("balance", "linear", "-4.5 dB", "constant-power")


@dataclass(frozen=True)
class Strip:
    """One channel strip.

    gain_db: fader in dB; −∞ is silence. pan: −1 (left) to 1 (right), 0 is where the song had it.
    width: of the stereo picture: 0 is mono, 1 as the song had it, 2 is twice the difference of the sides.
    invert: the sound upside down (its phase inverted).
    """

    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    width: float = 1.0
    invert: bool = False


UNTOUCHED = Strip()


@dataclass(frozen=True)
class MixState:
    """All strips by stem name, in mixer order, and the master fader. A stem without a strip is untouched.

    pan_law: what panning does to the level, one of PAN_LAWS (see `mix/panning.py`).
    """

    strips: tuple[tuple[str, Strip], ...] = ()
    master_db: float = 0.0
    pan_law: str = PAN_LAWS[0]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.strips)

    def strip(self, name: str) -> Strip:
        """The strip of that stem; an untouched one if it has none."""
        for known, strip in self.strips:
            if known == name:
                return strip
        return UNTOUCHED

    def with_strip(self, name: str, strip: Strip) -> MixState:
        """This state with another strip for `name`, in its place, or at the end if it is new."""
        if name in self.names:
            return replace(self, strips=tuple((n, strip if n == name else s) for n, s in self.strips))
        return replace(self, strips=(*self.strips, (name, strip)))

    def only(self, names: tuple[str, ...]) -> MixState:
        """This state with strips for exactly these stems: what is left when stems change."""
        return replace(self, strips=tuple((name, self.strip(name)) for name in names))


def audible(state: MixState, name: str) -> bool:
    """Whether mutes and solos let `name` through."""
    strip = state.strip(name)
    soloing = any(other.solo for _, other in state.strips)
    return not strip.mute and (strip.solo or not soloing)


def gain(db: float) -> float:
    """Linear gain of a level in dB: 1.0 at 0 exactly, 0.0 at −∞ exactly."""
    if db == 0.0:
        return 1.0
    return 0.0 if db == MINUS_INFINITY else float(10.0 ** (db / 20.0))
