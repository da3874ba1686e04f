"""A musician's way, by mouse and keys on the shown window: the demo, taken apart, a stem muted, exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.session import Session
from app.window.window import Window
from separation.mix.render import render

WAIT = 60_000
LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, qapp: QApplication) -> Window:
    theme.install(qapp)
    window = Window(Session())
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    return window


@pytest.mark.slow
def test_from_the_demo_to_the_backing_track(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    window = shown(qtbot, qapp)
    session = window.session
    try:
        session.warm()
        qtbot.waitUntil(lambda: bool(session.methods), timeout=WAIT)
        qtbot.mouseClick(window.welcome.demo, LEFT)
        qtbot.waitUntil(lambda: session.state == "opened", timeout=WAIT)
        assert "Lithium" in window.windowTitle()
        ready = {m["id"] for m in session.methods if m["ready"]}
        method = "spleeter" if "spleeter" in ready else "hpss"
        qtbot.mouseClick(window.inspector.rows[method], LEFT)
        assert session.document.project.method == method
        qtbot.mouseClick(window.inspector.button, LEFT)
        assert session.state == "separating"
        qtbot.waitUntil(lambda: session.state == "separated", timeout=WAIT)
        first = next(iter(window.mixer.strips))
        qtbot.mouseClick(window.mixer.strips[first].mute, LEFT)
        assert session.document.project.mix.strip(first).mute
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert not session.document.project.mix.strip(first).mute
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        assert session.document.project.mix.strip(first).mute
        qtbot.keyClick(window, Qt.Key.Key_1)
        assert not session.document.project.mix.strip(first).mute
        qtbot.keyClick(window, Qt.Key.Key_1)
        assert session.document.project.mix.strip(first).mute
        arrays, mixture = session.stem_arrays(), session.mixture_array()
        assert mixture is not None
        wanted = render(mixture.T, [a.T for a in arrays.values()], session.document.project.mix, tuple(arrays))
        with qtbot.waitSignal(session.exported, timeout=WAIT):
            session.export(str(tmp_path / "backing.wav"), subtype="FLOAT")
        written = soundfile.read(tmp_path / "backing.wav", dtype="float32")[0].T
        assert np.array_equal(written, wanted) and not np.allclose(written, mixture.T, atol=1e-3)
        picture = window.song.view.grab().toImage()
        colours = {
            picture.pixel(x, y) for x in range(60, picture.width() - 10, 7) for y in range(0, picture.height(), 7)
        }
        assert len(colours) > 100
    finally:
        window.leave()


def test_a_file_dropped_on_the_window_opens(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    window = shown(qtbot, qapp)
    try:
        path = tmp_path / "tone.wav"
        soundfile.write(path, 0.3 * np.sin(np.arange(44100) / 20), 44100)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        copy, plain = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(300, 300), copy, data, LEFT, plain))
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), copy, data, LEFT, plain))
        qtbot.waitUntil(lambda: window.session.state == "opened", timeout=WAIT)
        source = window.session.document.project.source
        assert source is not None and source.channels == 1
    finally:
        window.leave()
