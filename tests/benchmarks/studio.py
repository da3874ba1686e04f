"""Does the shown window stay quick, and playback whole, while a separation uses every core?

    xvfb-run -a -s "-screen 0 1440x900x24" python -m tests.benchmarks.studio [SONG] [--seconds 60] [--method hybrid]

Opens the song in the real window, on a null sound server, separates it over and over in the background while it plays
and faders move; measures by how much a 5 ms timer of the event loop is late, and counts gaps in the sound. Without a
display the window is drawn offscreen. Exits 1 where a target is missed: no gap, lateness p99 under 16 ms.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

TARGET_MS = 16.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("song", nargs="?", help="a sound file; a synthetic minute if it is left out")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--method", default="hybrid")
    chosen = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.sound import Server

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_CONFIG_HOME": f"{folder}/config", "XDG_CACHE_HOME": f"{folder}/cache"}
        server = Server()
        os.environ |= server.environment
        try:
            return measured(chosen.song or synthetic(folder), chosen.seconds, chosen.method)
        finally:
            server.stop()


def synthetic(folder: str) -> str:
    import soundfile

    from tests.songs import compose

    path = f"{folder}/song.flac"
    soundfile.write(path, compose(60.0).mixture.samples.T, 44100)
    return path


def measured(song: str, seconds: float, method: str) -> int:
    import numpy as np
    from PySide6.QtCore import QCoreApplication, Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from app import theme
    from app.session import Session
    from app.window.window import Window
    from separation.project import edits

    application = QApplication([])
    theme.install(application)
    session = Session()
    window = Window(session)
    window.show()
    session.warm()
    wait(application, lambda: bool(session.methods))
    session.open(song)
    wait(application, lambda: session.state == "opened")
    session.document.apply(edits.set_method, method)
    player = session.player
    assert player is not None
    gaps, runs = [0], [0]
    failed: list[str] = []
    late: list[float] = []
    player.underflow.connect(gaps.append)
    player.failed.connect(failed.append)
    session.notice.connect(lambda kind, text: failed.append(text) if kind == "error" else None)
    started = due = time.monotonic()
    clock, changes = QTimer(), QTimer()
    clock.setTimerType(Qt.TimerType.PreciseTimer)

    def tick() -> None:
        nonlocal due
        now = time.monotonic()
        late.append(max(0.0, now - due))
        due = now + 0.005
        if now - started > seconds:
            QCoreApplication.exit()  # quit would close the window first

    def change() -> None:
        if session.state in ("opened", "separated"):
            runs[0] += 1
            session.separate()
        if not player.playing:
            player.seek(0.0)
            player.play()
        for stem in session.stem_arrays():
            session.document.apply(edits.set_gain, stem, -6.0 * (runs[0] % 2) - (time.monotonic() * 2) % 2, merge=stem)

    clock.timeout.connect(tick)
    changes.timeout.connect(change)
    change()
    clock.start(5)
    changes.start(500)
    application.exec()
    clock.stop()
    changes.stop()
    player.pause()
    last = session.document.project.separation
    window.leave()
    p99, worst = 1e3 * np.percentile(late, 99), 1e3 * max(late)
    where = application.platformName()
    print(f"{Path(song).name}, {seconds:.0f} s of playback, {runs[0]} runs of {method} begun ({where})")
    print(f"event loop late by {p99:.1f} ms (p99), {worst:.1f} ms (worst); target under {TARGET_MS:.0f} ms (p99)")
    print(f"{gaps[-1]} gaps in the sound; target 0; {failed or 'no failure'}")
    if last is not None:
        print(f"last whole run: {last.seconds:.1f} s")
    return int(p99 >= TARGET_MS or gaps[-1] > 0 or bool(failed))


def wait(application: object, reached: object) -> None:
    until = time.monotonic() + 120
    while not reached():  # type: ignore[operator]
        application.processEvents()  # type: ignore[attr-defined]
        time.sleep(0.005)
        if time.monotonic() > until:
            raise SystemExit("the studio did not get there in two minutes")


if __name__ == "__main__":
    sys.exit(main())
