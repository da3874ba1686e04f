"""Reading by FFmpeg (PyAV): what libsndfile does not know, from M4A and WMA to the sound of a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from separation.audio.source import Notice, SourceInfo, breaks_off
from separation.errors import InputError

PCM = {"s16": "PCM_16", "s32": "PCM_24", "flt": "FLOAT", "u8": "PCM_16", "dbl": "FLOAT"}
LOSSLESS = ("alac", "flac", "ape", "wavpack", "tta", "wmalossless", "truehd", "mlp", "tak")


def probe(path: Path) -> tuple[SourceInfo, dict[str, str]]:
    """What the file says about itself, and the tags of the container. Raises InputError."""
    import av

    with _opened(path) as file:
        track = _track(file, path)
        try:
            first = next(file.decode(track))
        except (StopIteration, av.FFmpegError, OSError):
            raise InputError(f"“{path.name}” is damaged: nothing in it could be decoded; get the file again.") from None
        # the decoder knows better than the container: HE-AAC doubles the rate, parametric stereo the channels
        rate, channels = int(first.sample_rate), len(first.layout.channels)
        frames = _promised(track, rate)
        if frames is None:
            frames = round((file.duration or 0) / 1_000_000 * rate)
        codec = track.codec_context.name
        lossless = codec.startswith(("pcm", "dsd")) or codec in LOSSLESS
        subtype = PCM.get(first.format.name.removesuffix("p"), "PCM_24") if lossless else codec.upper()
        embedded = {**file.metadata, **track.metadata}
        return SourceInfo(path, file.format.name, subtype, rate, channels, frames), embedded


def track_blocks(path: Path, number: int, size: int) -> Iterator[np.ndarray]:
    """A sound track of a file of several, as float32 blocks (C, ≤ size); 0 is the first. Raises InputError."""
    info, _ = probe(path)
    return blocks(info, size, lambda _: None, number)


def blocks(info: SourceInfo, size: int, notice: Notice, number: int = 0) -> Iterator[np.ndarray]:
    """A sound track as float32 blocks (C, ≤ size), without the encoder's padding where that is known."""
    import av

    kept: list[np.ndarray] = []
    waiting = done = 0
    broken = False
    with _opened(info.path) as file:
        track = _track(file, info.path, number)
        limit = _promised(track, info.sample_rate)
        try:
            for samples in _decoded(file, track, info):
                if limit is not None:
                    samples = samples[:, : limit - done]
                kept.append(samples)
                waiting += samples.shape[1]
                done += samples.shape[1]
                while waiting >= size:
                    whole = np.concatenate(kept, axis=1)
                    yield whole[:, :size]
                    kept, waiting = [whole[:, size:]], waiting - size
                if done == limit:
                    break
        except (av.FFmpegError, OSError, ValueError):
            broken = True
    if waiting:
        yield np.concatenate(kept, axis=1)
    if done and (broken or (limit is not None and done < limit - info.sample_rate)):
        notice(breaks_off(info, done))


def _decoded(file: Any, track: Any, info: SourceInfo) -> Iterator[np.ndarray]:
    import av

    layout = None
    resampler = None
    for frame in file.decode(track):
        if resampler is None or frame.layout.name != layout:
            layout = frame.layout.name
            resampler = av.AudioResampler(format="flt", layout=layout, rate=info.sample_rate)
        for part in resampler.resample(frame):
            if len(part.layout.channels) != info.channels:
                raise ValueError("the number of channels changes within the file")
            yield _planes(part, info.channels)
    if resampler is not None:
        for part in resampler.resample(None):
            yield _planes(part, info.channels)


def _planes(frame: Any, channels: int) -> np.ndarray:
    return np.ascontiguousarray(frame.to_ndarray().reshape(-1, channels).T)


def _promised(track: Any, rate: int) -> int | None:
    """Samples as the track itself counts them: exact in MP4, whose edit list leaves padding out; None if unknown."""
    if track.duration is None or track.time_base is None or track.time_base.denominator % track.rate:
        return None
    return round(track.duration * track.time_base * rate)


def _track(file: Any, path: Path, number: int = 0) -> Any:
    tracks = file.streams.audio
    if len(tracks) <= number:
        raise InputError(f"“{path.name}” has no sound track: choose a file that has sound.")
    return tracks[number]


def _opened(path: Path) -> Any:
    import av

    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError):
        raise InputError(
            f"“{path.name}” is not a sound file that can be read: choose WAV, FLAC, MP3, M4A or the like."
        ) from None
