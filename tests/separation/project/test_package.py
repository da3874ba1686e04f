"""Project files: what is saved comes back bit for bit, whole or not at all, and hostile files are refused."""

from __future__ import annotations

import json
import os
import resource
import signal
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from separation.errors import OutputError, ProjectError
from separation.mix.state import MixState, Strip
from separation.operations import open_project
from separation.progress import SILENT
from separation.project import package
from separation.project.project import Project, Separation, Source
from separation.project.store import Store
from separation.stems import on_grid

RATE, FRAMES = 44100, 70_001


def song(folder: Path, kind: str = "wav", subtype: str = "PCM_16") -> tuple[Path, np.ndarray]:
    path = folder / f"the song.{kind}"
    noise = np.random.default_rng(1).uniform(-0.9, 0.9, (FRAMES, 2))
    soundfile.write(path, noise, RATE, subtype=subtype)
    return path, soundfile.read(path, dtype="float32", always_2d=True)[0]


def saved(folder: Path, *, grid: bool = True, subtype: str = "PCM_16") -> tuple[Path, Project, Store]:
    """A saved project of two stems, one of which goes beyond full scale."""
    import hashlib

    path, mixture = song(folder, "wav", subtype)
    store = Store()
    loud = (1.7 * mixture + 0.1).astype(np.float32)
    stems = np.stack([loud.T, (mixture - loud).T])
    if grid:
        stems = on_grid(stems, mixture.T, 1)
    for name, values in zip(("1-vocals", "1-rest"), stems, strict=True):
        store.create(name, FRAMES, 2)[:] = values.T
    source = Source(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), RATE, 2, FRAMES, subtype, "Title", "Me")
    project = Project(
        source=source, method="spleeter", mix=MixState((("vocals", Strip(mute=True)), ("rest", Strip(pan=0.5))), -1.0),
        separation=Separation("spleeter", (), ("vocals", "rest"), "rest", ("1-vocals", "1-rest"), "CPU", 1.0, -200.0),
    )  # fmt: skip
    target = folder / "my project.unbraid"
    package.write(target, project, store, made_by="test")
    return target, project, store


def reopened(path: Path) -> tuple[Store, dict[str, Any], list[tuple[str, Any]]]:
    store, said = Store(), []
    facts = open_project(SILENT, lambda kind, value: said.append((kind, value)), path=str(path),
                         store=str(store.folder), name="mixture", prefix="1")  # fmt: skip
    return store, facts, said


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_stems_and_decisions_come_back_bit_for_bit(tmp_path: Path, subtype: str) -> None:
    path, project, store = saved(tmp_path, subtype=subtype)
    assert np.abs(store.map("1-vocals", FRAMES, 2)).max() > 1.2
    again, facts, _ = reopened(path)
    assert project.separation is not None
    for was, now in zip(project.separation.arrays, facts["arrays"], strict=True):
        assert np.array_equal(store.map(was, FRAMES, 2), again.map(now, FRAMES, 2)), was
        assert again.picture(now).exists()
    total = sum(np.asarray(again.map(a, FRAMES, 2), np.float64) for a in facts["arrays"])
    assert np.array_equal(total, again.map("mixture", FRAMES, 2))
    opened = package.read(path).project
    assert opened.mix == project.mix and opened.method == "spleeter"
    assert opened.source == project.source and opened.separation == replace(
        project.separation, arrays=project.separation.stems
    )


def test_stems_of_a_float_song_sum_to_it_again(tmp_path: Path) -> None:
    path, _, store = saved(tmp_path, grid=False, subtype="FLOAT")
    again, facts, _ = reopened(path)
    total = sum(np.asarray(again.map(a, FRAMES, 2), np.float64) for a in facts["arrays"])
    assert np.abs(total - again.map("mixture", FRAMES, 2)).max() < 2**-24
    assert np.abs(again.map(facts["arrays"][0], FRAMES, 2) - store.map("1-vocals", FRAMES, 2)).max() <= 2**-24


