"""The window by mouse and keys: menus, palette, keys, folding, leaving, saving, recent songs, drops, theme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app import actions, recent, settings, theme
from app.dialogs.palette import Palette
from app.dialogs.question import Question
from app.session import Session
from app.window.window import Window
from separation.project import edits
from separation.project.project import Separation

WAIT = 60_000
LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
STEMS = ("vocals", "drums")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[Window]:
    theme.install(qapp, "dark")
    made = Window(Session())
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    yield made
    made.leave()
    theme.set_mode("dark")


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "A tone.wav"
    soundfile.write(path, 0.3 * np.sin(np.arange(2 * 44100) / 20), 44100)
    return path


def opened(qtbot: QtBot, window: Window, path: Path) -> None:
    window.files.open(str(path))
    qtbot.waitUntil(lambda: window.session.state == "opened", timeout=WAIT)


def with_stems(qtbot: QtBot, window: Window, path: Path) -> None:
    """A song whose stems are the song and silence: as a separation would leave it, without its time."""
    opened(qtbot, window, path)
    session = window.session
    source, store, mixture = session.document.project.source, session.store, session.mixture_array()
    assert source is not None and store is not None and mixture is not None
    for number, name in enumerate(STEMS):
        store.create(name, source.frames, source.channels)[:] = mixture if number == 0 else 0
    session.state = "separated"
    session.document.apply(edits.set_separation, Separation("hpss", (), STEMS, "drums", STEMS, residual_db=-200.0))
    session.state_changed.emit("separated")


def test_every_action_is_in_a_menu_and_in_the_palette(window: Window) -> None:
    def inside(menu: QMenu) -> set[object]:
        found: set[object] = set()
        for action in menu.actions():
            found |= inside(action.menu()) if isinstance(action.menu(), QMenu) else {action}
        return found

    listed = set().union(*(inside(menu) for menu in window.title.menus.menus))
    assert {action.id for action in actions.TABLE if window.commands.by_id[action.id] not in listed} == set()
    window.commands.refresh(actions.State("separated", tuple(f"stem {n}" for n in range(1, 9)), "stem 1", "a", "b"))
    assert {entry.id for entry in window.commands.entries()} == set(actions.BY_ID) - {"palette"}


def test_the_palette_by_keyboard(qtbot: QtBot, window: Window) -> None:
    QTest.keyClick(window, Key.Key_K, CTRL)
    palette = window.deeds.sheet
    assert isinstance(palette, Palette) and palette.field.hasFocus()
    QTest.keyClicks(palette.field, "light")
    assert palette.chosen is not None and palette.chosen.id == "theme_light"
    QTest.keyClick(palette.field, Key.Key_Return)
    assert not theme.is_dark() and settings.value("theme") == "light"
    assert window.deeds.sheet is None


def test_the_palette_says_why_not_and_escape_leaves_it(window: Window) -> None:
    QTest.keyClick(window, Key.Key_K, CTRL)
    palette = window.deeds.sheet
    assert isinstance(palette, Palette)
    QTest.keyClicks(palette.field, "export")
    assert palette.chosen is not None and palette.chosen.why == "Open a song first."
    QTest.keyClick(palette.field, Key.Key_Return)
    assert window.deeds.sheet is palette
    QTest.keyClick(palette.field, Key.Key_Escape)
    assert window.deeds.sheet is None
    assert window.welcome.open.hasFocus()


def test_keys_act_on_the_song(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    document = window.session.document
    QTest.keyClick(window, Key.Key_1)
    assert document.project.mix.strip("vocals").mute
    QTest.keyClick(window, Key.Key_2, SHIFT)
    assert document.project.mix.strip("drums").solo
    QTest.keyClick(window, Key.Key_Z, CTRL)
    assert not document.project.mix.strip("drums").solo
    QTest.keyClick(window, Key.Key_Z, CTRL | SHIFT)
    assert document.project.mix.strip("drums").solo
    QTest.keyClick(window, Key.Key_Right)
    player = window.session.player
    assert player is not None
    qtbot.waitUntil(lambda: abs(player.position - 1.0) < 0.01, timeout=2000)
    QTest.keyClick(window, Key.Key_I)
    assert document.project.loop == (1.0, 2.0)
    QTest.keyClick(window, Key.Key_Left, SHIFT)
    qtbot.waitUntil(lambda: abs(player.position - 0.9) < 0.01, timeout=2000)
    QTest.keyClick(window, Key.Key_O)
    assert document.project.loop is not None and abs(document.project.loop[1] - 0.9) < 0.01
    QTest.keyClick(window, Key.Key_X)
    assert window.deeds.studio is not None and window.deeds.studio.transport.version.index == 1
    QTest.keyClick(window, Key.Key_F3)
    assert window.deeds.studio.mixer.folded and settings.value("mixer_folded") is True


def test_presets_and_pan_law_from_palette_and_menu(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    mix = lambda: window.session.document.project.mix  # noqa: E731
    for words, wanted in (("karaoke", "karaoke"), ("practice without drums", "practice_2")):
        QTest.keyClick(window, Key.Key_K, CTRL)
        palette = window.deeds.sheet
        assert isinstance(palette, Palette)
        QTest.keyClicks(palette.field, words)
        assert palette.chosen is not None and palette.chosen.id == wanted
        QTest.keyClick(palette.field, Key.Key_Return)
    assert mix().strip("drums").mute and not mix().strip("vocals").mute
    assert window.session.document.undo_text == "Practice without Drums"
    window.session.document.undo()
    assert mix().strip("vocals").mute and not mix().strip("drums").mute
    by_id = window.commands.by_id
    by_id["guide_1"].trigger()
    assert mix().strip("vocals").gain_db == -18.0 and not mix().strip("vocals").mute
    assert by_id["law_balance"].isChecked()
    by_id["law_linear"].trigger()
    assert mix().pan_law == "linear" and by_id["law_linear"].isChecked() and not by_id["law_balance"].isChecked()
    window.session.document.undo()
    assert mix().pan_law == "balance" and by_id["law_balance"].isChecked()


def test_two_mixes_from_menu_and_key(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    document, by_id = window.session.document, window.commands.by_id
    assert not by_id["compare"].isEnabled() and "first" in window.commands.hint("compare")
    by_id["keep_a"].trigger()
    document.apply(edits.set_mute, "drums", True)
    by_id["keep_b"].trigger()
    assert by_id["hear_b"].isChecked() and not by_id["hear_a"].isChecked() and by_id["compare"].isEnabled()
    for letter in ("A", "B", "A"):
        QTest.keyClick(window, Key.Key_X, SHIFT)
        assert document.project.heard == letter and document.project.mix.strip("drums").mute == (letter == "B")
    assert by_id["hear_a"].isChecked()
    by_id["hear_b"].trigger()
    assert document.project.heard == "B"


def test_letters_are_letters_in_a_text_field(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    before = window.session.document.project
    field = QLineEdit(window.deeds.studio)
    field.show()
    field.setFocus()
    for key, typed in ((Key.Key_1, "1"), (Key.Key_L, "l"), (Key.Key_X, "x"), (Key.Key_Space, " "), (Key.Key_M, "m")):
        QTest.keyClick(field, key)
        assert field.text()[-1] == typed
    QTest.keyClick(field, Key.Key_Home)
    QTest.keyClick(field, Key.Key_Escape)
    assert window.session.document.project is before
    assert window.session.player is not None and not window.session.player.playing


def test_a_control_with_the_ring_gets_its_own_keys(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    assert window.deeds.studio is not None and window.session.player is not None
    version = window.deeds.studio.transport.version
    version.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(version, Key.Key_Right)
    assert version.index == 1 and window.session.player.position == 0.0


def test_f6_walks_the_regions(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    studio, seen = window.deeds.studio, list[object]()
    assert studio is not None
    for _ in range(5):
        QTest.keyClick(window, Key.Key_F6)
        focused = QApplication.focusWidget()
        regions = (window.title, *studio.regions())
        seen += [region for region in regions if region is focused or region.isAncestorOf(focused)]
    assert set(seen) == {window.title, *studio.regions()}


def test_the_next_step_is_never_folded_away(qtbot: QtBot, window: Window, tone: Path) -> None:
    opened(qtbot, window, tone)
    studio = window.deeds.studio
    assert studio is not None
    window.resize(1100, 700)
    assert studio.mixer.folded and not studio.inspector_fold.folded and studio.inspector.button.isVisible()
    with_stems(qtbot, window, tone)
    assert studio.inspector_fold.folded


def test_panels_fold_as_the_window_shrinks(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    studio = window.deeds.studio
    assert studio is not None
    window.resize(1440, 900)
    assert not studio.mixer.folded and window.title.finder.isVisible()
    window.resize(1100, 700)
    assert window.size().width() == 1100
    assert studio.mixer.folded and studio.inspector_fold.folded and not window.title.finder.isVisible()
    assert window.title.finder_icon.isVisible()
    window.resize(1440, 900)
    assert not studio.mixer.folded and not studio.inspector_fold.folded


def test_leaving_asks_first(qtbot: QtBot, window: Window, tone: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    with_stems(qtbot, window, tone)
    assert window.status.saved.text() == "Not saved yet"
    QTest.keyClick(window, Key.Key_W, CTRL)
    question = window.files.question
    assert isinstance(question, Question) and question.isVisible()
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    assert window.files.question is None and window.session.state == "separated"
    window.close()
    assert window.isVisible() and isinstance(window.files.question, Question)
    target = tmp_path / "kept"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.files.question.cancel.click()
    QTest.keyClick(window, Key.Key_W, CTRL)
    assert window.files.question is not None
    QTest.mouseClick(window.files.question.buttons[1], LEFT)
    qtbot.waitUntil(lambda: window.session.state == "empty", timeout=WAIT)
    kept = target.with_suffix(".unbraid")
    assert kept.stat().st_size > 1000
    qtbot.waitUntil(lambda: len(window.welcome.recent.rows) == 2, timeout=2000)
    QTest.mouseClick(window.welcome.recent.rows[0], LEFT)
    qtbot.waitUntil(lambda: window.session.state == "separated", timeout=WAIT)
    assert window.status.saved.text() == "Saved"
    window.session.document.apply(edits.set_mute, "vocals", True)
    assert window.status.saved.text() == "Unsaved changes" and window.status.undo.text() == "Mute Vocals"
    with qtbot.waitSignal(window.session.saved, timeout=WAIT):
        QTest.keyClick(window, Key.Key_S, CTRL)
    assert window.status.saved.text() == "Saved"


def test_giving_up_changes(qtbot: QtBot, window: Window, tone: Path) -> None:
    with_stems(qtbot, window, tone)
    window.files.open(str(tone))
    assert window.files.question is not None
    QTest.mouseClick(window.files.question.buttons[0], LEFT)
    qtbot.waitUntil(lambda: window.session.state == "opened", timeout=WAIT)
    assert window.session.document.project.separation is None


def test_a_recent_song_that_is_gone_can_be_removed(qtbot: QtBot, window: Window, tone: Path) -> None:
    opened(qtbot, window, tone)
    tone.rename(tone.with_name("elsewhere.wav"))
    window.session.close_song()
    (row,) = window.welcome.recent.rows
    assert not row.there and "file not found" in row.accessibleName()
    QTest.mouseClick(row, LEFT, pos=QPoint(80, 20))
    assert window.session.state == "empty"
    QTest.mouseClick(row.remove, LEFT)
    assert recent.entries() == [] and not window.welcome.recent.rows


def dropped(window: Window, *urls: QUrl) -> None:
    data = QMimeData()
    data.setUrls(list(urls))
    copy, plain = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), copy, data, LEFT, plain))
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), copy, data, LEFT, plain))


def test_of_several_files_the_first_opens(qtbot: QtBot, window: Window, tone: Path) -> None:
    dropped(window, QUrl.fromLocalFile(str(tone)), QUrl.fromLocalFile("/b.wav"), QUrl.fromLocalFile("/c.wav"))
    qtbot.waitUntil(lambda: window.session.state == "opened", timeout=WAIT)
    assert "2 other files were left" in window.notice.text
    assert window.title.name.text() == "A tone"


def test_an_address_is_no_file(qtbot: QtBot, window: Window) -> None:
    dropped(window, QUrl("https://example.org/song.mp3"))
    qtbot.waitUntil(lambda: "save it on this computer" in window.notice.text, timeout=2000)
    assert window.session.state == "empty"


def test_geometry_and_theme_are_kept(qtbot: QtBot, qapp: QApplication, window: Window) -> None:
    window.resize(1100, 720)
    window.commands.by_id["theme_light"].trigger()
    window.close()
    theme.install(qapp, settings.value("theme", "system"))
    assert theme.mode() == "light"
    again = Window(Session())
    try:
        assert (again.width(), again.height()) == (1100, 720)
    finally:
        again.leave()


def test_opening_a_song_shows_no_window_beside_this_one(qtbot: QtBot, window: Window, tone: Path) -> None:
    window.session.warm()
    qtbot.waitUntil(lambda: bool(window.session.methods), timeout=WAIT)
    shown: list[QWidget] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(watched)
            return False

    watch = Watch()
    QApplication.instance().installEventFilter(watch)
    try:
        opened(qtbot, window, tone)
    finally:
        QApplication.instance().removeEventFilter(watch)
    assert shown == [] and window.isActiveWindow()
