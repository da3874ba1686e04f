"""The transport with mouse and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.window.transport import Transport
from tests.app.mixer.conftest import Desk, desk

__all__ = ["desk"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transport(desk: Desk, qtbot: QtBot) -> Transport:
    shown = Transport(desk)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    shown.resize(1440, 60)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_play_and_start(transport: Transport, desk: Desk, qtbot: QtBot) -> None:
    QTest.mouseClick(transport.play, LEFT)
    assert desk.player.playing and transport.play.accessibleName() == "Pause"
    qtbot.waitUntil(lambda: transport.clock.text == "0:47.00", timeout=2000)
    QTest.mouseClick(transport.start, LEFT)
    assert desk.player.position == 0.0
    assert transport.clock.text == "0:00.00"
    desk.player.playing = False
    qtbot.waitUntil(lambda: transport.play.accessibleName() == "Play", timeout=2000)


def test_the_loop_goes_off_and_comes_back_where_it_was(transport: Transport, desk: Desk) -> None:
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop == (47.0, 51.0)
    assert transport.loop_range.text() == "0:47.00 – 0:51.00"
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop is None
    assert transport.loop_range.text() == "off"
    QTest.mouseClick(transport.loop, LEFT)
    assert desk.document.project.loop == (47.0, 51.0)
    desk.document.undo()
    assert not transport.loop.isChecked()


def test_original_is_there_only_with_stems(transport: Transport, desk: Desk) -> None:
    transport.version.setFocus()
    QTest.keyClick(transport.version, Qt.Key.Key_Right)
    assert desk.player.original
    desk.state = "opened"
    desk.state_changed.emit("opened")
    assert not transport.version.isVisible()
    assert not desk.player.original


@pytest.mark.parametrize("factor", [1.0, 1.5])
@pytest.mark.parametrize("seconds", [248, 4360])
def test_nothing_is_clipped_in_the_smallest_window(
    transport: Transport, desk: Desk, qtbot: QtBot, factor: float, seconds: int
) -> None:
    source = desk.document.project.source
    assert source
    long = replace(desk.document.project, source=replace(source, frames=48000 * seconds))
    desk.document.reset(replace(long, loop=(seconds - 30.0, seconds - 20.0)))
    theme.set_text_size(factor)
    try:
        transport.resize(1100, transport.height())
        qtbot.wait(20)
        shown = [w for w in transport.children() if isinstance(w, QWidget) and w.isVisible() and w.width() > 1]
        assert len(shown) >= 7
        edges = sorted((w.geometry() for w in shown), key=lambda g: (g.left(), g.top()))
        for widget in shown:
            assert widget.geometry().right() < 1100, widget
            if widget.isVisible() and widget is not transport.meter:
                assert widget.width() >= widget.sizeHint().width(), widget
        assert edges[0].left() >= 0
        before = transport.clock.width()
        transport.clock.show_times(11.11, float(seconds))
        assert transport.clock.sizeHint().width() <= before
    finally:
        theme.set_text_size(1.0)
