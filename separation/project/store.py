"""Where the arrays of an open song lie: a private folder of raw files, mapped by whoever needs them.

A file is little-endian float32, interleaved (T, C), made at its full length before it is filled, so that a reader can
map it while another process is still writing. The folder can be read by its owner only, and goes when it is closed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from separation.errors import OutputError
from separation.unfinished import beside

if TYPE_CHECKING:
    import numpy as np

ITEM = 4  # bytes of a float32


class Store:
    """A folder of arrays. Without `folder` it is a new one, in the person's cache."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        if folder is not None:
            self.folder = Path(folder)
            return
        import platformdirs

        try:
            cache = Path(platformdirs.user_cache_dir("unbraid", appauthor=False))
            cache.mkdir(parents=True, exist_ok=True)
            self.folder = beside(cache)  # what killed studios left there is removed
            self.folder.mkdir(mode=0o700)
        except OSError as error:
            raise OutputError(f"There is no room for the song's arrays ({error.strerror}): free some space.") from error

    def path(self, name: str) -> Path:
        """Of an array. Names are plain file names."""
        if Path(name).name != name or name in ("", ".", ".."):
            raise OutputError(f"“{name}” is no name for an array.")
        return self.folder / f"{name}.f32"

    def picture(self, name: str) -> Path:
        """Where the display pyramid of an array lies."""
        return self.folder / f"{name}.pyr"

    def encoded(self, name: str) -> Path:
        """Where an array lies once more as FLAC, after the project was saved or opened."""
        return self.path(name).with_suffix(".flac")

    def create(self, name: str, frames: int, channels: int) -> np.ndarray:
        """A writable array (frames, channels) of zeros. Raises OutputError where the disk is full."""
        import numpy as np

        from separation.spectral.mapped import reserve

        try:
            with open(self.path(name), "wb") as file:
                reserve(file, max(1, frames) * channels * ITEM)
        except OSError as error:
            self.path(name).unlink(missing_ok=True)
            raise OutputError(
                f"The disk has no room for “{name}” ({error.strerror}): free some space, then try again."
            ) from error
        return np.memmap(self.path(name), "<f4", "r+", shape=(max(1, frames), channels))

    def map(self, name: str, frames: int, channels: int) -> np.ndarray:
        """The array (frames, channels), read-only; zeros where nothing was written yet."""
        import numpy as np

        return np.memmap(self.path(name), "<f4", "r", shape=(max(1, frames), channels))

    def close(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
