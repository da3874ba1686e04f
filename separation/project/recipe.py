"""The recipe beside exported files: what is needed to make them again, as JSON that people can read.

`song` is the file it was made from (with its SHA-256), `separation` the method with every parameter, its seed and the
SHA-256 of its network weights and of files it was given, `mix` the mixer as it stood, `span` the part that was
written, `files` what lies beside. It holds no date, so the same work gives the same recipe.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import separation
from separation import catalogue, checkpoints
from separation.errors import OutputError, UnbraidError
from separation.method import Method
from separation.mix.speed import NATURAL, Speed
from separation.mix.state import MixState
from separation.parameters import Parameters, build, describe
from separation.project.project import Project, Separation
from separation.project.schema import mix_to_raw
from separation.unfinished import beside

FORMAT, VERSION = "unbraid recipe", 1
NAME = "unbraid-recipe.json"  # beside a folder of stems
ENDING = ".recipe.json"  # beside one file


def path_for(target: Path) -> Path:
    """Where the recipe of one file lies: “song.wav” has “song.wav.recipe.json”, so that “song.mp3” may have its own."""
    return target.with_name(target.name + ENDING)


def of_project(
    project: Project, files: Mapping[str, Path], *, mixed: bool, span: tuple[int, int] | None = None
) -> dict[str, Any]:
    """The recipe of files written from a project. mixed: whether the mixer was heard in them. span: frames."""
    source, last = project.source, project.separation
    assert source is not None
    song = {
        "file": Path(source.path).name, "sha256": source.sha256, "sample_rate": source.sample_rate,
        "channels": source.channels, "frames": source.frames, "title": source.title, "artist": source.artist,
    }  # fmt: skip
    return _recipe(song, _remembered(last) if last else None, project.mix if mixed else None, span, files)


def of_mix(
    project: Project, mix: MixState, target: Path, *, span: tuple[int, int] | None = None, upmix: str = "",
    speed: Speed = NATURAL, keep_pitch: Collection[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The recipe of one file: a project's song with that mix. upmix: the layout, if mono was made stereo.

    span: frames of the song, before its tempo was changed. keep_pitch: stems that were not transposed.
    """
    told = of_project(replace(project, mix=mix), {"mix": target}, mixed=True, span=span)
    changed = {"tempo": speed.tempo, "semitones": speed.semitones, "keep_pitch": sorted(keep_pitch)}
    return {**told, **({"speed": changed} if speed != NATURAL else {}), **({"upmix": upmix} if upmix else {})}


def of_run(
    song: Mapping[str, Any], method: Method, parameters: Parameters, names: tuple[str, ...], rest: str,
    files: Mapping[str, Path],
) -> dict[str, Any]:  # fmt: skip
    """The recipe of stems as a method gave them. song: file, sha256, sample_rate, channels, frames, title, artist."""
    return _recipe(song, _settled(method, parameters, names, rest), None, None, files)


def sha256(path: Path) -> str:
    """Of the whole file; "" if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def add_to(path: Path, recipe: dict[str, Any]) -> dict[str, Any] | None:
    """The recipe together with the files of the one at `path`; None if that one tells of another song or run."""
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
        if any(there[part] != recipe[part] for part in ("format", "separation", "mix", "span")):
            return None
        if there["song"]["sha256"] != recipe["song"]["sha256"]:
            return None
        return {**recipe, "files": {**there["files"], **recipe["files"]}}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write(path: Path, recipe: Mapping[str, Any]) -> None:
    """Write it whole or not at all. Raises OutputError."""
    part = beside(path.parent, ".json")
    try:
        part.write_text(json.dumps(recipe, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"The recipe “{path.name}” cannot be written ({error.strerror or error}): choose another folder, or leave "
            "the recipe out."
        ) from error


def _recipe(
    song: Mapping[str, Any], parting: dict[str, Any] | None, mix: MixState | None, span: tuple[int, int] | None,
    files: Mapping[str, Path],
) -> dict[str, Any]:  # fmt: skip
    return {
        "format": FORMAT, "version": VERSION, "made_by": f"Unbraid {separation.__version__}",
        "song": dict(song), "separation": parting, "mix": mix_to_raw(mix) if mix else None,
        "span": {"from_frame": span[0], "to_frame": span[1]} if span else None,
        "files": {name: path.name for name, path in files.items()},
    }  # fmt: skip


def _remembered(last: Separation) -> dict[str, Any]:
    """What a project knows of the run that gave its stems; a method that is no more is told as it was set."""
    try:
        method = catalogue.find(last.method)
        parameters = build(method.parameters, dict(last.parameters))
    except UnbraidError:
        values = dict(last.parameters)
        seed = values.pop("seed", 0)
        return {
            "method": last.method, "title": last.title, "parameters": values, "seed": seed, "checkpoints": [],
            "inputs": {}, "stems": list(last.stems), "rest": last.rest, "device": last.device,
        }  # fmt: skip
    return _settled(method, parameters, last.stems, last.rest) | {"device": last.device}


def _settled(method: Method, parameters: Parameters, names: tuple[str, ...], rest: str) -> dict[str, Any]:
    declared = describe(type(parameters))
    values = {one.name: getattr(parameters, one.name) for one in declared}
    given = {one.name: Path(values[one.name]) for one in declared if one.file and values[one.name]}
    given = {name: path for name, path in given.items() if path.is_file()}
    return {
        "method": method.id, "title": method.title, "parameters": values, "seed": parameters.seed,
        "checkpoints": [{"id": id, "sha256": checkpoints.find(id).sha256} for id in method.checkpoints],
        "inputs": {name: {"file": path.name, "sha256": sha256(path)} for name, path in given.items()},
        "stems": list(names), "rest": rest, "device": parameters.device,
    }  # fmt: skip
