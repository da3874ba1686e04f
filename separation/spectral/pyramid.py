"""The display pyramid: a song's log-frequency levels at every zoom, in one file that can be read while it grows.

    builder = Builder(path, sample_rate=44100, frames=26_460_000, channels=2)
    for block in blocks:                 # consecutive float32 (n, C), any n, as read from a file
        builder.feed(block)              # columns appear in the file as they are done, left to right
    builder.close()

    picture = Pyramid(path)              # any process, at once, also while the file is being written
    picture.columns_ready, picture.top_db, picture.level(3)[:100]

File: 64 bytes of header (little endian: magic, version, sample rate, frames, hop, rows, columns ready, flags, top
level), then the levels, finest first. A level is uint8 (columns, rows), a column at a time, row 0 = 32 Hz; the bytes
are those of `scales` (−120 + q/2 dBFS). Each level halves the columns of the one before by mean power, so that zooming
keeps brightness and the shares of the stems. Beside it, the builder writes `<name>.ovw` (see `overview`).
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from separation.errors import InputError
from separation.spectral import mapped
from separation.spectral.multiresolution import Analysis, hop_of
from separation.spectral.overview import OverviewBuilder
from separation.spectral.scales import FLOOR_DB, ROWS, STEP_DB, mean_level, tilt

MAGIC = b"UNBPYR\0\1"
HEADER = struct.Struct("<8sIQIIQIf")  # magic, rate, frames, hop, rows, columns ready, complete, top dB
OFFSET = 64
FEWEST = 256  # columns of the coarsest level, at least (unless the song has fewer)
FIRST_STEP = 128  # columns of the first stretch, so that the picture begins soon; then doubling
STEP = 1024
PERCENTILE = 0.9985


def overview_path(path: str | os.PathLike[str]) -> Path:
    """Where the overview lies that belongs to a pyramid file."""
    return Path(path).with_name(Path(path).name.removesuffix(".pyr") + ".ovw")


@dataclass(frozen=True)
class Layout:
    """Where everything lies; follows from rate and length alone."""

    sample_rate: int
    frames: int
    rows: int
    hop: int
    columns: tuple[int, ...]
    offsets: tuple[int, ...]
    file_size: int

    @classmethod
    def of(cls, sample_rate: int, frames: int, rows: int = ROWS) -> Layout:
        hop = hop_of(sample_rate)
        columns = [-(-frames // hop)]
        while columns[-1] >= 2 * FEWEST:
            columns.append(-(-columns[-1] // 2))
        offsets, at = [], OFFSET
        for count in columns:
            offsets.append(at)
            at += count * rows
        return cls(sample_rate, frames, rows, hop, tuple(columns), tuple(offsets), at)

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate

    def column_seconds(self, level: int = 0) -> float:
        """Width of a column of a level."""
        return self.hop * 2**level / self.sample_rate

    def level_for(self, seconds_per_pixel: float) -> int:
        """The coarsest level whose columns are no wider than a pixel."""
        level = int(np.floor(np.log2(max(seconds_per_pixel / self.column_seconds(), 1.0))))
        return min(level, len(self.columns) - 1)


class Builder:
    """Writes a pyramid from consecutive blocks; the work runs in `threads` threads, `feed` waits when they lag.

    frames is the expected length: what comes beyond it is dropped, and a shorter song is noted by `close`.
    on_columns(columns_ready) is called from a worker thread after each stretch. Raises OutputError where the disk is
    full.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sample_rate: int,
        frames: int,
        channels: int,
        threads: int = 2,
        on_columns: Callable[[int], None] | None = None,
    ) -> None:
        self.layout = layout = Layout.of(sample_rate, frames)
        self.channels = channels
        self._analysis = analysis = Analysis(sample_rate, layout.rows)
        self._on_columns = on_columns
        self._file = mapped.create(path, layout.file_size)
        self._overview = OverviewBuilder(overview_path(path), frames=frames, channels=channels)
        self._levels = [
            self._file[at : at + count * layout.rows].reshape(count, layout.rows)
            for at, count in zip(layout.offsets, layout.columns, strict=True)
        ]
        self._tilt = np.rint(tilt(layout.rows) / STEP_DB).astype(np.int64) + 64
        self._histogram = np.zeros(512, np.int64)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pyramid") if threads > 1 else None
        self._threads = threads
        self._pending: list[Future[None]] = []
        self._lock = threading.Lock()
        self._done: dict[int, int] = {}
        self._coarse = [0] * len(layout.columns)
        self.columns_ready = 0
        self.top_db = 0.0
        self._fed = 0
        self._start = 0  # first column of the next stretch
        self._step = FIRST_STEP
        margin = analysis.margin
        self._buffer = np.zeros((channels, 2 * margin + STEP * layout.hop), np.float32)
        self._filled = margin  # the song begins after a margin of silence
        self._write_header(0)

    def feed(self, block: np.ndarray) -> None:
        """Take the next frames, float32 (n, C)."""
        block = block[: max(0, self.layout.frames - self._fed)]
        self._fed += len(block)
        self._overview.feed(block)
        at = 0
        while at < len(block):
            wanted = 2 * self._analysis.margin + self._step * self.layout.hop
            count = min(len(block) - at, wanted - self._filled)
            self._buffer[:, self._filled : self._filled + count] = block[at : at + count].T
            self._filled += count
            at += count
            if self._filled == wanted:
                self._submit(self._step)

    def close(self) -> None:
        """Finish the last columns; a song shorter than expected ends here."""
        try:
            self._overview.close()
            left = -(-self._fed // self.layout.hop) - self._start
            while left > 0:
                self._buffer[:, self._filled :] = 0
                columns = min(left, self._step)
                self._submit(columns, last=columns == left)
                left -= columns
            for future in self._pending:
                future.result()
            with self._lock:
                self._halve(final=True)
                self._write_header(1)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Stop without finishing; what is written stays."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._pending = []

    def _submit(self, columns: int, last: bool = False) -> None:
        margin, hop = self._analysis.margin, self.layout.hop
        used = self._buffer[:, : 2 * margin + columns * hop]
        if self._pool:
            while len(self._pending) > self._threads:
                self._pending.pop(0).result()
            self._pending.append(self._pool.submit(self._stretch, used.copy(), self._start, columns))
        else:
            self._stretch(used, self._start, columns)
        self._start += columns
        keep = self._filled - columns * hop
        if not last:
            self._buffer[:, :keep] = self._buffer[:, columns * hop : columns * hop + keep].copy()
            self._filled = max(keep, 0)
        self._step = min(2 * self._step, STEP)

    def _stretch(self, samples: np.ndarray, start: int, columns: int) -> None:
        picture = self._analysis.levels(samples, columns)
        self._levels[0][start : start + columns] = picture
        counts = np.bincount((picture[::4] + self._tilt).ravel(), minlength=512)
        with self._lock:
            self._histogram += counts
            self._done[start] = start + columns
            while self.columns_ready in self._done:
                self.columns_ready = self._done.pop(self.columns_ready)
            self._halve()
            self._write_header(0)
        if self._on_columns:
            self._on_columns(self.columns_ready)

    def _halve(self, final: bool = False) -> None:
        fine_ready = self.columns_ready
        for level in range(1, len(self._levels)):
            fine, coarse = self._levels[level - 1], self._levels[level]
            first, last = self._coarse[level], fine_ready // 2
            if last > first:
                pairs = fine[2 * first : 2 * last].reshape(last - first, 2, -1)
                coarse[first:last] = mean_level(pairs[:, 0], pairs[:, 1])
            if final and fine_ready % 2:
                coarse[last] = fine[fine_ready - 1]
                last += 1
            self._coarse[level] = fine_ready = last

    def _write_header(self, complete: int) -> None:
        total = self._histogram.sum()
        if total:
            rank = int(np.searchsorted(np.cumsum(self._histogram), PERCENTILE * total))
            self.top_db = FLOOR_DB + STEP_DB * (rank - 64)
        frames = self._fed if complete else self.layout.frames
        layout = self.layout
        self._file[: HEADER.size] = np.frombuffer(
            HEADER.pack(
                MAGIC, layout.sample_rate, frames, layout.hop, layout.rows, self.columns_ready, complete, self.top_db
            ),
            np.uint8,
        )
        # the layout follows the length that was announced, which a shorter song keeps here
        self._file[HEADER.size : HEADER.size + 8] = np.frombuffer(struct.pack("<Q", layout.frames), np.uint8)


class Pyramid:
    """A pyramid file, mapped; may still be growing. Raises InputError where it is not one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self._file = np.memmap(path, np.uint8, "r")
            magic, rate, _, _, rows, *_ = HEADER.unpack(self._file[: HEADER.size].tobytes())
            (announced,) = struct.unpack("<Q", self._file[HEADER.size : HEADER.size + 8].tobytes())
        except (OSError, ValueError, struct.error):
            raise InputError(f"The picture {self.path.name} cannot be read; open the song again.") from None
        self.layout = Layout.of(rate, announced, rows) if magic == MAGIC and rate else Layout.of(44100, 0)
        if magic != MAGIC or len(self._file) != self.layout.file_size:
            raise InputError(f"The picture {self.path.name} is not one of ours; open the song again.")

    def _header(self) -> tuple[int, ...]:
        return HEADER.unpack(self._file[: HEADER.size].tobytes())

    @property
    def columns_ready(self) -> int:
        """Columns of the finest level that are done, from the left."""
        return int(self._header()[5])

    @property
    def complete(self) -> bool:
        return bool(self._header()[6])

    @property
    def frames(self) -> int:
        """Length of the song; while it is being written, the length announced."""
        return int(self._header()[2])

    @property
    def top_db(self) -> float:
        """99.85th percentile of the tilted levels so far: the upper end of the range of brightness."""
        return float(self._header()[7])

    @cached_property
    def levels(self) -> tuple[np.ndarray, ...]:
        layout = self.layout
        return tuple(
            self._file[at : at + count * layout.rows].reshape(count, layout.rows)
            for at, count in zip(layout.offsets, layout.columns, strict=True)
        )

    def level(self, number: int) -> np.ndarray:
        """uint8 (columns, rows) of a level, read-only."""
        return self.levels[number]
