"""What should be heard: the song, its stems, the mixer, the loop. One frozen value, replaced when anything changes.

The render thread reads whichever `Score` is the newest; the window makes new ones. Neither waits for the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from separation.mix.render import matrices, resting
from separation.mix.state import MixState, gain

UNMIXED = MixState()


@dataclass(frozen=True, eq=False)
class Gains:
    """Channel matrices (J, C, C) of the stems, and the master gain."""

    matrices: np.ndarray
    master: float

    def towards(self, other: Gains, share: float) -> Gains:
        """The gains on the way to `other`, `share` (0 to 1) of the way done."""
        return Gains(
            self.matrices + share * (other.matrices - self.matrices), self.master + share * (other.master - self.master)
        )

    def same(self, other: Gains) -> bool:
        return self is other or (self.master == other.master and np.array_equal(self.matrices, other.matrices))


@dataclass(frozen=True, eq=False)
class Score:
    """A song ready to be played.

    mixture: (T, C) float32. stems: J arrays (T, C), of which the first `ready` frames are there.
    remix: the mixer's gains; song: the same master with every strip at rest.
    original: play the song as it was. loop: frames (from, to), to excluded.
    """

    mixture: np.ndarray
    sample_rate: int
    names: tuple[str, ...] = ()
    stems: tuple[np.ndarray, ...] = ()
    ready: int = 0
    mix: MixState = UNMIXED
    original: bool = False
    loop: tuple[int, int] | None = None
    remix: Gains = field(init=False)
    song: Gains = field(init=False)

    def __post_init__(self) -> None:
        level = gain(self.mix.master_db)
        object.__setattr__(self, "remix", Gains(matrices(self.mix, self.names, self.channels), level))
        object.__setattr__(self, "song", Gains(resting(len(self.names), self.channels), level))

    @property
    def frames(self) -> int:
        return self.mixture.shape[0]

    @property
    def channels(self) -> int:
        return self.mixture.shape[1]

    @property
    def block(self) -> int:
        """Frames rendered at once, and the length of a gain's ramp: about 11 ms at every rate."""
        return 512 * max(1, round(self.sample_rate / 48000))

    @property
    def fade(self) -> int:
        """Frames over which one place in the song takes over from another: 5 ms."""
        return max(1, round(0.005 * self.sample_rate))

    def goal(self, position: int, count: int) -> Gains:
        """The gains for the next `count` frames from `position`: the song's own where the stems are not ready.

        The way back to the song begins one ramp early, so that it ends where the stems end.
        """
        there = self.ready >= self.frames or position + count + self.block <= self.ready
        return self.remix if self.stems and there and not self.original else self.song

    def loop_end(self, position: int) -> int | None:
        """Where a voice at `position` jumps back; None if it plays on. Loops under two fades are none."""
        if self.loop is None or self.loop[1] - self.loop[0] < 2 * self.fade:
            return None
        return min(self.loop[1], self.frames) if position < min(self.loop[1], self.frames) else None
