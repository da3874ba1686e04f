"""Files of a known size that are filled through a map, with all their room taken at the start.

A sparse file would do until the disk is full: then writing into the map ends the process with a bus error. So the room
is reserved, or filled with zeros where it cannot be, and a full disk is a sentence.
"""

from __future__ import annotations

import errno
import os
from typing import BinaryIO

import numpy as np

from separation.errors import OutputError

CHUNK = 1 << 20


def create(path: str | os.PathLike[str], size: int) -> np.memmap:
    """A writable map, uint8 (size,), of zeros. Raises OutputError where there is no room, and leaves no file then."""
    try:
        with open(path, "wb") as file:
            reserve(file, size)
        return np.memmap(path, np.uint8, "r+", shape=(size,))
    except OSError as error:
        if os.path.exists(path):
            os.unlink(path)
        raise OutputError(
            f"The disk has no room for the picture “{os.path.basename(path)}” ({error.strerror}): "
            "free some space, then try again."
        ) from error


def reserve(file: BinaryIO, size: int) -> None:
    """Make a new file `size` bytes long, all of them taken from the disk. Raises OSError where that fails."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
            return
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
    for at in range(0, size, CHUNK):
        file.write(bytes(min(CHUNK, size - at)))
    file.flush()
