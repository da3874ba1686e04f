"""The document: every decision a person made about a song, as one frozen value.

Arrays are not in it, only the names of files in the `store`; so old values cost nothing, and undo is keeping them.
Loads no numpy, so that the window may import it before its first paint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from separation.mix.state import MixState

ENDING = ".unbraid"  # of project files
SNAPSHOTS = ("A", "B")
Value = bool | int | float | str
Values = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Source:
    """The song's file as it was when it was opened. frames is exact; sha256 is of the whole file, "" until known."""

    path: str
    sha256: str
    sample_rate: int
    channels: int
    frames: int
    subtype: str = ""
    title: str = ""
    artist: str = ""

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    @property
    def tags(self) -> dict[str, str]:
        """What is known of the song, as tags of a file made from it."""
        return {k: v for k, v in (("title", self.title), ("artist", self.artist)) if v}

    @property
    def name(self) -> str:
        """The file's name without folder and ending."""
        return Path(self.path).stem


@dataclass(frozen=True)
class Separation:
    """The outcome of one run: what was asked, which stems came, and the store files they lie in.

    parameters: those that were set by hand. rest: the stem that takes what the others leave.
    arrays: one store file per stem, in the order of `stems`. residual_db: mixture − Σ stems, as measured.
    title: what the method is called.
    """

    method: str
    parameters: Values
    stems: tuple[str, ...]
    rest: str
    arrays: tuple[str, ...]
    device: str = ""
    seconds: float = 0.0
    residual_db: float = 0.0
    title: str = ""


@dataclass(frozen=True)
class View:
    """What the eye is on: seconds from start to end, and hertz from low to high. end = 0 is the whole song."""

    start: float = 0.0
    end: float = 0.0
    low: float = 32.0
    high: float = 20000.0


@dataclass(frozen=True)
class Project:
    """All decisions. method and parameters are those of the next run; `separation` is the last one's outcome.

    snapshots: mixes that were kept to be compared, by their letter, in the order of SNAPSHOTS.
    """

    source: Source | None = None
    mixture: str = ""
    method: str = "hybrid"
    parameters: Values = ()
    separation: Separation | None = None
    mix: MixState = field(default_factory=MixState)
    snapshots: tuple[tuple[str, MixState], ...] = ()
    loop: tuple[float, float] | None = None
    view: View = View()

    def snapshot(self, letter: str) -> MixState | None:
        """The mix kept under that letter; None if there is none."""
        return dict(self.snapshots).get(letter)

    @property
    def heard(self) -> str:
        """The letter of the snapshot that the mix is; "" if it is none."""
        return next((letter for letter, mix in self.snapshots if mix == self.mix), "")

    @property
    def loop_frames(self) -> tuple[int, int] | None:
        """The loop in frames of the song; None if there is none, or nothing in it."""
        if self.loop is None or self.source is None:
            return None
        start, stop = (min(self.source.frames, max(0, round(end * self.source.sample_rate))) for end in self.loop)
        return (start, stop) if start < stop else None

    @property
    def stale(self) -> bool:
        """Whether the stems were made with another method or other parameters than are set now."""
        last = self.separation
        return last is not None and (last.method != self.method or dict(last.parameters) != dict(self.parameters))
