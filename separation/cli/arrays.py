"""Sound files as arrays on the disk, for commands that must look into a song more than once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from separation.project.store import ITEM, Store

if TYPE_CHECKING:
    import numpy as np

    from separation.progress import Report


def mapped(
    paths: Mapping[str, Path], store: Store, notice: Callable[[str], object], report: Report
) -> dict[str, np.ndarray]:
    """The sound of files of one rate and number of channels, (T, C) float32 each; shorter ones end in silence."""
    import numpy as np

    from separation.audio.reading import open_stream

    frames, channels = 0, 0
    for index, (path, part) in enumerate(zip(paths.values(), report.split(*[1.0] * len(paths)), strict=True)):
        stream, done = open_stream(path, notice=notice), 0
        channels = stream.channels
        with store.path(str(index)).open("wb") as file:
            for block in stream.blocks:
                file.write(np.ascontiguousarray(block.T, "<f4").tobytes())
                done += block.shape[1]
                part(done, max(done, stream.frames), f"Read {path.name}")
        frames = max(frames, done)
    for index in range(len(paths)):
        with store.path(str(index)).open("r+b") as file:
            file.truncate(frames * channels * ITEM)
    return {name: store.map(str(index), frames, channels) for index, name in enumerate(paths)}
