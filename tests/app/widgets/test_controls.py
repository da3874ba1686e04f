"""Buttons, segments, chips, rows, cards and notices by mouse and keys; the focus ring for the keyboard only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.widgets.button import Button
from app.widgets.check import Check, Switch
from app.widgets.focus import FocusRing
from app.widgets.methodrow import MethodRow
from app.widgets.noticebar import NoticeBar
from app.widgets.progresscard import ProgressCard
from app.widgets.segmented import Segmented
from app.widgets.stemchip import StemChip
from app.widgets.stemtile import StemTile

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[None]:
    theme.install(qapp)
    yield
    theme.set_text_size(1.0)


def shown(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    window = QWidget()
    column = QVBoxLayout(window)
    for widget in widgets:
        column.addWidget(widget)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    return window


def test_the_ring_is_for_the_keyboard_only(qtbot: QtBot) -> None:
    first, second = Button("One"), Button("Two")
    window = shown(qtbot, first, second)
    qtbot.waitUntil(window.isActiveWindow, timeout=2000)
    QTest.mouseClick(first, LEFT)
    ring = window.findChild(FocusRing)
    assert ring is None or not ring.isVisible()
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert second.hasFocus()
    ring = window.findChild(FocusRing)
    assert ring is not None and ring.isVisible()
    assert ring.geometry() == second.geometry().adjusted(-4, -4, 4, 4)
    QTest.mouseClick(first, LEFT)
    first.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not ring.isVisible()


def test_buttons_press_by_enter_and_space(qtbot: QtBot) -> None:
    button = Button("Separate", "filled", shortcut="Ctrl ↵", height=42)
    _window = shown(qtbot, button)
    pressed: list[int] = []
    button.clicked.connect(lambda: pressed.append(1))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        QTest.keyClick(button, key)
    assert len(pressed) == 2
    assert button.accessibleName() == "Separate"
    button.setText("Separate again")
    assert button.accessibleName() == "Separate again"
    button.setEnabled(False)
    QTest.mouseClick(button, LEFT)
    assert len(pressed) == 2


def test_arrows_move_the_segment(qtbot: QtBot) -> None:
    row = Segmented(["Remix", "Original"], name="Listen to")
    _window = shown(qtbot, row)
    with qtbot.waitSignal(row.chosen) as told:
        QTest.keyClick(row, Qt.Key.Key_Right)
    assert told.args == [1]
    assert row.accessibleName() == "Listen to, Original"
    QTest.mouseClick(row, LEFT, pos=QPoint(10, 14))
    assert row.index == 0
    with qtbot.assertNotEmitted(row.chosen):
        row.set_index(1)


def test_chips_checks_and_rows(qtbot: QtBot) -> None:
    chip, check, switch = StemChip("vocals"), Check("Only the loop"), Switch("Live")
    fast, good = MethodRow("Fast", "Good enough", "zap", time="12 s", on=True), MethodRow("Quality", "Clean", "gem")
    _window = shown(qtbot, chip, check, switch, fast, good)
    for box in (chip, check, switch):
        before = box.isChecked()
        QTest.mouseClick(box, LEFT, pos=box.rect().center())
        assert box.isChecked() != before
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert box.isChecked() == before
    QTest.mouseClick(good, LEFT, pos=good.rect().center())
    assert good.isChecked() and not fast.isChecked()
    assert fast.accessibleName() == "Fast, Good enough, 12 s"
    good.set_download("53 MB")
    assert "not installed, 53 MB" in good.accessibleName()


def test_progress_tells_and_cancels(qtbot: QtBot) -> None:
    card = ProgressCard(["Read the song", "Separate"], name="Separating")
    _window = shown(qtbot, card)
    card.set_progress(0.516, 20, 41)
    card.set_step(1, "part 22 of 43")
    assert card.accessibleName() == "Separating, 51\u00a0%, 20\u00a0s left"
    with qtbot.waitSignal(card.cancelled):
        QTest.mouseClick(card.cancel, LEFT)



def test_a_notice_offers_and_goes(qtbot: QtBot) -> None:
    bar = NoticeBar()
    _window = shown(qtbot, bar)
    done: list[str] = []
    bar.show_notice("warn", "There is no sound output.", [("Choose output", lambda: done.append("chosen"))])
    assert bar.isVisible() and bar.text == "There is no sound output."
    with qtbot.waitSignal(bar.closed):
        QTest.mouseClick(bar._actions[0], LEFT)
    assert done == ["chosen"] and not bar.isVisible()


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_targets_are_large_enough(qtbot: QtBot, factor: float) -> None:
    theme.set_text_size(factor)
    for widget in (
        Button("OK", height=24), Button("", "ghost", icon="x", height=24), Segmented(["A", "B"]), StemChip("bass"),
        Check("x"), MethodRow("Fast", "Good", "zap"), StemTile("drums"),
    ):  # fmt: skip
        qtbot.addWidget(widget)
        hint = widget.sizeHint() if not isinstance(widget, StemTile) else widget.size()
        assert min(hint.width(), hint.height()) >= 24
