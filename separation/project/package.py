"""The project file `*.unbraid`: a zip of `project.json`, one FLAC per stem, and what no FLAC can hold.

    write(path, project, arrays, store)          # beside the name, then renamed: whole or not at all
    opened = read(path)                          # looks, decides where the song is, decodes nothing yet
    load_stem(opened, "drums", store, "1-drums")

A FLAC holds 24 bits. Stems that stand on that grid (those of PCM songs, see `stems.on_grid`) come back bit for bit;
where one goes beyond full scale, the excess lies in `stems/excess.safetensors` as positions and integers. For songs
that are not integers (MP3, float) the rest stem is what the others leave of the song, so that the sum stays exact.

The file is not trusted: members are copied out under our own names and decoded by number of samples; a name that is
not ours, a link, a second member of the same name, encryption, a length that does not fit, a description that is wrong
in any way is refused in one sentence. A project whose song is gone opens with the sum of its stems instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.errors import OutputError, ProjectError
from separation.progress import SILENT, Report
from separation.project import schema
from separation.project.project import Project
from separation.project.store import Store
from separation.unfinished import beside

if TYPE_CHECKING:
    import numpy as np

DESCRIPTION, EXCESS = "project.json", "stems/excess.safetensors"
STEM = re.compile(r"stems/(\d{1,2})\.flac")
BITS = 24
BLOCK = 1 << 16
COPY = 1 << 20
LARGEST_EXCESS = 1 << 30  # bytes
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)  # what a damaged zip raises


@dataclass(frozen=True)
class Opened:
    """A project file that was looked into. song: where the song lies and has the right hash, or None.

    changed: the song is there but is no longer what it was.
    """

    path: Path
    project: Project
    song: Path | None
    changed: bool = False


def write(
    path: str | os.PathLike[str], project: Project, store: Store, *, report: Report = SILENT, made_by: str = ""
) -> Path:
    """Write the project with its stems from the store. Raises OutputError or ProjectError; the old file then stays."""
    target = Path(path)
    source, last = project.source, project.separation
    if source is None:
        raise ProjectError("There is no song open, so there is nothing to save: open one first.")
    raw = schema.to_raw(project, song=_relative(Path(source.path), target.parent), made_by=made_by)
    encoding, packing = report.split(8, 1)
    flacs, excess = [], b""
    if last is not None:
        parts = encoding.split(*[1.0] * len(last.stems))
        spans: dict[str, Any] = {}
        for stem, array, part in zip(last.stems, last.arrays, parts, strict=True):
            flac, over = _encode(store, array, source.frames, source.channels, source.sample_rate, part, stem)
            flacs.append(flac)
            spans |= {f"{stem}.{kind}": values for kind, values in over.items()}
        excess = _tensors(spans) if spans else b""
    part_file = beside(target.parent)
    try:
        with part_file.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                text = json.dumps(raw, ensure_ascii=False, indent=1, allow_nan=False).encode()
                archive.writestr(DESCRIPTION, text, zipfile.ZIP_DEFLATED)
                if excess:
                    archive.writestr(EXCESS, excess)
                for number, (flac, part) in enumerate(zip(flacs, packing.split(*[1.0] * len(flacs)), strict=True)):
                    with flac.open("rb") as one, archive.open(f"stems/{number}.flac", "w", force_zip64=True) as member:
                        _copy(one, member, flac.stat().st_size, part, f"Write {target.name}")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part_file, target)
    except OSError as error:
        part_file.unlink(missing_ok=True)
        raise OutputError(
            f"“{target.name}” cannot be written ({error.strerror or error}): choose another place, or free some space."
        ) from error
    except BaseException:
        part_file.unlink(missing_ok=True)
        raise
    return target


def read(path: str | os.PathLike[str]) -> Opened:
    """Look into a project file. Raises ProjectError in one sentence for whatever is wrong with it."""
    target = Path(path)
    with _archive(target) as archive:
        members = _members(archive, target)
        if DESCRIPTION not in members or members[DESCRIPTION].file_size > schema.LARGEST:
            raise ProjectError(f"“{target.name}” is not an Unbraid project: open a song, or another project.")
        try:
            with archive.open(DESCRIPTION) as member:
                project = schema.from_raw(schema.parse(member.read(schema.LARGEST + 1)))
        except (*BROKEN, OSError) as error:
            raise _damaged(target) from error
    count = len(project.separation.stems) if project.separation else 0
    if any(f"stems/{number}.flac" not in members for number in range(count)):
        raise _damaged(target)
    assert project.source is not None
    song, changed = _find(project.source.path, project.source.sha256, target.parent)
    if song is None and not count:
        name = Path(project.source.path).name
        what = "has changed since the project was saved" if changed else "is not where the project says"
        raise ProjectError(f"The song “{name}” {what}: put the one it was made with beside “{target.name}”.")
    here = str(song) if song else str(target.parent / Path(project.source.path).name)
    return Opened(target, replace(project, source=replace(project.source, path=here)), song, changed)


def load_stem(opened: Opened, stem: str, store: Store, array: str) -> Iterator[np.ndarray]:
    """Decode a stem as array `array` of the store; yields each float32 block (n, C) once it is there.

    Raises ProjectError where the stem is not what the description says, OutputError where the disk is full.
    """
    import numpy as np
    import soundfile

    source, last = opened.project.source, opened.project.separation
    assert source is not None and last is not None
    flac = store.encoded(array)
    with _archive(opened.path) as archive:
        members = _members(archive, opened.path)
        try:
            with archive.open(f"stems/{last.stems.index(stem)}.flac") as member, flac.open("wb") as copy:
                shutil.copyfileobj(member, copy, COPY)
            over = _excess(archive, opened.path, stem, source.frames, source.channels) if EXCESS in members else None
        except (*BROKEN, KeyError) as error:
            raise _damaged(opened.path) from error
        except OSError as error:
            raise OutputError(f"The stems could not be unpacked ({error.strerror}): free some space.") from error
    try:
        with soundfile.SoundFile(flac) as file:
            told = (file.format, file.samplerate, file.channels, file.frames)
            if told != ("FLAC", source.sample_rate, source.channels, source.frames):
                raise _damaged(opened.path)
            target, done = store.create(array, source.frames, source.channels), 0
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                if over is not None:
                    at, values = over
                    start, size = done * source.channels, block.size
                    begin, end = np.searchsorted(at, [start, start + size])
                    flat = np.rint(block.ravel().astype(np.float64) * (1 << (BITS - 1)))
                    flat[at[begin:end] - start] += values[begin:end]
                    block = (flat / (1 << (BITS - 1))).astype(np.float32).reshape(block.shape)
                target[done : done + len(block)] = block
                done += len(block)
                yield block
            if done != source.frames:
                raise _damaged(opened.path)
    except soundfile.SoundFileError as error:
        raise _damaged(opened.path) from error


def _encode(
    store: Store, array: str, frames: int, channels: int, sample_rate: int, report: Report, stem: str
) -> tuple[Path, dict[str, Any]]:
    """The FLAC of an array, made once and kept in the store, and what goes beyond full scale: {} or at, by."""
    import numpy as np

    from separation.audio.writing import Writer

    data = store.map(array, frames, channels)
    flac, known = store.encoded(array), store.encoded(array).exists()
    limit, places, excesses = 1 << (BITS - 1), [], []
    writer = None if known else Writer(
        flac, sample_rate=sample_rate, channels=channels, format="flac", subtype="PCM_24"
    )  # fmt: skip
    with writer or contextlib.nullcontext():
        for start in range(0, frames, BLOCK):
            whole = np.rint(np.asarray(data[start : start + BLOCK], np.float64) * limit).astype(np.int64)
            kept = np.clip(whole, -limit, limit - 1)
            if (whole != kept).any():
                flat = (whole - kept).ravel()
                at = np.flatnonzero(flat)
                places.append(at + start * channels)
                excesses.append(flat[at])
            if writer is not None:
                writer.write_integers(kept.T.astype(np.int32), BITS)
            report(min(start + BLOCK, frames), frames, f"Pack the {stem}")
    if not places:
        return flac, {}
    return flac, {"at": np.concatenate(places), "by": np.concatenate(excesses)}


def _excess(
    archive: zipfile.ZipFile, path: Path, stem: str, frames: int, channels: int
) -> tuple[np.ndarray, np.ndarray] | None:
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    info = archive.getinfo(EXCESS)
    if info.file_size > min(LARGEST_EXCESS, 64 + 2**16 + 16 * 64 * frames * channels):
        raise _damaged(path)
    with archive.open(EXCESS) as member:
        data = member.read(info.file_size)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise _damaged(path) from error
    at, by = tensors.get(f"{stem}.at"), tensors.get(f"{stem}.by")
    if at is None and by is None:
        return None
    if (
        at is None or by is None or at.dtype != np.int64 or by.dtype != np.int64 or at.ndim != 1 or at.shape != by.shape
        or (np.diff(at) <= 0).any() or (len(at) and (at[0] < 0 or at[-1] >= frames * channels))
        or (np.abs(by) > 1 << 31).any()
    ):  # fmt: skip
        raise _damaged(path)
    return at, by


def _tensors(arrays: Mapping[str, Any]) -> bytes:
    from safetensors.numpy import save

    return bytes(save(dict(arrays)))


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ProjectError(f"There is no file “{path}”: check the name and the folder.") from None
    except PermissionError:
        raise ProjectError(f"“{path}” may not be read by you: change its permissions, or copy it.") from None
    except (*BROKEN, OSError, ValueError):
        raise ProjectError(f"“{path.name}” is not an Unbraid project, or is damaged: open a copy of it.") from None


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The members by name, all of them ours and none suspicious."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name, kind = info.filename, info.external_attr >> 16
        ours = name in (DESCRIPTION, EXCESS) or STEM.fullmatch(name)
        link = stat.S_ISLNK(kind) if kind else False
        packed = info.compress_type != zipfile.ZIP_STORED and name != DESCRIPTION
        if not ours or name in found or link or packed or info.flag_bits & 1:
            raise ProjectError(f"“{path.name}” holds what no project holds (“{name[:60]}”): it was not opened.")
        found[name] = info
    return found


def _find(relative: str, sha256: str, folder: Path) -> tuple[Path | None, bool]:
    """The song: where the project says, or beside it; and whether something else lies there."""
    changed = False
    for candidate in (folder / relative, folder / Path(relative.replace("\\", "/")).name):
        try:
            if not candidate.is_file():  # nor a pipe, which would be read for ever
                continue
            with candidate.open("rb") as file:
                if not sha256 or hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                    return candidate.resolve(), False
                changed = True
        except (OSError, ValueError):
            continue
    return None, changed


def _relative(song: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(song, folder)).as_posix()
    except ValueError:  # another drive
        return song.as_posix()


def _copy(source: Any, target: Any, size: int, report: Report, message: str) -> None:
    done = 0
    while data := source.read(COPY):
        target.write(data)
        done += len(data)
        report(done, max(size, 1), message)


def _damaged(path: Path) -> ProjectError:
    return ProjectError(f"“{path.name}” is damaged: open a copy of it, or the song itself.")
