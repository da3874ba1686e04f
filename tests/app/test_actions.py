"""The table of actions: complete, without double keys, and with a reason for whatever cannot be done."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from app import actions, theme
from app.actions import State

EVERYTHING = State(
    phase="separated", stems=("vocals", "drums", "bass", "other", "guitar", "piano", "residual", "rest"),
    strip="drums", undo="Mute Drums", redo="Unmute Drums", kept=("A", "B"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    theme.install(qapp)


def test_ids_and_keys_are_given_once() -> None:
    assert len(actions.BY_ID) == len(actions.TABLE)
    keys = Counter(QKeySequence.fromString(key).toString() for action in actions.TABLE for key in action.keys)
    assert "" not in keys
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_group_has_a_menu_and_every_icon_a_drawing() -> None:
    groups = {group for group, _ in actions.GROUPS}
    for action in actions.TABLE:
        assert action.group in groups, action.id
        if action.icon:
            theme.pixmap(action.icon, "text", 16)


def test_with_stems_everything_can_be_done_but_what_waits_for_a_run() -> None:
    impossible = {action.id for action in actions.TABLE if action.why(EVERYTHING)}
    assert impossible == {"cancel"}
    assert all(action.there is None or action.there(EVERYTHING) for action in actions.TABLE)


def test_without_a_song_the_reason_is_a_sentence() -> None:
    for action in actions.TABLE:
        reason = action.why(State())
        assert not reason or (reason.endswith(".") and reason[0].isupper()), action.id
    assert not actions.BY_ID["open"].why(State())
    assert actions.BY_ID["export"].why(State()) == "Open a song first."
    assert actions.BY_ID["mute"].why(State(phase="separated", stems=("vocals",))).startswith("Click a strip")


def test_texts_name_what_they_are_about() -> None:
    assert actions.BY_ID["undo"].words(EVERYTHING) == "Undo Mute Drums"
    assert actions.BY_ID["undo"].words(State()) == "Undo"
    assert actions.BY_ID["mute_2"].words(EVERYTHING) == "Drums on or off"
    assert actions.BY_ID["export"].hint(State()) == "Export (Ctrl E)\nOpen a song first."


@pytest.mark.parametrize(
    ("key", "shown"),
    [("Ctrl+K", "Ctrl K"), ("Ctrl+Shift+Z", "Ctrl Shift Z"), ("Left", "←"), ("Ctrl+Return", "Ctrl ↵"), ("-", "−"),
     ("+", "+"), ("?", "?"), ("F3", "F3"), ("Shift+1", "Shift 1")],
)  # fmt: skip
def test_keys_as_people_read_them(key: str, shown: str) -> None:
    assert actions.key_text(key) == shown


def test_the_key_map_of_the_design_is_there() -> None:
    taken = {key for action in actions.TABLE for key in action.keys}
    wanted = {
        "Space", "Left", "Right", "Ctrl+Left", "Shift+Right", "Home", "End", "L", "I", "O", "1", "8", "Shift+1",
        "Shift+8", "M", "S", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+O", "Ctrl+S", "Ctrl+E", "Ctrl+Return", "Esc", "Ctrl+K",
        "F3", "F4", "+", "-", "0", "X", "?", "F6",
    }  # fmt: skip
    assert wanted <= taken
