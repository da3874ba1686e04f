"""The inspector on a real session that has no children: what it shows of methods, parameters, devices and runs."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app import theme
from app.inspector.field import words
from app.inspector.file import FileField
from app.inspector.methods import EVERYDAY
from app.inspector.panel import RAIL, Inspector
from app.inspector.parameter import field_for, step_of
from app.inspector.pointer import shown_shares
from app.session import Session
from separation import operations
from separation.progress import Report
from separation.project import edits
from separation.project.project import Project, Separation, Source

LEFT = Qt.MouseButton.LeftButton
SONG = Source("song.flac", "", 44100, 2, 44100 * 240)
RUN = Separation("nmf", (), ("source 1", "source 2"), "source 1", ("a", "b"), device="CPU", seconds=41.0)


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication) -> Iterator[Session]:
    theme.install(qapp)
    made = Session()
    made.methods = operations.methods(Report(), lambda kind, value: None)
    for facts in made.methods:
        facts["ready"] = facts["id"] != "spleeter"
    made.document.reset(Project(source=SONG, method="nmf"))
    made.state = "opened"
    yield made
    made.close()
    theme.set_text_size(1.0)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Inspector:
    shown = Inspector(session)
    qtbot.addWidget(shown)
    shown.resize(312, 860)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def enter(session: Session, state: str) -> None:
    session.state = state
    session.state_changed.emit(state)


def test_rows_say_what_a_method_is_and_how_long_it_takes(panel: Inspector, session: Session) -> None:
    for facts in session.methods:
        row = panel.rows[facts["id"]]
        assert facts["title"] in row.accessibleName() and facts["source"] in row.toolTip()
        assert len(facts["summary"]) <= 40 and len(facts["title"]) <= 25
    assert panel.rows["nmf"].isChecked()
    seconds = session.estimate("nmf")
    assert seconds is not None and f"{round(seconds)}\u00a0s" in panel.rows["nmf"].accessibleName()
    QTest.mouseClick(panel.rows["hpss"], LEFT)
    assert session.document.project.method == "hpss"
    session.document.undo()
    assert panel.rows["nmf"].isChecked()


def test_more_methods_are_folded_away_but_the_chosen_one(panel: Inspector, session: Session) -> None:
    others = [name for name in panel.rows if name not in EVERYDAY]
    assert others and not any(panel.rows[name].isVisible() for name in others)
    QTest.mouseClick(panel.methods.more, LEFT)
    assert all(panel.rows[name].isVisible() for name in others)
    panel.rows[others[0]].click()
    assert session.document.project.method == others[0] and not panel.rows["nmf"].isChecked()
    QTest.mouseClick(panel.methods.more, LEFT)
    assert [name for name in others if panel.rows[name].isVisible()] == others[:1]
    session.document.undo()
    assert panel.rows["nmf"].isChecked() and not panel.rows[others[0]].isVisible()


def test_a_file_is_chosen_and_shown(qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"name": "score", "default": "", "help": "The notes.", "expert": False, "choices": [], "kind": "str",
             "unit": "", "minimum": None, "maximum": None, "file": "MIDI score (*.mid)"}  # fmt: skip
    field = field_for(facts)
    assert isinstance(field, FileField)
    qtbot.addWidget(field)
    field.show_value(None)
    told: list[object] = []
    field.edited.connect(told.append)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *asked: ("/tunes/waltz.mid", asked[3]))
    QTest.mouseClick(field.button, LEFT)
    assert told == ["/tunes/waltz.mid"]
    field.show_value("/tunes/waltz.mid")
    assert field.control.text() == "/tunes/waltz.mid"


def test_a_method_that_is_not_here_says_what_to_do(panel: Inspector, session: Session) -> None:
    QTest.mouseClick(panel.rows["spleeter"], LEFT)
    assert not panel.button.isEnabled() and panel.button.toolTip()
    assert "models" in panel.methods._missing.text() and panel.methods._missing.isVisible()
    QTest.mouseClick(panel.rows["nmf"], LEFT)
    assert panel.button.isEnabled() and not panel.methods._missing.isVisible()


def test_parameters_are_edited_and_reset(panel: Inspector, session: Session) -> None:
    rank = panel.parameters.fields["rank"]
    assert not panel.parameters.fields["divergence"].isVisible()
    QTest.mouseClick(panel.parameters.expert, LEFT)
    assert panel.parameters.fields["divergence"].isVisible()
    control = rank.control  # type: ignore[attr-defined]
    QTest.mouseClick(control, LEFT, pos=QPoint(control.width() - 8, 14))
    assert dict(session.document.project.parameters) == {"rank": 33}
    assert rank.caption._colour == "accent"
    QTest.keyClicks(control, "4")
    QTest.keyClicks(control.editor, "8")
    QTest.keyClick(control.editor, Qt.Key.Key_Return)
    assert dict(session.document.project.parameters) == {"rank": 48}
    QTest.mouseDClick(rank.caption, LEFT)
    assert session.document.project.parameters == () and rank.caption._colour == "text"
    session.document.undo()
    assert control.amount == 48
    select = panel.parameters.fields["divergence"].control  # type: ignore[attr-defined]
    select.setFocus()
    QTest.keyClick(select, Qt.Key.Key_Down)
    assert dict(session.document.project.parameters)["divergence"] == "is"


def test_a_drag_of_a_parameter_is_one_step(panel: Inspector, session: Session) -> None:
    slider = panel.parameters.fields["exponent"].control  # type: ignore[attr-defined]
    grip = QPoint(round(slider._x(slider.amount)), 12)
    QTest.mousePress(slider, LEFT, pos=grip)
    for step in range(1, 30):
        QTest.mouseMove(slider, grip + QPoint(step, 0))
    QTest.mouseRelease(slider, LEFT, pos=grip + QPoint(29, 0))
    assert len(session.document.steps) == 1
    assert dict(session.document.project.parameters)["exponent"] > 1.5


def test_another_method_has_other_parameters(panel: Inspector, session: Session) -> None:
    for facts in session.methods:
        session.document.apply(edits.set_method, facts["id"])
        assert list(panel.parameters.fields) == [p["name"] for p in facts["parameters"]]
        assert panel.parameters.isVisible() == bool(facts["parameters"])


def test_stems_out_of_date_are_named(panel: Inspector, session: Session) -> None:
    session.document.apply(edits.set_separation, RUN)
    enter(session, "separated")
    assert panel.button.text() == "Separate again"
    assert "Atoms (NMF), 41\u00a0s" in panel.run.status.text
    session.document.apply(edits.set_parameter, "rank", 48)
    assert panel.button.text() == "Update stems" and "1 parameter" in panel.run.status.text
    session.document.apply(edits.set_method, "hpss")
    assert "Atoms (NMF)" in panel.run.status.text and "out of date" in panel.run.status.text


def test_a_failed_run_is_told_in_place(panel: Inspector, session: Session) -> None:
    session.devices = [{"id": "cuda:0", "name": "GPU"}, {"id": "cpu", "name": "CPU · 2 threads"}]
    session.devices_known.emit(session.devices)
    assert panel.device.select.currentText() == "Automatic: GPU"
    session.separation_failed.emit("The graphics card ran out of memory.")
    assert panel.run.error.isVisible() and panel.run.error.text == "The graphics card ran out of memory."
    assert [button.text() for button in panel.run.error.buttons] == ["Use the processor", "Try again"]
    asked: list[str] = []
    session.separate = lambda: asked.append(session.device)  # type: ignore[method-assign]
    QTest.mouseClick(panel.run.error.buttons[0], LEFT)
    assert asked == ["cpu"] and panel.device.select.currentText() == "CPU · 2 threads"
    enter(session, "separating")
    assert not panel.run.error.isVisible()


def test_one_device_is_named_and_nothing_to_choose(panel: Inspector, session: Session) -> None:
    assert panel.device.select.isVisible() and "CPU" in panel.device.select.currentText()
    assert panel.device.select.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_while_it_runs_there_are_steps(panel: Inspector, session: Session) -> None:
    enter(session, "separating")
    assert panel.running.isVisible() and not panel.button.isVisible()
    session.progress.emit(0.1, 1.0, "Learning the atoms")
    session.progress.emit(0.6, 1.0, "Making the stems, part 3 of 9")
    assert panel.running.card.percent == 60
    assert panel.running.card._steps == ["Get ready", "Learning the atoms", "Making the stems"]
    assert panel.running.card._notes[2] == "part 3 of 9" and panel.running.card._notes[0].endswith("s")
    session.stems_ready.emit(44100 * 65)
    assert "1:05" in panel.running.listen.text
    enter(session, "opened")
    assert not panel.running.isVisible() and panel.button.isVisible()


def test_the_pointer(panel: Inspector) -> None:
    shares = {"vocals": 0.41, "other": 0.52, "drums": 0.07, "bass": 0.001}
    panel.show_pointer(SimpleNamespace(seconds=42.36, hertz=853.8, level_db=-30.9, shares=shares))
    assert panel.pointer.heading.hint.text() == "0:42.36 · 854\u00a0Hz"
    assert panel.pointer.bar.accessibleName() == "Other 52\u00a0%, Vocals 41\u00a0%, Drums 7\u00a0%"
    assert [name for name, _ in shown_shares(shares)] == ["other", "vocals", "drums"]
    panel.show_pointer(None)
    assert not panel.pointer.bar.accessibleName()
    panel.resize(312, 700)
    assert not panel.pointer.isVisible()


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_separate_is_always_to_be_seen(panel: Inspector, factor: float, qtbot: QtBot) -> None:
    theme.set_text_size(factor)
    panel.parameters.set_expert(True)
    panel.resize(panel.width(), 500)
    qtbot.wait(20)
    button = panel.button
    assert panel.rect().contains(button.geometry().translated(button.parentWidget().mapTo(panel, QPoint())))


def test_folding_leaves_a_rail_with_a_way_back(panel: Inspector, qtbot: QtBot) -> None:
    panel.set_folded(True)
    assert panel.folded and panel.width() == RAIL and not panel.button.isVisible()
    with qtbot.waitSignal(panel.folding) as told:
        QTest.mouseClick(panel.unfold, LEFT)
    assert told.args == [False] and panel.button.isVisible() and panel.width() == 312


def test_words_and_steps() -> None:
    assert words("bass_top") == "Bass top" and words("kl") == "KL"
    assert step_of(80, 600, False) == 10 and step_of(0.5, 4.0, False) == 0.05
    assert step_of(2, 512, True) == 1 and step_of(1, 5000, True) == 10
