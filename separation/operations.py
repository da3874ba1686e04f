"""What the child process can be asked to do: open a song, take it apart, write files, tell of its methods.

An operation takes plain arguments, a report, and `emit(kind, value)` for what is known on the way: "info" (facts),
"ready" (frames that are there), "notice" (a sentence). What it returns is the outcome. All values are JSON.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from separation.errors import InputError
from separation.progress import Report
from separation.project.store import Store

Emit = Callable[[str, Any], object]
BLOCK = 1 << 16


def open_song(report: Report, emit: Emit, *, path: str, store: str, name: str) -> dict[str, Any]:
    """Decode a file into the store as `name`, with its picture; "ready" tells how far it is."""
    from separation.audio.reading import open_stream, probe
    from separation.spectral.pyramid import Builder

    info = probe(path)
    channels, expected = info.channels, max(info.frames, 1)
    arrays = Store(store)
    array = arrays.create(name, expected, channels)
    emit("info", {
        "sample_rate": info.sample_rate, "channels": channels, "frames": expected, "subtype": info.subtype,
        "title": info.title, "artist": info.artist,
    })  # fmt: skip
    picture = Builder(arrays.picture(name), sample_rate=info.sample_rate, frames=expected, channels=channels)
    done, told = 0, 0.0
    try:
        for block in open_stream(path, BLOCK, notice=lambda text: emit("notice", text)).blocks:
            part = block.T[: expected - done]
            array[done : done + len(part)] = part
            picture.feed(part)
            done += len(part)
            report(done, expected, "Read the song")
            if time.monotonic() - told > 0.05:
                told = time.monotonic()
                emit("ready", done)
        picture.close()
    finally:
        picture.abandon()
    if not done:
        raise InputError(f"“{Path(path).name}” holds no sound: choose another file.")
    emit("ready", done)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"frames": done, "sha256": digest}


def separate(
    report: Report,
    emit: Emit,
    *,
    store: str,
    mixture: str,
    frames: int,
    channels: int,
    sample_rate: int,
    method: str,
    parameters: dict[str, Any],
    prefix: str,
) -> dict[str, Any]:
    """Take the song `mixture` apart; each stem is filled as array `<prefix>-<stem>`, with its picture."""
    import numpy as np

    from separation import devices
    from separation.audio.signal import Stream
    from separation.separator import plan, separate_stream
    from separation.spectral.pyramid import Builder
    from separation.stems import level_db

    arrays = Store(store)
    song = arrays.map(mixture, frames, channels)
    settled = plan(method, **parameters)
    names = [f"{prefix}-{stem}" for stem in settled.names]
    targets = [arrays.create(name, frames, channels) for name in names]
    pictures = [
        Builder(arrays.picture(name), sample_rate=sample_rate, frames=frames, channels=channels, threads=1)
        for name in names
    ]
    emit("info", {"stems": list(settled.names), "arrays": names, "rest": settled.method.rest})
    started, done = time.monotonic(), 0
    residual = energy = 0.0
    blocks = (np.array(song[at : at + BLOCK].T, np.float32) for at in range(0, frames, BLOCK))
    try:
        for block in separate_stream(Stream(blocks, sample_rate, channels, frames), settled, report):
            count = block.shape[2]
            for target, picture, stem in zip(targets, pictures, block, strict=True):
                target[done : done + count] = stem.T
                picture.feed(np.ascontiguousarray(stem.T))
            part = np.asarray(song[done : done + count].T, np.float64)
            residual += float(((part - block.sum(axis=0, dtype=np.float64)) ** 2).sum())
            energy += float((part**2).sum())
            done += count
            emit("ready", done)
        for picture in pictures:
            picture.close()
    finally:
        for picture in pictures:
            picture.abandon()
    return {
        "stems": list(settled.names), "arrays": names, "rest": settled.method.rest,
        "device": devices.name(settled.parameters.device), "seconds": time.monotonic() - started,
        "residual_db": level_db(residual, energy),
    }  # fmt: skip


def export(
    report: Report,
    emit: Emit,
    *,
    store: str,
    mixture: str,
    frames: int,
    channels: int,
    sample_rate: int,
    stems: dict[str, str],
    rest: str,
    target: str,
    kind: str,
    format: str | None = None,
    subtype: str | None = None,
    strips: dict[str, dict[str, Any]] | None = None,
    master_db: float | None = 0.0,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Write the mix (kind "mix", to the file `target`) or the stems (kind "stems", into the folder `target`)."""
    from separation.mix.export import export_mix, export_stems
    from separation.mix.state import MINUS_INFINITY, MixState, Strip

    arrays = Store(store)
    song = arrays.map(mixture, frames, channels)
    parts = {name: arrays.map(file, frames, channels) for name, file in stems.items()}

    def level(value: float | None) -> float:
        return MINUS_INFINITY if value is None else value

    if kind == "stems":
        done = export_stems(
            target, song, parts, rest=rest, sample_rate=sample_rate, format=format or "flac", subtype=subtype,
            tags=tags, overwrite=True, report=report,
        )  # fmt: skip
    else:
        state = MixState(
            tuple((n, Strip(**{**s, "gain_db": level(s["gain_db"])})) for n, s in (strips or {}).items()),
            level(master_db),
        )
        done = export_mix(
            target, song, parts, state, sample_rate=sample_rate, format=format, subtype=subtype, tags=tags,
            overwrite=True, report=report,
        )  # fmt: skip
    return {
        "paths": {name: str(path) for name, path in done.paths.items()},
        "exact": done.exact, "residual_db": done.residual_db, "trim_db": done.trim_db,
    }  # fmt: skip


def methods(report: Report, emit: Emit) -> list[dict[str, Any]]:
    """The catalogue as plain facts."""
    from separation import catalogue, checkpoints

    return [
        {
            "id": m.id, "title": m.title, "summary": m.summary, "stems": list(m.stems), "speed": m.speed,
            "ready": all(checkpoints.status(c) == checkpoints.READY for c in m.checkpoints),
        }
        for m in catalogue.methods()
    ]  # fmt: skip


def warm(report: Report, emit: Emit) -> None:
    """Import what takes long, so that the first separation begins at once."""
    import torch  # noqa: F401


OPERATIONS: dict[str, Callable[..., Any]] = {
    "open_song": open_song, "separate": separate, "export": export, "methods": methods, "warm": warm,
}  # fmt: skip
