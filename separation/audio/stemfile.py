"""Writing NI stem files (`.stem.mp4`), as Traktor and Mixxx read them: five stereo tracks in one MP4.

The first track is the master, the only one enabled; four stems follow. Their names and colours, and the settings of the
player's compressor and limiter (off: the stems are to add up), are JSON in moov/udta/stem. Tracks are AAC, or ALAC,
which keeps integers of 16 or 24 bits as they are.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from separation.audio import boxes
from separation.audio import tags as tagging
from separation.errors import OutputError
from separation.unfinished import beside

ENDING = ".stem.mp4"
TRACKS = 5
RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # Hz of AAC tracks
BIT_RATE = 256_000  # of an AAC track; what Native Instruments recommends
FORMATS = {"": "fltp", "PCM_16": "s16p", "PCM_24": "s32p"}


class StemFile:
    """Writes one file, whole or not at all. subtype: "" for AAC; PCM_16, PCM_24: ALAC of as many bits.

    stems: (name, colour as #RRGGBB) of the four. Raises OutputError.
    """

    def __init__(
        self, path: Path, sample_rate: int, stems: Sequence[tuple[str, str]], *, subtype: str = "",
        tags: Mapping[str, str] | None = None, cover: tagging.Cover | None = None,
    ) -> None:  # fmt: skip
        if len(stems) != TRACKS - 1:
            raise ValueError("a stem file has four stems")
        self.path, self._rate, self._format = path, sample_rate, FORMATS[subtype]
        self._json = metadata(stems)
        self._tags, self._cover = dict(tags or {}), cover
        self._beside = beside(path.parent, ".mp4")
        self._at = 0
        self._file: Any = None
        self._tracks: list[Any] = []
        with self._guarded():
            self._open()

    def __enter__(self) -> StemFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self._abandon()
            return
        with self._guarded():
            self._close()

    def write(self, tracks: np.ndarray) -> None:
        """Append (5, 2, n): float32 for AAC, integers of the subtype's bits for ALAC; the master first."""
        import av

        shift = 8 if self._format == "s32p" else 0  # FFmpeg keeps 24 bits in the upper ones of 32
        kind = {"fltp": np.float32, "s16p": np.int16, "s32p": np.int32}[self._format]
        with self._guarded():
            for samples, track in zip(tracks, self._tracks, strict=True):
                data = np.ascontiguousarray(np.left_shift(samples, shift) if shift else samples, kind)
                frame = av.AudioFrame.from_ndarray(data, self._format, "stereo")
                frame.sample_rate, frame.pts = self._rate, self._at
                self._file.mux(track.encode(frame))
        self._at += tracks.shape[2]

    def _open(self) -> None:
        import av

        # counting in samples, not in milliseconds, lets the edit lists state the length exactly
        options = {"movie_timescale": str(self._rate)}
        self._file = av.open(str(self._beside), "w", format="ipod", options=options)
        for _ in range(TRACKS):
            track: Any = self._file.add_stream("alac" if self._format != "fltp" else "aac", rate=self._rate)
            track.codec_context.layout = "stereo"
            track.codec_context.format = self._format
            if self._format == "fltp":
                track.bit_rate = BIT_RATE
            self._tracks.append(track)

    def _close(self) -> None:
        file, self._file = self._file, None
        try:
            for track in self._tracks:
                file.mux(track.encode(None))
        finally:
            file.close()
        boxes.mark_stems(self._beside, self._json)
        tagging.write(self._beside, self._tags, self._cover)
        os.replace(self._beside, self.path)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, RuntimeError) as error:  # FFmpeg's errors are among them
            self._abandon()
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise OutputError(
                f"The stem file “{self.path.name}” cannot be written in “{self.path.parent}” ({why}): free some space, "
                "or choose another folder."
            ) from error
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(Exception):
                file.close()
        with contextlib.suppress(OSError):
            self._beside.unlink(missing_ok=True)


def metadata(stems: Sequence[tuple[str, str]]) -> bytes:
    """What moov/udta/stem says."""
    compressor = {
        "enabled": False, "ratio": 3, "output_gain": 0.5, "threshold": 0, "attack": 0.003, "input_gain": 0.5,
        "release": 0.3, "hp_cutoff": 300, "dry_wet": 50,
    }  # fmt: skip
    limiter = {"enabled": False, "release": 0.05, "threshold": 0, "ceiling": -0.35}
    told = {
        "mastering_dsp": {"compressor": compressor, "limiter": limiter}, "version": 1,
        "stems": [{"color": colour, "name": name} for name, colour in stems],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()
