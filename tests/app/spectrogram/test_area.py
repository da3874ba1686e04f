"""The song area with mouse, wheel and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.spectrogram.area import SongArea
from app.spectrogram.look import Look, Pointer
from separation.project import edits
from tests.app.spectrogram.conftest import Desk

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip


def wheel(widget: QWidget, place: QPoint, turn: int, held: Qt.KeyboardModifier = NONE) -> None:
    event = QWheelEvent(
        QPointF(place), widget.mapToGlobal(QPointF(place)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, held,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, start: int, end: int, button: Qt.MouseButton = LEFT, y: int = 8) -> None:
    QTest.mousePress(widget, button, pos=QPoint(start, y))
    for k in range(1, 5):
        QTest.mouseMove(widget, QPoint(start + (end - start) * k // 4, y))
    QTest.mouseRelease(widget, button, pos=QPoint(end, y))


def test_rows_have_the_heights_of_the_design(area: SongArea) -> None:
    assert [part.height() for part in (area.overview, area.bar, area.ruler)] == [72, 36, 24]
    assert area.view.height() == 540 - 72 - 36 - 24 - 3
    area.resize(1127, 350)
    assert area.overview.height() == 44


def test_the_picture_is_coloured_and_grey_without_stems(area: SongArea, desk: Desk, qtbot: QtBot) -> None:
    def most_colour() -> int:
        image = area.view.grab().toImage()
        points = [image.pixelColor(x, y) for x in range(60, 1100, 9) for y in range(5, 400, 9)]
        return max(max(c.red(), c.green(), c.blue()) - min(c.red(), c.green(), c.blue()) for c in points)

    assert most_colour() > 80
    desk.without_stems()
    qtbot.waitUntil(lambda: area.view.settled, timeout=5000)
    assert most_colour() <= 4
    assert not area.bar.chips and not area.bar.mode.isEnabled()


def test_ctrl_wheel_zooms_at_the_pointer_and_wheel_scrolls(area: SongArea) -> None:
    view, port, place = area.view, area.viewport, QPoint(400, 120)
    time, hertz = view.time_at(400), port.frequency(120, view.height())
    wheel(view, place, 360, CTRL)
    assert port.length == pytest.approx(8 * 0.8**3) and view.time_at(400) == pytest.approx(time)
    wheel(view, place, 240, CTRL | SHIFT)
    assert port.frequency(120, view.height()) == pytest.approx(hertz) and port.high < 16000
    before, low = port.start, port.low
    wheel(view, place, -120)
    assert port.start == pytest.approx(before + 0.1 * port.length) and port.low == low
    wheel(view, place, -120, SHIFT)
    assert port.low == pytest.approx(max(32, low * 2**-0.25))
    area.fit()
    assert port.whole and (port.low, port.high) == (32, 16000)


def test_middle_drag_and_space_drag_pan(area: SongArea, desk: Desk, qtbot: QtBot) -> None:
    view, port = area.view, area.viewport
    port.show_times(2, 4)
    drag(view, 600, 400, MIDDLE, y=100)
    assert port.start == pytest.approx(2 + 200 / view.body.width() * 2)
    view.setFocus()
    start, position = port.start, desk.player.position
    view._space = True  # held: the offscreen screen has no pointer over the widget
    drag(view, 400, 600, LEFT, y=100)
    assert port.start == pytest.approx(start - 200 / view.body.width() * 2)
    QApplication.sendEvent(view, QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Space, NONE))
    assert desk.player.position == position and not desk.player.playing


def test_a_click_seeks(area: SongArea, desk: Desk) -> None:
    QTest.mouseClick(area.view, LEFT, pos=QPoint(52 + 400, 100))
    assert desk.player.position == pytest.approx(400 / area.view.body.width() * 8)
    QTest.mouseClick(area.ruler, LEFT, pos=QPoint(52 + 200, 12))
    assert desk.player.position == pytest.approx(200 / area.view.body.width() * 8)
    assert desk.document.project.loop is None


def test_the_pointer_tells_shares_that_sum_to_one(area: SongArea, desk: Desk) -> None:
    told: list[Pointer | None] = []
    area.pointed.connect(told.append)
    for x, y in ((300, 200), (500, 380), (700, 60)):
        QTest.mouseMove(area.view, QPoint(x, y))
    found = [p for p in told if p is not None]
    assert len(found) == 3
    for pointer in found:
        assert tuple(pointer.shares) == ("vocals", "drums", "bass", "other")
        assert sum(pointer.shares.values()) == pytest.approx(1) and min(pointer.shares.values()) >= 0
        assert -120 <= pointer.level_db <= 8 and 0 <= pointer.seconds <= 8
    low = found[1]
    assert low.hertz < 60 and low.shares["bass"] + low.shares["drums"] > 0.9
    desk.without_stems()
    QTest.mouseMove(area.view, QPoint(310, 200))
    assert told[-1] is not None and told[-1].shares == {}
    QTest.mouseMove(area.view, QPoint(20, 200))
    assert told[-1] is None


def test_enter_puts_the_pointer_under_the_arrow_keys(area: SongArea) -> None:
    told: list[Pointer | None] = []
    area.pointed.connect(told.append)
    view = area.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Up, SHIFT)
    first, moved, up = (p for p in told if p is not None)
    assert moved.seconds - first.seconds == pytest.approx(8 / view.body.width() * 8)
    assert up.hertz > moved.hertz
    assert "Hz" in view.accessibleDescription() and "dB" in view.accessibleDescription()
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Left, NONE)
    override.ignore()
    QApplication.sendEvent(view, override)
    assert override.isAccepted()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert told[-1] is None
    override.ignore()
    QApplication.sendEvent(view, override)
    assert not override.isAccepted()


def test_a_drag_on_the_ruler_is_one_step(area: SongArea, desk: Desk) -> None:
    ruler, document = area.ruler, desk.document
    drag(ruler, 52 + 200, 52 + 600)
    width = area.view.body.width()
    assert document.project.loop == (pytest.approx(200 / width * 8), pytest.approx(600 / width * 8))
    assert len(document.steps) == 1
    start, end = document.project.loop
    flag = ruler.flags()["B"].center().toPoint()
    drag(ruler, flag.x(), flag.x() + 100)
    assert document.project.loop[0] == start and document.project.loop[1] > end + 0.5
    assert len(document.steps) == 2
    flag = ruler.flags()["A"].center().toPoint()
    drag(ruler, flag.x(), flag.x() - 50)
    assert len(document.steps) == 3 and document.project.loop[0] < start
    document.undo()
    document.undo()
    assert document.project.loop == (start, end)
    QTest.mouseDClick(ruler, LEFT, pos=QPoint(52 + 400, 12))
    assert document.project.loop is None
    document.undo()
    assert document.project.loop == (start, end)


def test_overview_drags_zooms_and_jumps(area: SongArea) -> None:
    overview, port = area.overview, area.viewport
    port.show_times(2, 4)
    middle = round(overview.frame.center().x())
    drag(overview, middle, middle + 100, y=30)
    moved = 100 / area.view.body.width() * 8
    assert (port.start, port.length) == (pytest.approx(2 + moved), pytest.approx(2))
    end = round(overview.frame.right())
    drag(overview, end, end + 80, y=30)
    assert port.start == pytest.approx(2 + moved) and port.length > 2.5
    start = round(overview.frame.left())
    drag(overview, start, start + 60, y=30)
    assert port.start > 2 + moved
    QTest.mouseClick(overview, LEFT, pos=QPoint(round(overview.place(7.0)), 30))
    assert port.start < 7.0 < port.end


def test_the_overview_has_the_stems_colours_and_grey_without(area: SongArea, desk: Desk, qtbot: QtBot) -> None:
    def colours() -> set[str]:
        image = area.overview.grab().toImage()
        return {image.pixelColor(x, y).name() for x in range(60, 1100, 3) for y in range(8, 52)}

    vocals = theme.stem("vocals").colour.name()
    assert vocals in colours()
    desk.without_stems()
    area.overview._renew()
    assert vocals not in colours() and theme.colour("line2").name() in colours()


def test_chips_hide_colours_and_solo_follows_the_last_one(area: SongArea) -> None:
    bar = area.bar
    assert tuple(bar.chips) == ("vocals", "drums", "bass", "other")
    QTest.mouseClick(bar.chips["drums"], LEFT, pos=QPoint(12, 12))
    assert area.view.look == Look("stems", frozenset({"drums"}), "drums") and not bar.chips["drums"].isChecked()
    bar.mode.setFocus()
    QTest.keyClick(bar.mode, Qt.Key.Key_End)
    assert area.view.look.mode == "solo" and area.view.look.focus == "drums"
    QTest.mouseClick(bar.chips["bass"], LEFT, pos=QPoint(12, 12))
    assert area.view.look.focus == "bass" and [c.isChecked() for c in bar.chips.values()] == [False, False, True, False]
    QTest.keyClick(bar.mode, Qt.Key.Key_Home)
    assert area.view.look.hidden == frozenset({"drums"}) and bar.chips["vocals"].isChecked()


def test_bar_buttons_zoom_and_names_are_there(area: SongArea) -> None:
    QTest.mouseClick(area.bar.into, LEFT)
    assert area.viewport.length == pytest.approx(4)
    QTest.mouseClick(area.bar.out, LEFT)
    QTest.mouseClick(area.bar.into, LEFT)
    QTest.mouseClick(area.bar.fit, LEFT)
    assert area.viewport.whole
    bar = area.bar
    for part in (area.view, area.overview, area.ruler, bar.mode, bar.into, bar.out, bar.fit, *bar.chips.values()):
        assert part.accessibleName()
    for control in (bar.mode, bar.into, bar.out, bar.fit, *bar.chips.values()):
        assert min(control.width(), control.height()) >= 24, control.accessibleName()


def test_the_page_turns_with_the_playhead(area: SongArea, desk: Desk, qtbot: QtBot) -> None:
    area.viewport.show_times(0, 2)
    desk.player.position = 1.99
    qtbot.waitUntil(lambda: area.playhead.position == 1.99, timeout=2000)
    desk.player.position = 2.01
    qtbot.waitUntil(lambda: area.viewport.start == pytest.approx(2.01), timeout=2000)


def test_a_separation_under_way_has_a_front(area: SongArea, desk: Desk) -> None:
    desk.state = "separating"
    desk.state_changed.emit("separating")
    area.view.grab()
    assert area.view.front == pytest.approx(8.0, abs=0.02)
    desk.document.apply(edits.set_loop, 1.0, 2.0)
    desk.state = "separated"
    area.view.grab()
    assert area.view.front is None


@pytest.mark.parametrize("size", [1.0, 1.5])
def test_narrow_and_in_large_text_nothing_is_cut(area: SongArea, size: float, qtbot: QtBot) -> None:
    theme.set_text_size(size)
    try:
        area.resize(740, 420)
        QApplication.processEvents()
        bar = area.bar
        assert bar.fit.geometry().right() <= bar.width()
        if size == 1.0:
            assert bar.mode.width() >= bar.mode.sizeHint().width()
    finally:
        theme.set_text_size(1.0)
