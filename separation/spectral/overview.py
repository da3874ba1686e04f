"""The song at one glance: peak and RMS in at most 4096 bins, in a small file that can be read while it grows.

File `<name>.ovw`: 64 bytes of header (little endian: magic, frames, samples per bin, bins, bins ready), then float32
peaks |x| over all channels, then float32 RMS over all channels. Written by `pyramid.Builder` beside its picture.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np

from separation.errors import InputError
from separation.spectral import mapped

MAGIC = b"UNBOVW\0\1"
HEADER = struct.Struct("<8sQQII")
OFFSET = 64
BINS = 4096


def bins_of(frames: int) -> tuple[int, int]:
    """Samples per bin and number of bins for a length."""
    size = max(1, -(-frames // BINS))
    return size, -(-frames // size)


class OverviewBuilder:
    """Takes consecutive float32 blocks (n, C); bins appear in the file as they are full."""

    def __init__(self, path: str | os.PathLike[str], *, frames: int, channels: int) -> None:
        self._frames = frames
        self._size, self._bins = bins_of(frames)
        self._file = mapped.create(path, OFFSET + 8 * self._bins)
        values = self._file[OFFSET:].view(np.float32)
        self._peaks, self._rms = values[: self._bins], values[self._bins :]
        self._part = np.empty((self._size, channels), np.float32)
        self._filled = 0
        self.bins_ready = 0
        self._write_header()

    def feed(self, block: np.ndarray) -> None:
        """Take the next frames; what goes beyond the length announced is dropped."""
        left = self._frames - (self.bins_ready * self._size + self._filled)
        block = block[: max(0, left)]
        if self._filled:
            count = min(self._size - self._filled, len(block))
            self._part[self._filled : self._filled + count] = block[:count]
            self._filled += count
            block = block[count:]
            if self._filled == self._size:
                self._add(self._part[None])
                self._filled = 0
        whole = len(block) // self._size
        if whole:
            self._add(block[: whole * self._size].reshape(whole, self._size, -1))
            block = block[whole * self._size :]
        if len(block):
            self._part[: len(block)] = block
            self._filled = len(block)
        self._write_header()

    def close(self) -> None:
        """Finish the last bin."""
        if self._filled:
            self._add(self._part[None, : self._filled])
            self._filled = 0
        self._write_header()

    def _add(self, bins: np.ndarray) -> None:
        """Bins (B, size, C)."""
        at, flat = self.bins_ready, bins.reshape(len(bins), -1)
        end = at + len(bins)
        self._peaks[at:end] = np.maximum(flat.max(1), -flat.min(1))
        self._rms[at:end] = np.sqrt(np.einsum("ij,ij->i", flat, flat) / flat.shape[1])
        self.bins_ready = end

    def _write_header(self) -> None:
        header = HEADER.pack(MAGIC, self._frames, self._size, self._bins, self.bins_ready)
        self._file[: HEADER.size] = np.frombuffer(header, np.uint8)


class OverviewData:
    """An overview file, mapped; may still be growing. Raises InputError where it is not one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._file = np.memmap(path, np.uint8, "r")
            magic, self.frames, self.bin_frames, self.bins, _ = HEADER.unpack(self._file[: HEADER.size].tobytes())
        except (OSError, ValueError, struct.error):
            magic = b""
        if magic != MAGIC or len(self._file) != OFFSET + 8 * self.bins:
            raise InputError(f"The overview {Path(path).name} cannot be read; open the song again.")
        values = self._file[OFFSET:].view(np.float32)
        self.peaks, self.rms = values[: self.bins], values[self.bins :]

    @property
    def bins_ready(self) -> int:
        """Bins that are done, from the left."""
        return int(HEADER.unpack(self._file[: HEADER.size].tobytes())[4])