def test_the_file_is_a_plain_zip_of_flacs_without_personal_paths(tmp_path: Path) -> None:
    path, _, _ = saved(tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["project.json", "stems/excess.safetensors", "stems/0.flac", "stems/1.flac"]
        text = archive.read("project.json").decode()
    assert str(tmp_path) not in text and json.loads(text)["source"]["path"] == "the song.wav"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_project_moves_with_its_song(tmp_path: Path) -> None:
    path, _, _ = saved(tmp_path)
    elsewhere = tmp_path / "another machine"
    elsewhere.mkdir()
    path.rename(elsewhere / path.name)
    (tmp_path / "the song.wav").rename(elsewhere / "the song.wav")
    opened = package.read(elsewhere / path.name)
    assert opened.song == elsewhere / "the song.wav"


@pytest.mark.parametrize("changed", [False, True])
def test_without_its_song_the_sum_of_the_stems_is_heard(tmp_path: Path, changed: bool) -> None:
    path, _, _ = saved(tmp_path)
    _, mixture = song(tmp_path)
    if changed:
        soundfile.write(tmp_path / "the song.wav", np.zeros(100), RATE)
    else:
        (tmp_path / "the song.wav").unlink()
    store, _, said = reopened(path)
    assert np.array_equal(store.map("mixture", FRAMES, 2), mixture)
    assert any(kind == "notice" and "sum of its stems" in text for kind, text in said)
    assert any(kind == "notice" and ("changed" in text) == changed for kind, text in said)


def test_without_song_and_stems_there_is_a_sentence(tmp_path: Path) -> None:
    path, project, store = saved(tmp_path)
    package.write(path, replace(project, separation=None), store)
    (tmp_path / "the song.wav").unlink()
    with pytest.raises(ProjectError, match="put the one it was made with beside"):
        package.read(path)


def test_saving_again_keeps_the_stems(tmp_path: Path) -> None:
    path, project, _ = saved(tmp_path)
    store, facts, _ = reopened(path)
    assert project.separation is not None
    moved = replace(project, separation=replace(project.separation, arrays=tuple(facts["arrays"])))
    package.write(tmp_path / "again.unbraid", moved, store)
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(tmp_path / "again.unbraid") as two:
        for name in one.namelist()[1:]:
            assert one.read(name) == two.read(name)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path, project, store = saved(tmp_path)
    before = path.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limit[1]))
        with pytest.raises(OutputError, match="cannot be written"):
            package.write(path, project, store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before and not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.skipif(os.name != "posix", reason="links need a POSIX system")
@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "/etc/passwd", "stems/../../x.flac", "stems/0.flac\\..\\x", "C:\\x", "stems/0.wav", "readme"],
)
def test_members_that_are_not_ours_are_refused(tmp_path: Path, name: str) -> None:
    path, _, _ = saved(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(ProjectError, match="not opened"):
        package.read(path)


def test_links_and_doubles_and_bombs_are_refused(tmp_path: Path) -> None:
    path, _, _ = saved(tmp_path)
    whole = path.read_bytes()
    link = zipfile.ZipInfo("stems/2.flac")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ProjectError, match="not opened"):
        package.read(path)
    path.write_bytes(whole)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("project.json", b"{}")
    with pytest.raises(ProjectError, match="not opened"):
        package.read(path)
    path.write_bytes(whole)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("stems/2.flac", bytes(10_000_000), zipfile.ZIP_DEFLATED)
    with pytest.raises(ProjectError, match="not opened"):
        package.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", b" " * (17 << 20), zipfile.ZIP_DEFLATED)
    with pytest.raises(ProjectError):
        package.read(path)


def test_a_stem_of_another_length_is_refused(tmp_path: Path) -> None:
    path, _, _ = saved(tmp_path)
    soundfile.write(tmp_path / "short.flac", np.zeros((100, 2)), RATE, subtype="PCM_24")
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    parts["stems/0.flac"] = (tmp_path / "short.flac").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(ProjectError, match="damaged"):
        reopened(path)


@pytest.mark.parametrize("seed", range(40))
def test_changed_bytes_are_a_sentence_or_the_same_sound(tmp_path: Path, seed: int) -> None:
    path, _, _ = saved(tmp_path)
    (tmp_path / "the song.wav").unlink()
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(seed)
    if seed % 4 == 0:
        del data[int(random.integers(0, len(data))) :]
    for at in random.integers(0, len(data) if seed % 2 else min(4000, len(data)), 3) if data else ():
        data[at] = int(random.integers(0, 256))
    path.write_bytes(bytes(data))
    try:
        again, facts, _ = reopened(path)
    except ProjectError:
        return
    for array in facts["arrays"]:
        assert np.isfinite(again.map(array, FRAMES, 2)).all()
