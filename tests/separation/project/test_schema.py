"""A project survives the way through JSON, and what is no project is refused."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from separation.errors import ProjectError
from separation.mix.state import MixState, Strip
from separation.project import schema
from separation.project.project import Project, Separation, Source, View

SOURCE = Source("/music/a song – é.flac", "ab" * 32, 44100, 2, 1_000_000, "PCM_16", "Ein Lied", "Somebody")
SEPARATION = Separation("nmf", (("rank", 24),), ("vocals", "rest"), "rest", ("vocals", "rest"), "CPU", 3.5, -150.0)
PROJECT = Project(
    source=SOURCE, method="nmf", parameters=(("rank", 30), ("sparsity", 0.5)), separation=SEPARATION,
    mix=MixState((("vocals", Strip(-math.inf, -0.5, True, False)), ("rest", Strip(1.5, 0.0, False, True))), -3.0),
    loop=(1.5, 4.0), view=View(2.0, 9.0, 40.0, 12000.0),
)  # fmt: skip


def raw(project: Project = PROJECT) -> dict[str, Any]:
    return json.loads(json.dumps(schema.to_raw(project, song="a song – é.flac", made_by="Unbraid test")))


def test_every_decision_comes_back() -> None:
    found = schema.from_raw(raw())
    assert found.source == Source("a song – é.flac", *list(vars(SOURCE).values())[1:])
    assert (found.method, found.parameters, found.separation) == (PROJECT.method, PROJECT.parameters, SEPARATION)
    assert (found.mix, found.loop, found.view) == (PROJECT.mix, PROJECT.loop, PROJECT.view)


def test_width_phase_and_pan_law_come_back() -> None:
    mix = MixState(
        (("vocals", Strip(-3.0, 0.25, width=1.4, invert=True)), ("rest", Strip(width=0.0))), 0.0, "constant-power"
    )
    assert schema.from_raw(raw(replace(PROJECT, mix=mix))).mix == mix


def test_snapshots_come_back_and_damaged_ones_are_a_sentence() -> None:
    kept = (("A", MixState((("vocals", Strip(-6.0)), ("rest", Strip())))), ("B", PROJECT.mix))
    found = schema.from_raw(raw(replace(PROJECT, snapshots=kept)))
    assert found.snapshots == kept and found.heard == "B"
    assert schema.from_raw({**raw(), "snapshots": {"C": 1, "B": raw()["mix"]}}).snapshots == kept[1:]
    for wrong in ([], {"A": None}, {"A": {"strips": [{"stem": "x", "gain_db": "loud"}], "master_db": 0}}):
        with pytest.raises(ProjectError):
            schema.from_raw({**raw(), "snapshots": wrong})


def test_a_project_of_version_1_opens_and_is_heard_as_it_was() -> None:
    old = raw()
    old["version"] = 1
    del old["mix"]["pan_law"], old["snapshots"]
    for strip in old["mix"]["strips"]:
        del strip["width"], strip["invert"]
    assert schema.from_raw(old).mix == PROJECT.mix and schema.from_raw(old).snapshots == ()
    assert schema.from_raw(old).mix.pan_law == "balance" and schema.from_raw(old).mix.strip("rest").width == 1.0


@pytest.mark.parametrize(("name", "value"), [("width", 2.5), ("width", None), ("width", True), ("invert", 1)])
def test_strips_out_of_bounds_are_a_sentence(name: str, value: Any) -> None:
    damaged = raw()
    damaged["mix"]["strips"][0][name] = value
    with pytest.raises(ProjectError, match=name):
        schema.from_raw(damaged)
    with pytest.raises(ProjectError, match="pan_law"):
        schema.from_raw({**raw(), "mix": {**raw()["mix"], "pan_law": "sideways"}})


def test_a_project_without_stems_comes_back() -> None:
    found = schema.from_raw(raw(Project(source=SOURCE)))
    assert found.separation is None and found.loop is None and found.mix == MixState()


def test_nothing_open_is_nothing_to_save() -> None:
    with pytest.raises(ProjectError, match="nothing to save"):
        schema.to_raw(Project(), song="", made_by="")


def test_a_newer_version_says_so() -> None:
    with pytest.raises(ProjectError, match="newer version"):
        schema.from_raw({**raw(), "version": 99})


@pytest.mark.parametrize("value", [None, True, -1, "x", [], {}, 1e300, 10**400])
@pytest.mark.parametrize(
    "path",
    [
        ("format",), ("version",), ("source",), ("source", "frames"), ("source", "channels"), ("source", "sample_rate"),
        ("separation", "stems"), ("separation", "rest"), ("mix",), ("mix", "strips"), ("parameters",), ("view", "low"),
        ("method",), ("source", "path"),
    ],
)  # fmt: skip
def test_wrong_values_are_a_sentence(path: tuple[str, ...], value: Any) -> None:
    damaged = copy.deepcopy(raw())
    place = damaged
    for name in path[:-1]:
        place = place[name]
    if (value == {} and path == ("parameters",)) or (value == [] and path == ("mix", "strips")):
        return  # none is fine
    if isinstance(value, str) and path in (("method",), ("source", "path")):
        return
    place[path[-1]] = value
    with pytest.raises(ProjectError):
        schema.from_raw(damaged)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b" " * (schema.LARGEST + 1)])
def test_what_is_no_json_is_a_sentence(text: bytes) -> None:
    with pytest.raises(ProjectError):
        schema.from_raw(schema.parse(text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [(a, b) for a, inner in raw().items() for b in (inner if isinstance(inner, dict) else {None: None})]


@given(st.sampled_from(PLACES), JSON)
def test_whatever_is_put_anywhere_is_a_project_or_a_sentence(place: tuple[str, str | None], value: Any) -> None:
    damaged = raw()
    if place[1] is None:
        damaged[place[0]] = value
    else:
        damaged[place[0]][place[1]] = value
    try:
        found = schema.from_raw(damaged)
    except ProjectError:
        return
    assert isinstance(found, Project) and isinstance(found.mix.master_db, float)
