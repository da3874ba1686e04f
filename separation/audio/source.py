"""What a sound file says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from separation.audio.tags import Cover

Notice = Callable[[str], object]  # told a sentence that does not stop the work


@dataclass(frozen=True)
class SourceInfo:
    """What a file says about itself. frames: an estimate where the file does not say. cover: as it lay in the file."""

    path: Path
    container: str
    subtype: str
    sample_rate: int
    channels: int
    frames: int
    tags: Mapping[str, str] = field(default_factory=dict)
    cover: Cover | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        return self.tags.get("title", "")

    @property
    def artist(self) -> str:
        return self.tags.get("artist", "")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


def breaks_off(info: SourceInfo, done: int) -> str:
    """The notice for a file of which only the first `done` samples could be decoded."""
    return (
        f"“{info.path.name}” is damaged or incomplete: only its first {done / info.sample_rate:.1f} s could be read, "
        "and they are used."
    )
