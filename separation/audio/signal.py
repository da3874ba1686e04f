"""Sound in memory (`Audio`), and sound that flows past in blocks (`Stream`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from separation.errors import InputError


@dataclass(frozen=True, eq=False)
class Audio:
    """A sound in memory.

    samples: float32 (C, T), full scale ±1; read-only.
    sample_rate: in Hz.
    subtype: sample format of the file it came from ("PCM_16", "PCM_24", "FLOAT", …), "" if it came from none.
    tags: title, artist and the rest, lower-case keys.
    """

    samples: np.ndarray
    sample_rate: int
    subtype: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, dtype=np.float32)
        if samples.ndim == 1:
            samples = samples[None]
        if samples.ndim != 2:
            raise InputError(f"Sound is an array of channels × samples; this one has {samples.ndim} dimensions.")
        if self.sample_rate <= 0:
            raise InputError(f"A sample rate is positive; {self.sample_rate} Hz is not.")
        samples = samples.view()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def frames(self) -> int:
        return self.samples.shape[1]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def with_samples(self, samples: np.ndarray) -> Audio:
        """The same rate, subtype and tags with other samples (C, T)."""
        return replace(self, samples=samples)

    def save(self, path: str | os.PathLike[str], *, subtype: str | None = None, overwrite: bool = True) -> None:
        """Write to `path`; the format follows its ending. Appears whole or not at all. Raises OutputError."""
        from separation.audio.writing import save

        save(path, self, subtype=subtype, overwrite=overwrite)

    def stream(self, size: int = 1 << 18) -> Stream:
        """This sound as a stream of blocks (C, size)."""

        def blocks() -> Iterator[np.ndarray]:
            for start in range(0, self.frames, size):
                yield self.samples[:, start : start + size]

        return Stream(blocks(), self.sample_rate, self.channels, self.frames, blocks)


@dataclass(frozen=True, eq=False)
class Stream:
    """A sound that passes by once, so that its length does not matter for memory.

    blocks: float32 arrays (C, n), any n >= 1, consecutive.
    frames: how many samples will come in all; an estimate for files that do not say.
    again: the same blocks from the start, for methods that must hear a song twice; None where it passes only once.
    """

    blocks: Iterator[np.ndarray]
    sample_rate: int
    channels: int
    frames: int
    again: Callable[[], Iterator[np.ndarray]] | None = None

    def collect(self) -> Audio:
        """Read to the end."""
        parts = list(self.blocks)
        samples = np.concatenate(parts, axis=1) if parts else np.zeros((self.channels, 0), np.float32)
        return Audio(samples, self.sample_rate)
