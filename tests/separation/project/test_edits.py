from __future__ import annotations

import pytest

from separation.errors import ProjectError
from separation.mix.state import MixState, Strip
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


def test_width_phase_and_pan_law_are_limited_and_named() -> None:
    project = edits.set_pan_law(edits.set_invert(edits.set_width(Project(), "bass", 7.0), "bass", True), "linear")
    assert project.mix == MixState((("bass", Strip(width=2.0, invert=True)),), pan_law="linear")
    assert edits.reset_mix(project).mix == MixState((("bass", Strip()),), pan_law="linear")
    assert edits.set_width.describe("bass", 1.4) == "Bass width to 140 %"
    assert edits.set_invert.describe("bass", True) == "Invert the phase of Bass"
    with pytest.raises(ProjectError, match="not a number"):
        edits.set_width(Project(), "bass", float("nan"))
    with pytest.raises(ProjectError, match="balance"):
        edits.set_pan_law(Project(), "sideways")


def test_a_preset_is_one_edit_with_a_name() -> None:
    project = edits.set_separation(Project(), RUN)
    assert edits.use_preset(project, "karaoke").mix.strip("vocals").mute
    assert edits.use_preset(project, "minus-one", "drums").mix.strip("drums").gain_db == -18.0
    assert edits.use_preset.describe("karaoke") == "Karaoke"
    assert edits.use_preset.describe("practice", "drums") == "Practice without Drums"
    assert edits.use_preset.describe("minus-one", "drums") == "Quiet guide: Drums"


def test_two_mixes_are_kept_and_heard() -> None:
    project = edits.keep_mix(edits.set_separation(Project(), RUN), "B")
    project = edits.keep_mix(edits.set_gain(project, "drums", -6.0), "A")
    assert [letter for letter, _ in project.snapshots] == ["A", "B"] and project.heard == "A"
    other = edits.hear_mix(project, "B")
    assert other.mix.strip("drums").gain_db == 0.0 and other.heard == "B"
    assert edits.hear_mix(other, "A") == project
    assert edits.set_pan(other, "drums", 0.5).heard == ""
    assert edits.keep_mix.describe("A") == "Keep the mix as A" and edits.hear_mix.describe("B") == "Mix B"
    with pytest.raises(ProjectError, match="keep one first"):
        edits.hear_mix(Project(), "A")
    with pytest.raises(ProjectError, match="A or B"):
        edits.keep_mix(Project(), "C")


def test_kept_mixes_follow_the_stems() -> None:
    project = edits.keep_mix(edits.set_gain(edits.set_separation(Project(), RUN), "drums", -6.0), "A")
    three = Separation("hpss", (), ("drums", "rest"), "rest", ("2-drums", "2-rest"))
    found = edits.set_separation(project, three)
    mix = found.snapshot("A")
    assert mix is not None and mix.names == ("drums", "rest") and mix.strip("drums").gain_db == -6.0
    assert found.heard == "A"
