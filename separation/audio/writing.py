"""Sound files out: WAV, FLAC, MP3, OGG, Opus by libsndfile, M4A by FFmpeg; whole or not at all.

A `Writer` takes blocks and writes beside the name it was given; only when it is closed without trouble does the file
appear under that name. Integers go into PCM files untouched, so that sums of files can be exact. A WAV that grows over
4 GB becomes RF64 by itself.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from separation.audio import tags as tagging
from separation.audio.resampling import Resampler
from separation.audio.signal import Audio
from separation.errors import OutputError
from separation.unfinished import beside

CHUNK = 1 << 15  # samples per call of the encoders: Vorbis keeps a whole call on its stack
SPEAKERS = 0x1101  # libsndfile's SFC_SET_CHANNEL_MAP_INFO: which loudspeaker a channel is for
AUTO_DOWNGRADE = 0x1210  # libsndfile's SFC_RF64_AUTO_DOWNGRADE: plain WAV if it stays under 4 GB

SYSTEM_ERROR = 2  # libsndfile's SF_ERR_SYSTEM


@dataclass(frozen=True)
class Format:
    """One kind of file. subtypes: sample formats to choose from, none for lossy ones. rates: those it can hold."""

    id: str
    extension: str
    label: str
    lossless: bool
    subtypes: tuple[str, ...] = ()
    rates: tuple[int, ...] = ()
    channels: int = 8


FORMATS: dict[str, Format] = {
    f.id: f
    for f in (
        Format("wav", ".wav", "WAV", True, ("PCM_16", "PCM_24", "FLOAT")),
        Format("flac", ".flac", "FLAC", True, ("PCM_16", "PCM_24")),
        Format("mp3", ".mp3", "MP3", False, rates=(8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
               channels=2),
        Format("ogg", ".ogg", "Ogg Vorbis", False, rates=tuple(range(8000, 192001))),
        Format("opus", ".opus", "Opus", False, rates=(48000,)),
        Format("m4a", ".m4a", "M4A (AAC)", False,
               rates=(8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000), channels=6),
    )
}  # fmt: skip
BITS = {"PCM_16": 16, "PCM_24": 24}


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that the ending of `path` names. Raises OutputError if there is none."""
    ending = Path(path).suffix.lower()
    for found in FORMATS.values():
        if found.extension == ending:
            return found
    known = ", ".join(f.extension for f in FORMATS.values())
    raise OutputError(f"“{Path(path).name}” does not say which kind of file to write: end it with one of {known}.")


def subtype_for(source: str) -> str:
    """The PCM subtype that keeps what a source of that subtype holds: 16 bit for 16 and fewer, else 24."""
    return "PCM_16" if source in ("PCM_16", "PCM_U8", "PCM_S8", "ULAW", "ALAW") else "PCM_24"


