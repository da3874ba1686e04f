"""What the child process can be asked to do: open a song, take it apart, write files, tell of its methods.

An operation takes plain arguments, a report, and `emit(kind, value)` for what is known on the way: "info" (facts),
"ready" (frames that are there), "notice" (a sentence). What it returns is the outcome. All values are JSON.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.errors import InputError, ProjectError
from separation.progress import Report
from separation.project.store import Store

if TYPE_CHECKING:
    from separation.spectral.pyramid import Builder

Emit = Callable[[str, Any], object]
BLOCK = 1 << 16
PCM = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "ALAW", "ULAW")  # songs whose samples are integers of at most 24 bits


def open_song(report: Report, emit: Emit, *, path: str, store: str, name: str) -> dict[str, Any]:
    """Decode a file into the store as `name`, with its picture; "ready" tells how far it is."""
    from separation.audio.reading import probe

    info = probe(path)
    facts = {
        "sample_rate": info.sample_rate, "channels": info.channels, "frames": max(info.frames, 1),
        "subtype": info.subtype, "title": info.title, "artist": info.artist,
    }  # fmt: skip
    done = _decode(report, emit, path, Store(store), name, facts, lambda: emit("info", facts))
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"frames": done, "sha256": digest}


def _decode(
    report: Report,
    emit: Emit,
    path: str,
    arrays: Store,
    name: str,
    facts: dict[str, Any],
    begun: Callable[[], object] = lambda: None,
) -> int:
    """Decode a file into the array `name`, with its picture; "ready" tells how far it is. Returns the frames."""
    from separation.audio.reading import open_stream
    from separation.spectral.pyramid import Builder

    expected, channels = facts["frames"], facts["channels"]
    array = arrays.create(name, expected, channels)
    begun()
    picture = Builder(arrays.picture(name), sample_rate=facts["sample_rate"], frames=expected, channels=channels)
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
    return done


def save_project(
    report: Report, emit: Emit, *, store: str, project: dict[str, Any], song: str, arrays: list[str], path: str
) -> dict[str, Any]:
    """Write a project file. project: as of `schema.to_raw`. song: path of its song. arrays: of its stems, in order."""
    from dataclasses import replace

    import separation
    from separation.project import package, schema

    known = schema.from_raw(project)
    assert known.source is not None
    known = replace(known, source=replace(known.source, path=song))
    if known.separation is not None:
        known = replace(known, separation=replace(known.separation, arrays=tuple(arrays)))
    package.write(path, known, Store(store), report=report, made_by=f"Unbraid {separation.__version__}")
    return {"path": path}


def open_project(report: Report, emit: Emit, *, path: str, store: str, name: str, prefix: str) -> dict[str, Any]:
    """Open a project file: its song into the array `name`, its stems into `<prefix>-<stem>`.

    "info" tells the project as JSON values, and the path of the song; the outcome, the stems' arrays.
    """
    from separation.project import package, schema

    opened = package.read(path)
    project, arrays = opened.project, Store(store)
    source, last = project.source, project.separation
    assert source is not None
    facts = {"frames": source.frames, "channels": source.channels, "sample_rate": source.sample_rate}
    told = {"project": schema.to_raw(project, song=source.path, made_by=""), "song": source.path}
    stems = last.stems if last else ()
    names = [f"{prefix}-{number}" for number in range(len(stems))]
    reading, unpacking = report.split(1, max(1e-6, len(stems)))
    if opened.song is not None:
        found = _decode(reading, emit, str(opened.song), arrays, name, facts, lambda: emit("info", told))
        if found != source.frames:
            raise ProjectError(f"The song “{opened.song.name}” is not as long as the project says: get the file again.")
    else:
        why = "has changed since" if opened.changed else "is not where it was"
        emit("notice", f"The song “{Path(source.path).name}” {why}: it is heard as the sum of its stems.")
        emit("info", told)
    for stem, array, part in zip(stems, names, unpacking.split(*[1.0] * len(stems)), strict=True):
        picture = _picture(arrays, array, facts)
        try:
            done = 0
            for block in package.load_stem(opened, stem, arrays, array):
                picture.feed(block)
                done += len(block)
                part(done, source.frames, f"Read the {stem}")
            picture.close()
        finally:
            picture.abandon()
    if opened.song is None:
        _sum_up(arrays, name, names, facts)
        emit("ready", source.frames)
    elif last is not None and source.subtype not in PCM:
        _complete(arrays, name, names, last.stems.index(last.rest), source.frames, source.channels)
    return {"arrays": names, "frames": source.frames}


def _picture(arrays: Store, name: str, facts: dict[str, Any], threads: int = 2) -> Builder:
    from separation.spectral.pyramid import Builder

    return Builder(
        arrays.picture(name), sample_rate=facts["sample_rate"], frames=facts["frames"], channels=facts["channels"],
        threads=threads,
    )  # fmt: skip


def _sum_up(arrays: Store, name: str, stems: list[str], facts: dict[str, Any]) -> None:
    """The array `name` is the sum of the stems."""
    import numpy as np

    frames, channels = facts["frames"], facts["channels"]
    parts = [arrays.map(stem, frames, channels) for stem in stems]
    whole, picture = arrays.create(name, frames, channels), _picture(arrays, name, facts)
    try:
        for at in range(0, frames, BLOCK):
            total = np.asarray(sum(np.asarray(part[at : at + BLOCK], np.float64) for part in parts))
            whole[at : at + BLOCK] = total
            picture.feed(total.astype(np.float32))
        picture.close()
    finally:
        picture.abandon()


def _complete(arrays: Store, mixture: str, stems: list[str], rest: int, frames: int, channels: int) -> None:
    """The rest stem is what the others leave of the mixture, as it was before it was rounded to 24 bits."""
    import numpy as np

    song = arrays.map(mixture, frames, channels)
    target = np.memmap(arrays.path(stems[rest]), "<f4", "r+", shape=(max(1, frames), channels))
    others = [arrays.map(stem, frames, channels) for j, stem in enumerate(stems) if j != rest]
    for at in range(0, frames, BLOCK):
        part = np.asarray(song[at : at + BLOCK], np.float64)
        for other in others:
            part = part - other[at : at + BLOCK]
        target[at : at + BLOCK] = part


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
    subtype: str = "",
    device: str = "auto",
) -> dict[str, Any]:
    """Take the song `mixture` apart; each stem is filled as array `<prefix>-<stem>`, with its picture.

    subtype: that of the song's file; the stems of a PCM song stand on the 24-bit grid and sum to it exactly.
    """
    import numpy as np

    from separation import devices
    from separation.audio.signal import Stream
    from separation.separator import plan, separate_stream
    from separation.stems import level_db, on_grid

    arrays = Store(store)
    song = arrays.map(mixture, frames, channels)
    settled = plan(method, device=device, **parameters)
    names = [f"{prefix}-{stem}" for stem in settled.names]
    targets = [arrays.create(name, frames, channels) for name in names]
    facts = {"frames": frames, "channels": channels, "sample_rate": sample_rate}
    pictures = [_picture(arrays, name, facts, threads=1) for name in names]
    emit("info", {"stems": list(settled.names), "arrays": names, "rest": settled.names[settled.rest]})
    started, done = time.monotonic(), 0
    residual = energy = 0.0

    def blocks() -> Iterator[np.ndarray]:
        return (np.array(song[at : at + BLOCK].T, np.float32) for at in range(0, frames, BLOCK))

    try:
        for block in separate_stream(Stream(blocks(), sample_rate, channels, frames, blocks), settled, report):
            count = block.shape[2]
            if subtype in PCM:
                block = on_grid(block, song[done : done + count].T, settled.rest)
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
        "stems": list(settled.names), "arrays": names, "rest": settled.names[settled.rest],
        "device": devices.name(settled.parameters.device), "seconds": time.monotonic() - started,
        "residual_db": level_db(residual, energy), "title": settled.method.title,
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
    mix: dict[str, Any] | None = None,
    names: list[str] | None = None,
    tags: dict[str, str] | None = None,
    source: str = "",
    span: list[int] | None = None,
    recipe: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the mix (kind "mix", to the file `target`) or the stems (kind "stems", into the folder `target`).

    format: a key of FORMATS, "stem" for a stem file, which holds the mix and its stems, or "dawproject".

    mix: as of `schema.mix_to_raw`; all faders at rest if None. names: only these stems; all if None. source: the song's
    file, whose tags and cover are copied; `tags` are those if it is gone. span: frames (from, to); all if None.
    recipe: {path, project (as of `schema.to_raw`), files (the names they will have)}; none is written if None.
    """
    from separation.audio.tags import labels
    from separation.mix.daw_export import export_dawproject
    from separation.mix.export import export_mix, export_stems
    from separation.mix.state import MixState
    from separation.mix.stem_export import export_stem_file
    from separation.project.schema import mix_from_raw

    arrays = Store(store)
    song = arrays.map(mixture, frames, channels)
    parts = {name: arrays.map(file, frames, channels) for name, file in stems.items()}
    copied, cover = labels(source, tags or {})
    between = (span[0], span[1]) if span else None

    if kind == "stems":
        done = export_stems(
            target, song, parts, rest=rest, sample_rate=sample_rate, format=format or "flac", subtype=subtype,
            names=tuple(names or ()), tags=copied, cover=cover, span=between, overwrite=True, report=report,
        )  # fmt: skip
    elif format in ("stem", "dawproject"):
        write = export_stem_file if format == "stem" else export_dawproject
        done = write(
            target, song, parts, MixState() if mix is None else mix_from_raw(mix), rest=rest, sample_rate=sample_rate,
            subtype=subtype, tags=copied, cover=cover, span=between, overwrite=True, report=report,
        )  # fmt: skip
    else:
        state = MixState() if mix is None else mix_from_raw(mix)
        done = export_mix(
            target, song, parts, state, sample_rate=sample_rate, format=format, subtype=subtype, tags=copied,
            cover=cover, span=between, overwrite=True, report=report,
        )  # fmt: skip
    if recipe is not None:
        _write_recipe(recipe, mixed=kind == "mix", span=between)
    return {
        "paths": {name: str(path) for name, path in done.paths.items()},
        "exact": done.exact, "residual_db": done.residual_db, "trim_db": done.trim_db,
    }  # fmt: skip


