"""Weights are kept whole or not at all, alterations are noticed, and every refusal says what to type."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from separation import checkpoints
from separation.checkpoints import ALTERED, MISSING, READY, Entry
from separation.errors import CheckpointError, OutputError

MEMBER = "package/weights/small.ckpt"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Entry, Path]]:
    """A registry of one small checkpoint, and a package that holds its original file."""
    monkeypatch.setenv("UNBRAID_DATA", str(tmp_path / "data"))
    arrays = {"old.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "old.bias": np.ones(2, np.float32)}
    torch.save(arrays, tmp_path / "today.ckpt")
    original = tmp_path / "small.ckpt"
    with zipfile.ZipFile(tmp_path / "today.ckpt") as source, zipfile.ZipFile(original, "w") as target:
        for name in source.namelist():  # the real files are older than NumPy 2 and use its former name
            target.writestr(name, source.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    content = original.read_bytes()
    entry = replace(
        checkpoints.entries()[0],
        id="small", member=MEMBER, bytes=len(content), sha256=checkpoints._sha256(content),
        tensors={"weight": ("old.weight", (2, 3)), "bias": ("old.bias", (2,))},
    )  # fmt: skip
    package = tmp_path / "package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(MEMBER, content)
        archive.writestr("package/__init__.py", "raise SystemExit")
    monkeypatch.setattr(checkpoints, "entries", lambda: (entry,))
    yield entry, package


def test_every_entry_says_where_it_comes_from_and_under_which_licence() -> None:
    assert len({e.id for e in checkpoints.entries()}) == len(checkpoints.entries()) >= 2
    for entry in checkpoints.entries():
        assert entry.source and entry.obtain and entry.licence and entry.licence_claim and entry.citation
        assert len(entry.sha256) == 64 and entry.bytes > 0
        assert sum(int(np.prod(shape)) for _, shape in entry.tensors.values()) * 4 < entry.bytes


def test_import_from_a_package_then_load(small: tuple[Entry, Path]) -> None:
    _, package = small
    assert checkpoints.status("small") == MISSING
    assert checkpoints.import_file(package) == ("small",)
    assert checkpoints.status("small") == READY
    assert checkpoints.require("small").parent == checkpoints.folder()
    checkpoints.verify("small")
    tensors = checkpoints.load("small")
    assert torch.equal(tensors["weight"], torch.arange(6.0).reshape(2, 3))
    assert torch.equal(tensors["bias"], torch.ones(2))


def test_import_from_the_single_file_whatever_its_name(small: tuple[Entry, Path]) -> None:
    _, package = small
    renamed = package.parent / "übung.bin"
    (package.parent / "small.ckpt").rename(renamed)
    assert checkpoints.import_file(renamed) == ("small",)
    checkpoints.verify("small")


def test_importing_twice_leaves_nothing_else_behind(small: tuple[Entry, Path]) -> None:
    _, package = small
    checkpoints.import_file(package)
    checkpoints.import_file(package)
    assert sorted(p.name for p in checkpoints.folder().iterdir()) == ["small.json", "small.safetensors"]


def test_missing_says_what_to_type(small: tuple[Entry, Path]) -> None:
    for ask in (checkpoints.require, checkpoints.load, checkpoints.verify):
        with pytest.raises(CheckpointError, match="unbraid models import"):
            ask("small")


def test_an_altered_value_is_noticed(small: tuple[Entry, Path]) -> None:
    _, package = small
    checkpoints.import_file(package)
    path = checkpoints.require("small")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    for ask in (checkpoints.load, checkpoints.verify):
        with pytest.raises(CheckpointError, match=r"altered.*unbraid models import"):
            ask("small")


def test_a_cut_file_is_noticed_without_reading_it(small: tuple[Entry, Path]) -> None:
    _, package = small
    checkpoints.import_file(package)
    path = checkpoints.require("small")
    path.write_bytes(path.read_bytes()[:-4])
    assert checkpoints.status("small") == ALTERED
    with pytest.raises(CheckpointError, match="altered"):
        checkpoints.require("small")


@pytest.mark.parametrize("tensors", [{"weight": torch.ones(2, 3)}, {"weight": torch.ones(3, 2), "bias": torch.ones(2)},
                                     {"weight": torch.full((2, 3), torch.nan), "bias": torch.ones(2)}])  # fmt: skip
def test_names_shapes_and_finiteness_are_checked(small: tuple[Entry, Path], tensors: dict[str, torch.Tensor]) -> None:
    checkpoints._keep(small[0], tensors)
    with pytest.raises(CheckpointError):
        checkpoints.load("small")


def test_a_lost_record_is_noticed(small: tuple[Entry, Path]) -> None:
    checkpoints.import_file(small[1])
    (checkpoints.folder() / "small.json").write_text(json.dumps([]))
    assert checkpoints.status("small") == ALTERED


def test_other_content_of_the_same_size_is_refused(small: tuple[Entry, Path]) -> None:
    entry, package = small
    forged = package.parent / "forged.whl"
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr(MEMBER, bytes(entry.bytes))
    with pytest.raises(CheckpointError, match="not the original"):
        checkpoints.import_file(forged)
    assert checkpoints.status("small") == MISSING


@pytest.mark.parametrize("name", ["absent.whl", "text.whl", "text.ckpt"])
def test_other_files_are_refused_with_a_sentence(small: tuple[Entry, Path], name: str) -> None:
    path = small[1].parent / name
    if name.startswith("text"):
        path.write_text("not weights")
    with pytest.raises(CheckpointError):
        checkpoints.import_file(path)


def test_a_folder_that_cannot_be_made_is_a_sentence(
    small: tuple[Entry, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("UNBRAID_DATA", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="UNBRAID_DATA"):
        checkpoints.import_file(small[1])


def test_an_unknown_id_names_the_known_ones() -> None:
    with pytest.raises(CheckpointError, match="spleeter-2stems-vocals"):
        checkpoints.require("nothing")
