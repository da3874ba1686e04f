"""Another tempo, another key: sound that flows past, longer or shorter, higher or lower.

Pitch is length and speed: the vocoder makes the sound as much longer as it is then played faster. A sound that is to
stay as it is passes untouched. A tempo t makes round(T / t) samples of T.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from separation.audio.formants import FormantKeeper
from separation.audio.resampling import Resampler
from separation.audio.timemap import TimeMap
from separation.audio.vocoder import Vocoder

Kind = Literal["drums", "voice", "tonal"]
WINDOWS: dict[Kind, float] = {"drums": 0.0464, "voice": 0.0697, "tonal": 0.0813}  # seconds
GUARD = 0.020  # seconds copied before and after an attack: the same for all kinds, so that all follow one map


def stretched_length(frames: int, tempo: float) -> int:
    """Samples that `frames` samples become at a tempo."""
    return int(frames / tempo + 0.5)


def stretch(
    blocks: Iterable[np.ndarray], channels: int, frames: int, sample_rate: int, *, tempo: float = 1.0,
    semitones: float = 0.0, kind: Kind = "tonal", attacks: Sequence[int] = (),
) -> Iterator[np.ndarray]:  # fmt: skip
    """Consecutive float32 blocks (C, n) of `frames` samples in all -> blocks of `stretched_length` in all.

    kind: drums are cut finer in time, tonal sounds in frequency; voices keep their formants. attacks: of the whole
    song, from `find_attacks`, and the same for all its stems.
    """
    if tempo == 1.0 and semitones == 0.0:
        yield from blocks
        return
    pitch = 2.0 ** (semitones / 12)
    factor = pitch / tempo
    hop = _round(WINDOWS[kind] * sample_rate / 4)
    window = 4 * hop
    while hop % 2 == 0 and hop / factor > window / 2:
        hop //= 2
    wanted = stretched_length(frames, tempo)
    vocoder = Vocoder(
        channels,
        TimeMap(factor, frames, attacks, round(GUARD * sample_rate)),
        int(np.ceil(wanted * pitch)) + (0 if pitch == 1.0 else 2 * window),  # the resampler looks ahead
        window=window,
        hop=hop,
        shape=FormantKeeper(pitch, sample_rate, window) if kind == "voice" and pitch != 1.0 else None,
    )
    given = 0
    for block in _through(vocoder, Resampler(pitch, 1.0), blocks):
        part = block[:, : wanted - given]
        if part.shape[1]:
            given += part.shape[1]
            yield part
    if given < wanted:
        raise AssertionError(f"{given} samples of {wanted}")


def _round(count: float) -> int:
    """A whole number near `count` that makes a quick transform: 4 to 8 times a power of two."""
    step = 2.0 ** max(0, int(np.floor(np.log2(max(count, 4.0)))) - 2)
    return int(round(max(count, 4.0) / step) * step)


def _through(vocoder: Vocoder, played: Resampler, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for block in blocks:
        for longer in vocoder.feed(block):
            yield from played.feed(longer)
    for longer in vocoder.finish():
        yield from played.feed(longer)
    yield from played.finish()
