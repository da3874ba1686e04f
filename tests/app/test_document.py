from __future__ import annotations

import random

from PySide6.QtWidgets import QApplication

from app.document import Document
from separation.project import edits
from separation.project.project import Project


def test_undo_to_the_start_gives_the_identical_project_back(qapp: QApplication) -> None:
    document, choose = Document(), random.Random(5)
    start = document.project
    for _ in range(200):
        what = choose.randrange(4)
        stem = choose.choice(["vocals", "drums", "bass"])
        if what == 0:
            document.apply(edits.set_gain, stem, choose.uniform(-60, 6), merge=choose.choice([None, "drag"]))
        elif what == 1:
            document.apply(edits.set_mute, stem, choose.random() < 0.5)
        elif what == 2:
            document.undo()
        else:
            document.redo()
    end = document.project
    steps = len(document.steps)
    while document.can_undo:
        document.undo()
    assert document.project is start and not document.dirty
    for _ in range(steps):
        document.redo()
    assert document.project is end


def test_one_drag_is_one_step_and_says_what_it_did(qapp: QApplication) -> None:
    document = Document()
    for db in (-0.5, -1.0, -1.5):
        document.apply(edits.set_gain, "drums", db, merge="drums fader")
    assert document.undo_text == "Drums fader to −1.5 dB"
    document.undo()
    assert document.project == Project() and not document.can_undo


def test_an_edit_that_changes_nothing_leaves_no_trace(qapp: QApplication) -> None:
    document = Document()
    document.apply(edits.set_mute, "vocals", True)
    document.apply(edits.set_mute, "vocals", True)
    assert len(document.steps) == 1


def test_saved_is_a_place_in_the_history(qapp: QApplication) -> None:
    document = Document()
    document.apply(edits.set_master, -3.0)
    document.mark_saved(document.mark())
    assert not document.dirty
    document.undo()
    assert document.dirty
    document.redo()
    assert not document.dirty