class Writer:
    """Writes one file block by block.

        with Writer("vocals.flac", sample_rate=44100, channels=2, subtype="PCM_16") as writer:
            writer.write(block)

    format: a key of FORMATS; by the ending of `path` if None. subtype: one of the format's; PCM_24 if None.
    Lossy formats that cannot hold `sample_rate` get the next higher rate they can. speakers: of the channels of a WAV,
    as numbers of libsndfile's SF_CHANNEL_MAP; by convention if empty. Raises OutputError.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sample_rate: int,
        channels: int,
        format: str | None = None,
        subtype: str | None = None,
        tags: Mapping[str, str] | None = None,
        cover: tagging.Cover | None = None,
        speakers: tuple[int, ...] = (),
    ) -> None:
        self.path = Path(path)
        self.format = _known(format) if format else format_of(self.path)
        self.subtype = _settled(self.format, subtype)
        self.channels, self.sample_rate = channels, sample_rate
        self._written = 0
        self.clipped = 0  # samples that did not fit into the file's range
        self._tags, self._cover, self._speakers = dict(tags or {}), cover, speakers
        if not 1 <= channels <= self.format.channels:
            raise OutputError(
                f"{self.format.label} holds at most {self.format.channels} channels and this sound has {channels}: "
                "choose the format wav or flac."
            )
        rates = self.format.rates
        self._rate = next((r for r in rates if r >= sample_rate), rates[-1]) if rates else sample_rate
        self._beside = beside(self.path.parent, self.format.extension)
        self._resampled = Resampler(sample_rate, self._rate)
        self._file: Any = None
        with self._guarded():
            self._beside.open("xb").close()
            self._file = self._open()

    def __enter__(self) -> Writer:
        return self

    def write(self, block: np.ndarray) -> None:
        """Append float samples (C, n), full scale ±1. What PCM cannot hold is clipped and counted in `clipped`."""
        bits = BITS.get(self.subtype)
        if bits is None:
            for part in self._resampled.feed(np.asarray(block, np.float32)):
                self._put(part)
            return
        scale = 1 << (bits - 1)
        whole = np.rint(np.asarray(block, np.float64) * scale)
        kept = np.clip(whole, -scale, scale - 1)
        self.clipped += int(np.count_nonzero(np.abs(whole - kept) > 1))  # +1.0 itself is one step too high: let it be
        self.write_integers(kept.astype(np.int32), bits)

    def write_integers(self, block: np.ndarray, bits: int) -> None:
        """Append int32 samples (C, n) of `bits` bits; kept exactly where the file has at least as many."""
        own = BITS.get(self.subtype)
        if own is None or own < bits:
            self.write(np.asarray(block, np.float64) / (1 << (bits - 1)))
        else:
            self._put(np.left_shift(np.asarray(block, np.int32), 32 - bits))  # libsndfile takes the highest bits

    def close(self) -> None:
        """Finish the file and let it appear. Raises OutputError, and removes it, if that fails."""
        if self._file is None:
            return
        with self._guarded():
            for part in self._resampled.finish():
                self._put(part)
            file, self._file = self._file, None
            file.close()
            if self.format.lossless:
                self._count()
            tagging.write(self._beside, self._tags, self._cover)
            os.replace(self._beside, self.path)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._abandon()

    def _put(self, block: np.ndarray) -> None:
        with self._guarded():
            for start in range(0, block.shape[1], CHUNK):
                self._file.write(np.ascontiguousarray(block[:, start : start + CHUNK].T))
        self._written += block.shape[1]

    def _count(self) -> None:
        """libsndfile says nothing when the last bytes find no room, so what is there is counted."""
        import soundfile

        if soundfile.info(self._beside).frames != self._written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, AssertionError, ValueError, TypeError) as error:
            self._abandon()
            raise OutputError(self._advice(error)) from error
        except BaseException:
            self._abandon()
            raise

    def _advice(self, error: Exception) -> str:
        folder, number = self.path.parent, getattr(error, "errno", None)
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"Nothing may be written in “{folder}”: choose another folder with -o, or change its permissions."
        if number == errno.ENAMETOOLONG:
            return f"The name “{self.path.name[:40]}…” is too long for this disk: choose a shorter one."
        if number in (errno.ENOENT, errno.ENOTDIR):
            return f"There is no folder “{folder}”: make it, or choose another."
        system = getattr(error, "code", None) == SYSTEM_ERROR  # a write that the disk refused; not why
        if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or system or _full(folder):
            return (
                f"There is no room left for “{self.path.name}” in “{folder}”: free some space, or choose another disk."
            )
        return (
            f"{self.format.label} cannot hold this sound ({self.sample_rate} Hz, {self.channels} channels; {error}): "
            "choose the format wav or flac."
        )

    def _open(self) -> Any:
        if self.format.id == "m4a":
            from separation.audio.aac import AacFile

            return AacFile(self._beside, self._rate, self.channels)
        import soundfile

        kind, subtype = {
            "wav": ("RF64", self.subtype), "flac": ("FLAC", self.subtype), "mp3": ("MP3", "MPEG_LAYER_III"),
            "ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"),
        }[self.format.id]  # fmt: skip
        quality = {"mp3": 0.1, "ogg": 0.2, "opus": 0.2}.get(self.format.id)  # 0 is best, 1 is smallest
        file = soundfile.SoundFile(
            self._beside, "w", self._rate, self.channels, subtype, format=kind, compression_level=quality,
            bitrate_mode="CONSTANT" if kind == "MP3" else None,
        )  # fmt: skip
        if kind == "RF64":
            soundfile._snd.sf_command(file._file, AUTO_DOWNGRADE, soundfile._ffi.NULL, 1)
            if self._speakers:
                places = soundfile._ffi.new("int[]", self._speakers)
                soundfile._snd.sf_command(file._file, SPEAKERS, places, soundfile._ffi.sizeof(places))
        return file

    def _abandon(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(Exception):  # the disk may be full: the file goes anyway
                file.close()
        with contextlib.suppress(OSError):  # a folder that is not there
            self._beside.unlink(missing_ok=True)


def save(path: str | os.PathLike[str], audio: Audio, *, subtype: str | None = None, overwrite: bool = True) -> None:
    """Write a sound with its tags; the format follows the ending. Raises OutputError."""
    path = Path(path)
    if not overwrite and path.exists():
        raise OutputError(f"“{path}” is already there: choose another name, or allow overwriting.")
    kind = format_of(path)
    wanted = subtype or (subtype_for(audio.subtype) if kind.lossless else None)
    with Writer(path, sample_rate=audio.sample_rate, channels=audio.channels, subtype=wanted, tags=audio.tags) as file:
        for block in audio.stream().blocks:
            file.write(block)


def _known(format: str) -> Format:
    if format not in FORMATS:
        raise OutputError(f"There is no format “{format}”: choose one of {', '.join(FORMATS)}.")
    return FORMATS[format]


def _settled(format: Format, subtype: str | None) -> str:
    if not format.lossless:
        if subtype:
            raise OutputError(f"{format.label} has no sample formats to choose from: leave {subtype} out.")
        return ""
    wanted = subtype or "PCM_24"
    if wanted not in format.subtypes:
        raise OutputError(f"{format.label} cannot hold {wanted}: choose one of {', '.join(format.subtypes)}.")
    return wanted


def _full(folder: Path) -> bool:
    """Whether less than a megabyte is left: libsndfile and FFmpeg do not always say why a write failed."""
    try:
        return shutil.disk_usage(folder).free < 1 << 20
    except OSError:
        return False
