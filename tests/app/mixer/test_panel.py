"""The mixer acts on the document with mouse and keys, and shows what the document says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.mixer.panel import MixerPanel
from app.mixer.presets import presets_menu
from app.mixer.strip import read_pan, read_width
from separation.project import edits
from separation.project.project import Project
from tests.app.mixer.conftest import RUN, SONG, STEMS, Desk

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(desk: Desk, qtbot: QtBot) -> MixerPanel:
    shown = MixerPanel(desk)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    shown.resize(1440, 228)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_a_strip_for_every_stem_and_only_the_master_without(panel: MixerPanel, desk: Desk) -> None:
    assert tuple(panel.strips) == STEMS
    assert panel.residual.isVisible()
    desk.document.apply(edits.set_separation, None)
    assert not panel.strips
    assert panel.master.isVisible() and not panel.residual.isVisible()
    desk.document.undo()
    assert tuple(panel.strips) == STEMS


def test_a_drag_of_the_fader_is_one_step(panel: MixerPanel, desk: Desk) -> None:
    fader = panel.strips["drums"].fader
    grip = fader._cap().center().toPoint()
    for repeat in (1, 2):
        grip = fader._cap().center().toPoint()
        QTest.mousePress(fader, LEFT, pos=grip)
        for step in range(1, 21):
            QTest.mouseMove(fader, grip + QPoint(0, step))
        QTest.mouseRelease(fader, LEFT, pos=grip + QPoint(0, 20))
        assert len(desk.document.steps) == repeat
    down = desk.document.project.mix.strip("drums").gain_db
    assert -24 < down < -6
    assert panel.strips["drums"].value.value == down
    desk.document.undo()
    desk.document.undo()
    assert fader.amount == 0.0
    assert panel.strips["drums"].value.value == 0.0


def test_mute_and_solo_add_up_and_alt_leaves_one(panel: MixerPanel, desk: Desk) -> None:
    mix = lambda: desk.document.project.mix  # noqa: E731
    for name in ("vocals", "bass"):
        QTest.mouseClick(panel.strips[name].mute, LEFT)
    assert [name for name in STEMS if mix().strip(name).mute] == ["vocals", "bass"]
    assert panel.strips["vocals"].mute.isChecked()
    QTest.mouseClick(panel.strips["drums"].mute, LEFT, Qt.KeyboardModifier.AltModifier)
    assert [name for name in STEMS if mix().strip(name).mute] == ["drums"]
    for name in ("vocals", "bass"):
        QTest.mouseClick(panel.strips[name].solo, LEFT)
    QTest.mouseClick(panel.strips["other"].solo, LEFT, Qt.KeyboardModifier.AltModifier)
    assert [name for name in STEMS if mix().strip(name).solo] == ["other"]


def test_dragging_across_sweeps(panel: MixerPanel, desk: Desk) -> None:
    first = panel.strips["vocals"].mute
    start = first.rect().center()
    QTest.mousePress(first, LEFT, pos=start)
    for name in STEMS[1:]:
        there = panel.strips[name].mute
        QTest.mouseMove(first, first.mapFromGlobal(there.mapToGlobal(there.rect().center())))
    QTest.mouseRelease(first, LEFT, pos=start)
    assert all(desk.document.project.mix.strip(name).mute for name in STEMS)


def test_keys_and_typing_set_the_level(panel: MixerPanel, desk: Desk) -> None:
    strip = panel.strips["vocals"]
    strip.fader.setFocus()
    QTest.keyClick(strip.fader, Qt.Key.Key_Down)
    assert desk.document.project.mix.strip("vocals").gain_db == -0.5
    QTest.keyClick(strip.fader, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert desk.document.project.mix.strip("vocals").gain_db == pytest.approx(-0.55)
    QTest.mouseClick(strip.value, LEFT)
    QTest.keyClicks(strip.value.editor, "-inf")
    QTest.keyClick(strip.value.editor, Qt.Key.Key_Return)
    assert desk.document.project.mix.strip("vocals").gain_db == -math.inf
    assert strip.fader.accessibleName() == "Vocals, fader, minus infinite decibels"
    assert desk.document.undo_text.startswith("Vocals fader to")


def test_pan_and_master(panel: MixerPanel, desk: Desk) -> None:
    knob = panel.strips["other"].pan
    QTest.mousePress(knob, LEFT, pos=QPoint(14, 14))
    QTest.mouseMove(knob, QPoint(14, 34))
    QTest.mouseRelease(knob, LEFT, pos=QPoint(14, 34))
    assert desk.document.project.mix.strip("other").pan == pytest.approx(-0.2)
    QTest.mouseDClick(knob, LEFT, pos=QPoint(14, 14))
    assert desk.document.project.mix.strip("other").pan == 0.0
    panel.master.fader.edit(-3.0)
    assert desk.document.project.mix.master_db == -3.0


def test_meters_follow_the_player_and_clear(panel: MixerPanel, desk: Desk, qtbot: QtBot) -> None:
    desk.player.playing = True
    desk.player.peaks = {"drums": (0.5, 0.25), "master": (1.5, 0.5), "integrated": -14.2, "short_term": -13.0}
    drums, master = panel.strips["drums"], panel.master
    qtbot.waitUntil(lambda: drums.meter.levels[0] > -7, timeout=2000)
    assert drums.meter.levels[0] == pytest.approx(-6.02, abs=0.01)
    assert drums.meter.levels[1] == pytest.approx(-12.04, abs=0.01)
    assert panel.strips["bass"].meter.levels[0] == -math.inf
    assert master.integrated_text == "−14.2"
    assert "over" in master.peak.text()
    desk.player.peaks = {}
    desk.player.playing = False
    qtbot.wait(150)
    QTest.mouseClick(master.peak, LEFT)
    assert "−∞" in master.peak.text()


def test_folding_keeps_names_mute_and_solo(panel: MixerPanel) -> None:
    panel.set_folded(True)
    assert panel.height() == 44
    strip = panel.strips["vocals"]
    assert strip.mute.isVisible() and strip.title.isVisible() and not strip.fader.isVisible()
    panel.set_folded(False)
    assert panel.height() == 228 and strip.fader.isVisible()


def test_many_stems_scroll_and_the_master_stays(panel: MixerPanel, desk: Desk, qtbot: QtBot) -> None:
    separation = desk.document.project.separation
    assert separation
    many = tuple(f"source {n}" for n in range(1, 13))
    desk.document.apply(edits.set_separation, replace(separation, stems=many, arrays=many))
    assert len(panel.strips) == 12
    qtbot.waitUntil(lambda: panel._scroll.horizontalScrollBar().maximum() > 0, timeout=2000)
    assert panel.master.isVisible() and panel.master.geometry().right() <= panel.width()


def test_targets_and_names(panel: MixerPanel) -> None:
    strip = panel.strips["vocals"]
    for control in (strip.mute, strip.solo, strip.invert, strip.fader, strip.pan, strip.width_knob, strip.peak):
        assert control.accessibleName()
        assert min(control.width(), control.height()) >= 24, control.accessibleName()


def test_as_room_shrinks_the_residual_goes_then_strips_narrow(panel: MixerPanel, desk: Desk) -> None:
    strip = panel.strips["vocals"]
    panel.resize(1150, 228)
    assert not panel.residual.isVisible() and strip.pan.isVisible()
    panel.resize(1100, 228)
    assert strip.sizeHint().width() == 132 and not strip.pan.isVisible() and strip.more.isVisible()
    boxes = [strip.mute, strip.solo, strip.more, strip.invert, strip.fader, strip.meter, strip.value, strip.peak]
    apart(boxes, 132)
    desk.document.apply(edits.set_pan, "vocals", 0.4)
    assert "R40" in strip.menu().actions()[0].text()
    strip.menu().actions()[1].trigger()
    assert desk.document.project.mix.strip("vocals").pan == 0.0
    panel.resize(1440, 228)
    assert panel.residual.isVisible() and strip.pan.isVisible()


def apart(boxes: Sequence[QWidget], width: int) -> None:
    for index, one in enumerate(boxes):
        assert one.isVisible() and one.geometry().left() >= 0 and one.geometry().right() < width
        assert not any(one.geometry().intersects(other.geometry()) for other in boxes[index + 1 :]), one


@pytest.mark.parametrize("size", [1.0, 1.5])
def test_a_wide_strip_has_room_for_everything(panel: MixerPanel, size: float) -> None:
    strip = panel.strips["vocals"]
    try:
        theme.set_text_size(size)
        panel.resize(round(1440 * size), round(228 * size))
        QApplication.processEvents()
        boxes = [strip.mute, strip.solo, strip.invert, strip.fader, strip.meter, strip.value, strip.peak]
        apart([*boxes, strip.pan, strip.width_knob, strip._pan_caption, strip._width_caption], round(170 * size))
        master = panel.master
        apart([master.presets, master.fader, master.value, *master.snapshots], round(203 * size))
    finally:
        theme.set_text_size(1.0)


def test_width_by_drag_keys_and_menu(panel: MixerPanel, desk: Desk) -> None:
    strip = panel.strips["bass"]
    knob, width = strip.width_knob, lambda: desk.document.project.mix.strip("bass").width  # noqa: B005
    QTest.mousePress(knob, LEFT, pos=QPoint(14, 14))
    QTest.mouseMove(knob, QPoint(14, 34))
    QTest.mouseMove(knob, QPoint(14, 54))
    QTest.mouseRelease(knob, LEFT, pos=QPoint(14, 54))
    assert width() == pytest.approx(0.6) and len(desk.document.steps) == 1
    assert desk.document.undo_text == "Bass width to 60 %"
    assert knob.accessibleName() == "Bass, width, 60\u00a0%" and strip._width_value.text() == "60"
    QTest.mouseDClick(knob, LEFT, pos=QPoint(14, 14))
    assert width() == 1.0
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_PageUp)
    QTest.keyClick(knob, Qt.Key.Key_Down)
    assert width() == pytest.approx(1.09)
    for _ in range(12):
        QTest.keyClick(knob, Qt.Key.Key_PageUp)
    assert width() == 2.0
    panel.resize(1100, 228)
    assert not knob.isVisible()
    actions = {action.text(): action for action in strip.menu().actions()}
    assert "Width: 200\u00a0%" in actions and "Width: 200" in strip.more.toolTip()
    actions["Width as it was"].trigger()
    assert width() == 1.0
    assert [read_width(text) for text in ("140", "60 %", "0", "broad")] == [1.4, 0.6, 0.0, None]


def test_the_phase_button_by_mouse_keys_and_menu(panel: MixerPanel, desk: Desk) -> None:
    strip, inverted = panel.strips["drums"], lambda: desk.document.project.mix.strip("drums").invert
    QTest.mouseClick(strip.invert, LEFT)
    assert inverted() and strip.invert.isChecked()
    assert desk.document.undo_text == "Invert the phase of Drums"
    strip.invert.setFocus()
    QTest.keyClick(strip.invert, Qt.Key.Key_Space)
    assert not inverted() and not strip.invert.isChecked()
    panel.resize(1100, 228)
    phase = next(action for action in strip.menu().actions() if action.text() == "Phase inverted")
    assert phase.isCheckable() and not phase.isChecked()
    phase.trigger()
    assert inverted()
    QTest.mouseClick(strip.invert, LEFT, Qt.KeyboardModifier.ControlModifier)
    assert not inverted()
    desk.document.undo()
    assert inverted()


def test_ctrl_click_on_solo_leaves_one_in_one_step(panel: MixerPanel, desk: Desk) -> None:
    for name in ("vocals", "bass"):
        QTest.mouseClick(panel.strips[name].solo, LEFT)
    steps = len(desk.document.steps)
    QTest.mouseClick(panel.strips["drums"].solo, LEFT, Qt.KeyboardModifier.ControlModifier)
    assert [name for name in STEMS if desk.document.project.mix.strip(name).solo] == ["drums"]
    assert len(desk.document.steps) == steps + 1


def test_presets_from_the_mixer_by_mouse_and_keys(panel: MixerPanel, desk: Desk, qtbot: QtBot) -> None:
    muted = lambda: [name for name in STEMS if desk.document.project.mix.strip(name).mute]  # noqa: E731

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(menu, key)

    QTimer.singleShot(50, choose)
    QTest.mouseClick(panel.master.presets, LEFT)
    assert muted() == ["vocals"] and desk.document.undo_text == "Karaoke" and len(desk.document.steps) == 1
    assert panel.strips["vocals"].mute.isChecked()
    menu = presets_menu(desk.document, panel)
    inside = {action.text(): action for action in menu.actions()}
    guides = inside["Quiet guide"].menu()
    assert isinstance(guides, QMenu)
    assert [action.text() for action in guides.actions()] == ["Vocals", "Drums", "Bass", "Other"]
    guides.actions()[2].trigger()
    assert not muted() and dict(desk.document.project.mix.strips)["bass"].gain_db == -18.0
    assert panel.strips["bass"].fader.amount == -18.0
    desk.document.undo()
    assert muted() == ["vocals"]


def test_two_mixes_are_kept_and_compared(panel: MixerPanel, desk: Desk) -> None:
    a, b = panel.master.snapshots
    level = lambda: desk.document.project.mix.strip("drums").gain_db  # noqa: E731
    assert a.accessibleName() == "Mix A, empty" and not a.isChecked()
    QTest.mouseClick(a, LEFT)
    assert a.isChecked() and a.accessibleName() == "Mix A, heard" and desk.document.undo_text == "Keep the mix as A"
    panel.strips["drums"].fader.edit(-9.0)
    assert not a.isChecked() and a.accessibleName() == "Mix A, kept"
    b.setFocus()
    QTest.keyClick(b, Qt.Key.Key_Space)
    assert b.isChecked() and level() == -9.0
    steps = len(desk.document.steps)
    for _ in range(3):
        QTest.mouseClick(a, LEFT)
        assert a.isChecked() and not b.isChecked() and level() == 0.0 and panel.strips["drums"].fader.amount == 0.0
        QTest.mouseClick(b, LEFT)
        assert b.isChecked() and not a.isChecked() and level() == -9.0
    assert len(desk.document.steps) == steps + 1
    QTest.mouseClick(b, LEFT)
    assert b.isChecked()
    keep = next(action for action in a.menu().actions() if action.text() == "Keep the mix as A")
    keep.trigger()
    assert desk.document.project.snapshot("A") == desk.document.project.mix
    desk.document.reset(Project(source=SONG))
    assert not a.isEnabled() and a.accessibleName() == "Mix A, empty"


def test_what_the_stems_cannot_do_says_why(panel: MixerPanel, desk: Desk) -> None:
    run = replace(RUN, stems=("harmonic", "percussive"), rest="percussive", arrays=("a", "b"))
    desk.document.reset(Project(source=SONG, separation=run))
    inside = {action.text(): action for action in presets_menu(desk.document, panel).actions()}
    assert not inside["Karaoke"].isEnabled() and "here are harmonic, percussive" in inside["Karaoke"].toolTip()
    assert inside["Drums only"].isEnabled()
    desk.document.reset(Project(source=SONG))
    assert not panel.master.presets.isEnabled() and "Separate" in panel.master.presets.toolTip()


def test_mute_and_solo_act_on_the_strip_with_the_focus(panel: MixerPanel, desk: Desk, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow, timeout=2000)
    panel.toggle_mute_focused()
    assert panel.focus_strip() is None and not desk.document.steps
    QTest.mouseClick(panel.strips["bass"], LEFT, pos=QPoint(20, 190))
    assert panel.focus_strip() == "bass"
    panel.toggle_mute_focused()
    panel.toggle_solo_focused()
    bass = dict(desk.document.project.mix.strips)["bass"]
    assert bass.mute and bass.solo
    panel.strips["drums"].pan.setFocus()
    panel.toggle_solo_focused()
    assert desk.document.project.mix.strip("drums").solo


def test_value_boxes_and_typed_pans(panel: MixerPanel, desk: Desk) -> None:
    strip = panel.strips["drums"]
    strip.fader.edit(-7.5)
    menu = strip.value.menu()
    assert [action.text() for action in menu.actions()] == ["Reset to 0.0 dB", "Type a value"]
    menu.actions()[0].trigger()
    assert desk.document.project.mix.strip("drums").gain_db == 0.0
    strip.fader.edit(-7.5)
    QTest.mouseClick(strip.value, LEFT)
    QTest.mouseDClick(strip.value.editor, LEFT)
    assert desk.document.project.mix.strip("drums").gain_db == 0.0
    assert [read_pan(text) for text in ("C", "l18", "R40", "−25", "here")] == [0.0, -0.18, 0.4, -0.25, None]


def test_a_mono_song_has_nothing_to_pan(panel: MixerPanel, desk: Desk) -> None:
    assert panel.strips["bass"].pan.isEnabled()
    desk.document.reset(Project(source=replace(SONG, channels=1), separation=replace(RUN)))
    assert not panel.strips["bass"].pan.isEnabled() and "mono" in panel.strips["bass"].pan.toolTip()
    width = panel.strips["bass"].width_knob
    assert not width.isEnabled() and "mono" in width.toolTip() and panel.strips["bass"].invert.isEnabled()
