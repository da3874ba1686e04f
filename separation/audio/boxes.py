"""Small changes to finished MP4 files whose index (moov) comes last: then no sample moves, and no offset changes.

A file is a row of boxes: size (4 bytes, big-endian, its own 8 included), kind (4 bytes), content; some contain boxes
again (ISO/IEC 14496-12, 4.2).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

ENABLED = 7  # of a track: enabled, in the movie, in its preview


def box(kind: bytes, content: bytes) -> bytes:
    """A box of that kind."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in a row of boxes. Raises ValueError if it is none."""
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise ValueError("a box is cut off")
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise ValueError("a box is longer than what it lies in")
        yield kind, data[at + head : at + size]
        at += size


def mark_stems(path: Path, metadata: bytes) -> None:
    """Put `metadata` into moov/udta/stem, enable the first track and disable the others, in place.

    Raises ValueError if the index is not the last box.
    """
    at, size = _index(path)
    with path.open("r+b") as file:
        file.seek(at)
        content = file.read(size)[8:]
        parts, tracks = [], 0
        user = b""
        for kind, inside in boxes(content):
            if kind == b"udta":
                user += b"".join(box(k, c) for k, c in boxes(inside) if k != b"stem")
                continue
            if kind == b"trak":
                inside = _track(inside, enabled=tracks == 0)
                tracks += 1
            parts.append(box(kind, inside))
        parts.append(box(b"udta", user + box(b"stem", metadata)))
        file.seek(at)
        file.write(box(b"moov", b"".join(parts)))
        file.truncate()


def _index(path: Path) -> tuple[int, int]:
    """Where moov lies, and how long it is."""
    end, at = os.path.getsize(path), 0
    with path.open("rb") as file:
        while at + 8 <= end:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0]
            if kind == b"moov" and at + size == end:
                return at, size
            if size < 8:
                break
            at += size
    raise ValueError("the index is not at the end of the file")


def _track(content: bytes, *, enabled: bool) -> bytes:
    result = []
    for kind, inside in boxes(content):
        if kind == b"tkhd":  # version, then 24 bits of flags
            inside = inside[:1] + struct.pack(">I", ENABLED if enabled else 0)[1:] + inside[4:]
        result.append(box(kind, inside))
    return b"".join(result)
