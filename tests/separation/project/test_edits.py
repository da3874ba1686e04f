from __future__ import annotations

import pytest

from separation.errors import ProjectError
from separation.project import edits
from separation.project.project import Project, Separation

RUN = Separation("hybrid", (), ("vocals", "drums"), "drums", ("1-vocals", "1-drums"))


def test_edits_are_pure_and_say_what_they_do() -> None:
    start = Project()
    after = edits.set_gain(start, "drums", -1.5)
    assert start == Project() and after.mix.strip("drums").gain_db == -1.5
    assert edits.set_gain.describe("drums", -1.5) == "Drums fader to −1.5 dB"
    assert edits.set_mute.describe("vocals", True) == "Mute Vocals"
    assert edits.EDITS["set_gain"] is edits.set_gain


def test_an_edit_without_effect_returns_the_same_project() -> None:
    project = edits.set_pan(Project(), "bass", 0.25)
    assert edits.set_pan(project, "bass", 0.25) is project


def test_solo_alone_takes_over() -> None:
    project = edits.set_solo(edits.set_solo(Project(), "vocals", True), "drums", True, True)
    assert project.mix.strip("drums").solo and not project.mix.strip("vocals").solo


def test_another_method_makes_the_stems_stale() -> None:
    project = edits.set_separation(Project(), RUN)
    assert not project.stale and project.mix.names == ("vocals", "drums")
    assert edits.set_method(project, "nmf").stale
    assert not edits.set_method(edits.set_method(project, "nmf"), "hybrid").stale


def test_a_level_that_is_no_number_is_refused() -> None:
    with pytest.raises(ProjectError):
        edits.set_gain(Project(), "drums", float("nan"))
