"""Starting: the crash hook is there first, what went wrong is told and written down, the real program paints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import startup

ROOT = Path(__file__).resolve().parents[2]


def test_a_crash_is_written_down_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))
    said: list[str] = []
    try:
        raise ZeroDivisionError("nothing to share")
    except ZeroDivisionError as error:
        startup.crashed(type(error), error, error.__traceback__, [said.append])
    log = tmp_path / "logs" / "unbraid.log"
    assert "nothing to share" in log.read_text() and "test_startup.py" in log.read_text()
    assert "ZeroDivisionError" in said[0] and str(log) in said[0]


def test_the_hook_is_there_before_anything_else(tmp_path: Path) -> None:
    code = (
        "import sys, app.startup\n"
        "assert 'PySide6' not in sys.modules, 'Qt before the hook'\n"
        "sys.modules['app.theme'] = None\n"
        "app.startup.main([])\n"
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "app.theme" in done.stderr  # nobody to tell yet: on the terminal too
    assert any("app.theme" in log.read_text() for log in tmp_path.rglob("unbraid.log"))


@pytest.mark.slow
@pytest.mark.parametrize("names", [[], ["song.wav"]])
def test_the_program_paints_and_opens_what_is_named(tmp_path: Path, names: list[str]) -> None:
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "song.wav", 0.2 * np.sin(np.arange(22050) / 9), 22050)
    code = f"""
import sys
import app.startup, app.session
from app.window.window import Window
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

def look():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window))
    if window.session.state == {"opened" if names else "empty"!r} and window.session.methods:
        print("heavy" if "torch" in sys.modules or "scipy" in sys.modules else "light", window.title.name.text())
        window.close()

def seen(self):
    self.looking = QTimer(self)
    self.looking.timeout.connect(look)
    self.looking.start(50)
    warm(self)

warm, app.session.Session.warm = app.session.Session.warm, seen
sys.exit(app.startup.main({names!r}))
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["light", *(["song"] if names else [])]
