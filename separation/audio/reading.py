"""Sound files in, as blocks that flow past: WAV, FLAC, OGG, MP3 by libsndfile, everything else by FFmpeg.

Anything that holds a sound track will do: M4A, Opus, WMA, video, NI stem files (their first track is the master). Any
rate, any number of channels. Encoder delay and padding are cut where the file says how much they are. A file that
breaks off is used as far as it goes, with a notice; one of which nothing can be used is refused in one sentence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from separation.audio import container, tags
from separation.audio.signal import Audio, Stream
from separation.audio.source import Notice, SourceInfo, breaks_off
from separation.errors import InputError

__all__ = ["SourceInfo", "load", "open_stream", "probe"]

SIZE = 1 << 18  # samples per block


def probe(path: str | os.PathLike[str]) -> SourceInfo:
    """Look at a file without decoding it all. Raises InputError if it cannot be used."""
    path = _present(path)
    opened = _open_sndfile(path)
    if opened is not None:
        with opened as file:
            info = SourceInfo(path, file.format, file.subtype, file.samplerate, file.channels, file.frames)
        found, cover = tags.read(path)
    else:
        info, embedded = container.probe(path)
        found, cover = tags.read(path)
        found = {**tags.plain(embedded), **found}
    if info.frames == 0 and opened is not None:
        raise InputError(f"“{path.name}” holds no sound (0 samples): choose another file.")
    return replace(info, tags=found, cover=cover)


def open_stream(path: str | os.PathLike[str], size: int = SIZE, *, notice: Notice | None = None) -> Stream:
    """The sound of a file as blocks float32 (C, ≤ size), decoded while they are taken; memory does not grow.

    notice: called with a sentence when the file breaks off. Raises InputError, now or while blocks are taken.
    """
    info = probe(path)
    tell = notice or (lambda _: None)

    def blocks(tell: Notice = lambda _: None) -> Iterator[np.ndarray]:
        read = _sndfile_blocks if _is_sndfile(info) else container.blocks
        return _checked(read(info, size, tell), info)

    return Stream(blocks(tell), info.sample_rate, info.channels, max(info.frames, 1), blocks)


def load(path: str | os.PathLike[str], *, notice: Notice | None = None) -> Audio:
    """The whole sound of a file, with its subtype and tags. Raises InputError."""
    info = probe(path)
    whole = open_stream(path, notice=notice).collect()
    return replace(whole, subtype=info.subtype, tags=dict(info.tags))


def _present(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError(f"“{path}” is a folder: name the sound files in it, for example {path / '*.flac'}.")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"There is no file “{path}”: check the name and the folder.") from None
    except PermissionError:
        raise InputError(f"“{path}” may not be read by you: change its permissions, or copy it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"“{path.name[:60]}” cannot be opened ({reason}): check the name and the disk.") from None
    if size == 0:
        raise InputError(f"“{path.name}” is empty (0 bytes): get the file again.")
    return path


def _open_sndfile(path: Path) -> Any:
    """The file opened by libsndfile, or None if it is not of a kind it knows."""
    import soundfile

    try:
        return soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError):
        return None


def _is_sndfile(info: SourceInfo) -> bool:
    import soundfile

    return info.container in soundfile.available_formats()


def _sndfile_blocks(info: SourceInfo, size: int, notice: Notice) -> Iterator[np.ndarray]:
    import soundfile

    done, broken = 0, _promises_more(info.path)
    with soundfile.SoundFile(info.path) as file:
        while True:
            try:
                block = file.read(size, dtype="float32", always_2d=True)
            except soundfile.SoundFileError:
                broken = True
                for part in _beyond(info, size, done):  # FFmpeg saves more of a damaged file
                    done += part.shape[1]
                    yield part
                break
            if not len(block):
                break
            done += len(block)
            yield np.ascontiguousarray(block.T)
    if done and (broken or done < info.frames - info.sample_rate // 10):
        notice(breaks_off(info, done))


def _beyond(info: SourceInfo, size: int, start: int) -> Iterator[np.ndarray]:
    """What FFmpeg can decode of the file from sample `start` on."""
    passed = 0
    try:
        for block in container.blocks(info, size, lambda _: None):
            fresh = block[:, max(0, start - passed) :]
            passed += block.shape[1]
            if fresh.shape[1]:
                yield fresh
    except InputError:
        return


def _promises_more(path: Path) -> bool:
    """Whether a RIFF file's header tells of more bytes than there are (0 and 2³²−1 stand for “unknown”)."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return False
    size = int.from_bytes(head[4:8], "little")
    return size not in (0, 0xFFFFFFFF) and size > path.stat().st_size  # the header's own 8 bytes are forgiven


def _checked(blocks: Iterator[np.ndarray], info: SourceInfo) -> Iterator[np.ndarray]:
    done = 0
    for block in blocks:
        if not np.isfinite(block).all():
            where = done + int(np.argmax(~np.isfinite(block).all(axis=0)))
            raise InputError(
                f"“{info.path.name}” holds values that are not numbers (NaN or infinity) at "
                f"{where / info.sample_rate:.2f} s: export it again from the program it came from."
            )
        done += block.shape[1]
        yield block
    if done == 0:
        raise InputError(f"“{info.path.name}” is damaged: nothing in it could be decoded; get the file again.")