def _write_recipe(wish: dict[str, Any], *, mixed: bool, span: tuple[int, int] | None) -> None:
    from separation.project import recipe, schema

    files = {name: Path(file) for name, file in wish["files"].items()}
    told = recipe.of_project(schema.from_raw(wish["project"]), files, mixed=mixed, span=span)
    recipe.write(Path(wish["path"]), told)


def remove_store(report: Report, emit: Emit, *, store: str) -> None:
    """Remove a song's arrays, after all that was asked before has been done with them."""
    Store(store).close()


def methods(report: Report, emit: Emit) -> list[dict[str, Any]]:
    """The catalogue as plain facts."""
    from separation import catalogue, checkpoints
    from separation.parameters import describe

    return [
        {
            "id": m.id, "title": m.title, "summary": m.summary, "stems": list(m.stems), "speed": m.speed,
            "family": m.family, "source": m.source, "licence": m.licence,
            "ready": all(checkpoints.status(c) == checkpoints.READY for c in m.checkpoints),
            "parameters": [
                {
                    "name": p.name, "kind": p.kind.__name__, "default": p.default, "help": p.help, "unit": p.unit,
                    "minimum": p.minimum, "maximum": p.maximum, "choices": list(p.choices), "expert": p.expert,
                    "file": p.file,
                }
                for p in describe(m.parameters)
            ],
        }
        for m in catalogue.methods()
    ]  # fmt: skip


def warm(report: Report, emit: Emit) -> list[dict[str, str]]:
    """Import what takes long, so that the first separation begins at once; tells the devices, fastest first."""
    from separation import devices

    return [{"id": device, "name": devices.name(device)} for device in devices.available()]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "open_song": open_song, "open_project": open_project, "save_project": save_project, "separate": separate,
    "export": export, "remove_store": remove_store, "methods": methods, "warm": warm,
}  # fmt: skip
