from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from separation import checkpoints
from separation.catalogue import find
from separation.errors import OutputError
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from separation.parameters import build
from separation.project import recipe
from separation.project.project import Project, Separation, Source
from separation.project.schema import mix_from_raw

SONG = Source("/music/One.flac", "ab" * 32, 44100, 2, 1000, "PCM_16", "One", "Somebody")
LAST = Separation(
    "hybrid", (), ("vocals", "drums", "bass", "other"), "other", ("a", "b", "c", "d"), device="CPU", title="Hybrid"
)
MIX = MixState((("vocals", Strip(gain_db=MINUS_INFINITY)), ("drums", Strip(pan=0.25, mute=True))), master_db=-1.5)


def test_a_projects_recipe_is_json_with_all_that_is_needed(tmp_path: Path) -> None:
    project = Project(SONG, separation=LAST, mix=MIX)
    target = tmp_path / "mix.wav"
    recipe.write(recipe.path_for(target), recipe.of_project(project, {"mix": target}, mixed=True, span=(10, 500)))
    assert [p.name for p in tmp_path.iterdir()] == ["mix.wav.recipe.json"]
    told = json.loads((tmp_path / "mix.wav.recipe.json").read_text(encoding="utf-8"))
    assert told["song"] == {
        "file": "One.flac", "sha256": "ab" * 32, "sample_rate": 44100, "channels": 2, "frames": 1000, "title": "One",
        "artist": "Somebody",
    }  # fmt: skip
    made = told["separation"]
    assert {c["id"]: c["sha256"] for c in made["checkpoints"]} == {
        c: checkpoints.find(c).sha256 for c in find("hybrid").checkpoints
    }
    assert made["checkpoints"] and made["seed"] == 0 and made["device"] == "CPU"
    build(find("hybrid").parameters, made["parameters"])  # the method takes them all back
    assert mix_from_raw(told["mix"]) == MIX
    assert told["span"] == {"from_frame": 10, "to_frame": 500} and told["files"] == {"mix": "mix.wav"}


def test_stems_have_no_mix_and_a_lost_method_keeps_its_settings() -> None:
    lost = Separation("gone", (("seed", 3), ("size", 5)), ("a", "b"), "b", ("a", "b"))
    told = recipe.of_project(Project(SONG, separation=lost, mix=MIX), {}, mixed=False)
    assert told["mix"] is None and told["span"] is None
    assert told["separation"]["parameters"] == {"size": 5} and told["separation"]["seed"] == 3
    assert recipe.of_project(Project(SONG), {}, mixed=True)["separation"] is None


def test_the_same_work_gives_the_same_recipe() -> None:
    project = Project(SONG, separation=LAST, mix=MIX)
    assert recipe.of_project(project, {}, mixed=True) == recipe.of_project(project, {}, mixed=True)


def test_files_that_a_method_was_given_are_told_by_their_sum(tmp_path: Path) -> None:
    strokes = tmp_path / "strokes.json"
    strokes.write_text("[]")
    method = find("nmf-painted")
    name = "strokes"
    told = recipe.of_run({}, method, build(method.parameters, {name: str(strokes)}), ("a",), "a", {})
    assert told["separation"]["inputs"] == {
        name: {"file": "strokes.json", "sha256": hashlib.sha256(b"[]").hexdigest()}
    }


def test_every_file_has_a_recipe_of_its_own() -> None:
    assert recipe.path_for(Path("x") / "a.b.flac") == Path("x") / "a.b.flac.recipe.json"


def test_only_the_same_run_joins(tmp_path: Path) -> None:
    project = Project(SONG, separation=LAST)
    first = recipe.of_project(project, {"vocals": Path("v.wav")}, mixed=False)
    path = tmp_path / recipe.NAME
    recipe.write(path, first)
    more = recipe.of_project(project, {"bass": Path("b.wav")}, mixed=False)
    joined = recipe.add_to(path, more)
    assert joined is not None and joined["files"] == {"vocals": "v.wav", "bass": "b.wav"}
    assert recipe.add_to(path, recipe.of_project(project, {}, mixed=True)) is None
    path.write_text("[1]")
    assert recipe.add_to(path, more) is None


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="recipe"):
        recipe.write(tmp_path / "none" / recipe.NAME, {})
    assert list(tmp_path.iterdir()) == []
