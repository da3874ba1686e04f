"""A song and its stems at another tempo or in another key: stretched first, so that faders can move afterwards at once.

    x' = stretch(x − Σ s_j) + Σ s'_j,    s'_j = stretch_j(s_j)

With x' as the song and s'_j as its stems the mixer's arithmetic (`mix/render.py`) stays what it is: the untouched mix
is the sum of all stretched parts, and a muted stem is gone to the last sample. All stems follow one time map, made of
the attacks of all of them. Sound flows; nothing is held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

import numpy as np

from separation.audio.attacks import find_attacks, merged
from separation.audio.blocks import Blocks, padded
from separation.audio.stretching import stretch, stretched_length
from separation.mix.speed import Speed, kind, semitones
from separation.progress import SILENT, Report

BLOCK = 1 << 16
ORDER = ("drums", "voice", "tonal")  # whose attacks count first

Source = Callable[[], Iterator[np.ndarray]]


def stretched(
    song: Source | None, stems: Mapping[str, Source], speed: Speed, *, channels: int, sample_rate: int,
    keep_pitch: Collection[str] = (), report: Report = SILENT,
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:  # fmt: skip
    """Blocks of the stretched song (C, n) and of its stems J · (C, n), round(T / tempo) samples in all.

    song, stems: called for the sound from its start, float32 blocks (C, n); each is called two or three times. Without
    a song the sum of the stems is it. Shorter ones end in silence. keep_pitch: stems that are not transposed. `report`
    tells of the listening before the first block, which takes a fifth of the time.
    """
    heard: dict[str, tuple[int, ...]] = {}
    frames, passes = 0, max(1, len(stems)) + bool(song and stems)
    for name, source in stems.items() if stems else [("", song)] if song else []:
        counted = _Counted(source)
        heard[name] = find_attacks(counted.blocks(report, len(heard) / passes), sample_rate)
        frames = max(frames, counted.frames)
    leaving = partial(_left, song, list(stems.values()), channels) if song else None
    if leaving and stems:
        counted, remains = _Counted(leaving), False
        for block in counted.blocks(report, 1 - 1 / passes):
            remains = remains or bool(block.any())
        frames, leaving = counted.frames, leaving if remains else None
    attacks = merged((heard[name] for name in sorted(heard, key=lambda n: ORDER.index(kind(n)))), sample_rate)

    def played(source: Source, name: str = "") -> Blocks:
        whole = _to_length(source(), channels, frames)
        pitch = semitones(name, speed, keep_pitch) if name else speed.semitones
        return Blocks(
            channels,
            stretch(
                whole, channels, frames, sample_rate, tempo=speed.tempo, semitones=pitch, kind=kind(name),
                attacks=attacks,
            ),
        )  # fmt: skip

    queues = [played(source, name) for name, source in stems.items()]
    left = played(leaving) if leaving else None
    total = stretched_length(frames, speed.tempo)
    for start in range(0, total, BLOCK):
        count = min(BLOCK, total - start)
        parts = [queue.take(count) for queue in queues]
        whole = np.zeros((channels, count)) if left is None else left.take(count).astype(np.float64)
        for part in parts:
            whole += part
        yield whole.astype(np.float32), parts


def stretched_arrays(
    mixture: np.ndarray, stems: Mapping[str, np.ndarray], speed: Speed,
    create: Callable[[str, int, int], np.ndarray], *, sample_rate: int, keep_pitch: Collection[str] = (),
    report: Report = SILENT,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """The stretched song and its stems as arrays (T', C), of a song and stems (T, C).

    create: makes an array, writable, from a name, frames and channels: `Store.create`.
    """
    channels, frames = mixture.shape[1], stretched_length(len(mixture), speed.tempo)
    song = create("stretched", frames, channels)
    parts = {name: create(f"stretched-{j}", frames, channels) for j, name in enumerate(stems)}
    listening, stretching = report.split(1, 4)
    done = 0
    for whole, blocks in stretched(
        partial(_flow, mixture), {name: partial(_flow, stem) for name, stem in stems.items()}, speed,
        channels=channels, sample_rate=sample_rate, keep_pitch=keep_pitch, report=listening,
    ):  # fmt: skip
        inside = slice(done, done + whole.shape[1])
        song[inside] = whole.T
        for part, block in zip(parts.values(), blocks, strict=True):
            part[inside] = block.T
        done = inside.stop
        stretching(done, frames, "Stretch")
    return song[:frames], {name: part[:frames] for name, part in parts.items()}


def _flow(array: np.ndarray) -> Iterator[np.ndarray]:
    return (array[start : start + BLOCK].T for start in range(0, len(array), BLOCK))


class _Counted:
    """Blocks that are counted as they pass."""

    def __init__(self, source: Source) -> None:
        self._source, self.frames = source, 0

    def blocks(self, report: Report, share: float) -> Iterator[np.ndarray]:
        for block in self._source():
            self.frames += block.shape[1]
            report(share, 1, "Find the attacks")
            yield block


def _to_length(blocks: Iterator[np.ndarray], channels: int, frames: int) -> Iterator[np.ndarray]:
    """The same sound, with silence up to `frames` samples."""
    done = 0
    for block in blocks:
        done += block.shape[1]
        yield block
    while done < frames:
        count = min(BLOCK, frames - done)
        done += count
        yield np.zeros((channels, count), np.float32)


def _left(song: Source, stems: list[Source], channels: int) -> Iterator[np.ndarray]:
    """What the stems leave of the song."""
    queues = [Blocks(channels, source()) for source in (song, *stems)]
    while True:
        parts = [queue.take(BLOCK) for queue in queues]
        count = max(part.shape[1] for part in parts)
        if not count:
            return
        rest = padded(parts[0], count).astype(np.float64)
        for part in parts[1:]:
            rest -= padded(part, count)
        yield rest.astype(np.float32)

