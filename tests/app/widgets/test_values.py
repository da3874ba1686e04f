"""Controls of one number, by mouse, wheel and keys; the fader's law; a meter's ballistics; numbers in words."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.ballistics import Ballistics
from app.widgets.fader import LAW, Fader, level_at, position
from app.widgets.knob import Knob
from app.widgets.numbers import clock, lasting, level, number, parse
from app.widgets.slider import Slider
from app.widgets.stepper import Stepper
from app.widgets.valuebox import ValueBox

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow, timeout=2000)


def wheel(widget: QWidget, turns: int) -> QWheelEvent:
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


def test_the_law_of_the_fader() -> None:
    for db, place in LAW:
        assert position(db) == pytest.approx(place)
    assert level_at(position(-math.inf)) == -math.inf


@given(st.floats(-60, 6), st.floats(-60, 6))
def test_the_law_is_monotone_and_invertible(first: float, second: float) -> None:
    assert level_at(position(first)) == pytest.approx(first, abs=1e-9)
    if first < second:
        assert position(first) >= position(second)


def test_only_the_cap_drags_and_zero_holds(qtbot: QtBot) -> None:
    fader = Fader("Drums", "drums")
    shown(qtbot, fader, 54, 142)
    QTest.mouseClick(fader, LEFT, pos=QPoint(38, 120))
    assert fader.amount == 0.0
    heard: list[float] = []
    fader.edited.connect(heard.append)
    grip = fader._cap().center().toPoint()
    QTest.mousePress(fader, LEFT, pos=grip)
    for y in range(1, 41):
        QTest.mouseMove(fader, grip + QPoint(0, y))
    assert heard and all(a >= b for a, b in pairwise(heard))
    for y in range(40, -1, -1):
        QTest.mouseMove(fader, grip + QPoint(0, y))
    assert fader.amount == 0.0  # back in the detent
    QTest.mouseRelease(fader, LEFT, pos=grip)


def test_shift_drags_finely(qtbot: QtBot) -> None:
    moved = []
    for keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        knob = Knob("Pan", -1, 1, 0, step=0.01)
        shown(qtbot, knob, 28, 28)
        QTest.mousePress(knob, LEFT, keys, QPoint(14, 14))
        event = QPoint(14, -36)
        QApplication.sendEvent(
            knob,
            QMouseEvent(QEvent.Type.MouseMove, QPointF(event), QPointF(event), Qt.MouseButton.NoButton, LEFT, keys),
        )
        moved.append(knob.amount)
    assert moved[0] == pytest.approx(0.5)
    assert moved[1] == pytest.approx(0.05)


def test_the_wheel_turns_only_with_focus(qtbot: QtBot) -> None:
    box = QWidget()
    fader, other = Fader("Drums", "drums", box), Knob("Pan", -1, 1, 0, step=0.01, parent=box)
    shown(qtbot, box, 200, 200)
    other.setFocus()
    wheel(fader, -1)
    assert fader.amount == 0.0
    fader.setFocus()
    wheel(fader, -2)
    assert fader.amount == -1.0


def test_double_click_and_menu_give_the_default(qtbot: QtBot) -> None:
    slider = Slider("Bleed", 0, 1, 0.5, step=0.01)
    shown(qtbot, slider, 216, 24)
    QTest.mousePress(slider, LEFT, pos=QPoint(58, 12))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(58, 12))
    assert slider.amount == pytest.approx(0.25)
    QTest.mouseDClick(slider, LEFT, pos=QPoint(58, 12))
    assert slider.amount == 0.5
    slider.set_amount(0.9)
    slider.menu().actions()[0].trigger()
    assert slider.amount == 0.5


def test_keys_never_leave_the_range(qtbot: QtBot) -> None:
    stepper = Stepper("Key", -2, 2, 0, step=1)
    shown(qtbot, stepper, 104, 28)
    for _ in range(5):
        QTest.keyClick(stepper, Qt.Key.Key_Up)
    assert stepper.amount == 2
    QTest.mouseClick(stepper, LEFT, pos=QPoint(10, 14))
    assert stepper.amount == 1
    QTest.keyClick(stepper, Qt.Key.Key_Delete)
    assert stepper.amount == 0


def test_typing_into_the_value_box(qtbot: QtBot) -> None:
    box = ValueBox("Level", -1.5)
    shown(qtbot, box, 58, 22)
    heard: list[float] = []
    box.entered.connect(heard.append)
    box.setFocus()
    QTest.keyClicks(box, "-")
    QTest.keyClicks(box.editor, "7,5 dB")
    QTest.keyClick(box.editor, Qt.Key.Key_Return)
    assert heard == [-7.5]
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClicks(box.editor, "nonsense")
    QTest.keyClick(box.editor, Qt.Key.Key_Escape)
    assert heard == [-7.5] and box.editor is None


def test_ballistics() -> None:
    needle = Ballistics()
    needle.feed(-6.0, 0.0)
    assert needle.level == -6.0  # at once
    for _ in range(17):
        needle.feed(-math.inf, 0.1)
    assert needle.level == pytest.approx(-26.0)
    assert needle.held == -6.0
    for _ in range(10):
        needle.feed(-math.inf, 0.1)
    assert needle.held < -6.0
    for _ in range(60):
        needle.feed(-math.inf, 0.1)
    assert needle.still and needle.highest == -6.0
    needle.feed(0.1, 0.1)
    needle.feed(-math.inf, 9.0)
    assert needle.over
    needle.clear()
    assert not needle.over and needle.highest == -math.inf


def test_silence_draws_no_peak_line() -> None:
    needle = Ballistics()
    needle.feed(-math.inf, 1.0)
    assert needle.held == -math.inf and needle.still


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (12.4, "12 s"), (80, "1 min 20 s"), (120, "2 min"), (725, "12 min"), (3900, "1 h 5 min")],
)
def test_how_long_it_takes(seconds: float, words: str) -> None:
    assert lasting(seconds).replace("\u00a0", " ") == words


def test_numbers_as_people_write_them() -> None:
    assert number(-1.5) == "−1.5"
    assert number(-0.04) == "0.0"
    assert number(1.0, sign=True) == "+1.0"
    assert number(-math.inf) == "−∞"
    assert level(-70.5) == "−∞"
    assert clock(47.0) == "0:47.00"
    assert clock(59.999) == "0:59.99"
    assert clock(4360.0, 0) == "1:12:40"
    assert parse(" −3,5 dB") == -3.5
    assert parse("-inf") == -math.inf
    assert parse("loud") is None


@given(st.floats(-69, 20).map(lambda v: round(v, 1)))
def test_what_is_written_reads_back(value: float) -> None:
    assert parse(number(value, sign=True) + "\u00a0dB") == pytest.approx(value)
