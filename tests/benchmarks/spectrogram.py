"""How soon is a song seen, and how smooth is its picture? On a 10-minute song with four stems, with figures.

    python -m tests.benchmarks.spectrogram [--song FOLDER] [--seconds 600] [--rounds 3]

Opening: from `session.open` of a 16-bit stereo WAV to the first columns painted, and to all of them, with the children
warm as they are a moment after the window has come. Painting: the song area at the size it has in a window of
1440 x 900, panned and zoomed step after step; a frame is one step and the repaint of all parts, a turn of the event
loop with a step of tiles between is given beside it. FOLDER holds a FLAC file per stem and mixture.flac; without it a
synthetic song stands in. Exits 1 where a target is missed; of the rounds of opening, the best one counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from separation.spectral.pyramid import Builder
from tests.conftest import SHARED
from tests.songs import NAMES, compose

if TYPE_CHECKING:
    from app.spectrogram.view import SpectrogramView

FIRST, WHOLE, FRAME = 0.5, 1.2, 16.7  # targets: s, s, ms (p95)
SIZE = (1127, 538)
RATE = 44100
PATIENCE = 60  # s for one song to be seen


def song(folder: Path, seconds: int) -> dict[str, np.ndarray]:
    """mixture and stems, float32 (T, 2), repeated until they are that long."""
    if all((folder / f"{name}.flac").exists() for name in ("mixture", *NAMES)):
        parts = {n: soundfile.read(folder / f"{n}.flac", dtype="float32")[0] for n in ("mixture", *NAMES)}
    else:
        made = compose(60.0)
        parts = {"mixture": made.mixture.samples.T, **{n: s.samples.T for n, s in made.stems.items()}}
    length = min(len(p) for p in parts.values())
    turns = -(-seconds * RATE // length)
    return {n: np.tile(p[:length], (turns, 1))[: seconds * RATE] for n, p in parts.items()}


def opening(path: Path) -> Iterator[tuple[float, float]]:
    """Seconds to the first and to all columns on the screen, again and again."""
    from app.session import Session
    from app.spectrogram.area import SongArea

    session = Session()
    area = SongArea(session)
    area.resize(*SIZE)
    area.show()
    session.warm()
    end = time.monotonic() + 60
    while not session.methods and time.monotonic() < end:
        turn()
    wait(3)  # the other child imports what it needs
    try:
        while True:
            view = area.view
            started, first = time.perf_counter(), 0.0
            session.open(str(path))
            while time.perf_counter() - started < PATIENCE:
                turn()
                picture, _ = view._pictures.pyramids()
                if picture is None:
                    continue
                if not first and seen(view):
                    first = time.perf_counter() - started
                if first and picture.complete and view.settled and not view._worker.isActive():
                    view.repaint()
                    break
            yield first or time.perf_counter() - started, time.perf_counter() - started
            while session.state == "opening":
                turn()
            session.close_song()
            wait(2.5)  # the old arrays are removed
    finally:
        session.close()
        area.close()


def turn() -> None:
    """Once round the event loop, leaving the processor to the children in between."""
    from PySide6.QtWidgets import QApplication

    QApplication.processEvents()
    time.sleep(0.001)


def wait(seconds: float) -> None:
    """Go round for that long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        turn()


def seen(view: SpectrogramView) -> bool:
    """Whether what is on the screen holds columns of the song: a tile from its start that was painted with some."""
    tiles, shown = view._tiles, view._kept
    if tiles is None or shown is None or shown[0][6] != view._version:  # type: ignore[index]
        return False
    return any(number == 0 and stamp[4] > 0 for (_, number), (stamp, _) in tiles._kept.items())  # type: ignore[operator]


def painting(parts: dict[str, np.ndarray], folder: Path) -> dict[str, list[float]]:
    """Milliseconds per frame of each movement."""
    from PySide6.QtWidgets import QApplication

    from app.spectrogram.area import SongArea
    from tests.app.spectrogram.conftest import Desk

    for name, samples in parts.items():
        builder = Builder(folder / f"{name}.pyr", sample_rate=RATE, frames=len(samples), channels=2)
        for at in range(0, len(samples), 65536):
            builder.feed(samples[at : at + 65536])
        builder.close()
    area = SongArea(Desk(folder, len(parts["mixture"])))  # type: ignore[arg-type]
    area.resize(*SIZE)
    area.show()
    port, result = area.viewport, {}

    def settle() -> None:
        QApplication.processEvents()
        while not area.view.settled:
            QApplication.processEvents()

    def measure(name: str, step: Callable[[int], object], count: int = 240) -> None:
        frames, turns = result.setdefault(name, []), result.setdefault(f"{name}, with a step of tiles", [])
        for k in range(count):
            started = time.perf_counter()
            step(k)
            area.repaint()
            frames.append(1e3 * (time.perf_counter() - started))
            QApplication.processEvents()
            turns.append(1e3 * (time.perf_counter() - started))

    for length in (5.0, 20.0, 120.0):
        port.show_times(60, 60 + length)
        settle()
        measure(f"pan, {length:.0f} s seen", lambda k: port.pan(port.length / 40))
    port.fit()
    settle()
    measure("zoom in and out", lambda k: port.zoom(0.93 if k % 160 < 80 else 1 / 0.93, 300.0), 320)
    port.show_times(100, 130)
    settle()
    measure("zoom in frequency", lambda k: port.zoom_frequency(0.96 if k % 80 < 40 else 1 / 0.96, 440.0))
    area.close()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--song", type=Path, default=SHARED / "audio" / "everythingisfree_lithium")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app import theme

    theme.install(QApplication([]))
    parts = song(chosen.song, chosen.seconds)
    missed = False
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "song.wav"
        soundfile.write(path, parts["mixture"], RATE, subtype="PCM_16")
        rounds = opening(path)
        times = [next(rounds) for _ in range(chosen.rounds)]
        rounds.close()  # type: ignore[attr-defined]
        for label, figures, target in zip(("first columns", "all columns"), zip(*times, strict=True), (FIRST, WHOLE),
                                          strict=True):  # fmt: skip
            shown = ", ".join(f"{t:.2f}" for t in figures)
            missed |= min(figures) > target
            print(f"{label} painted after {shown} s (target {target} s; load of the machine {os.getloadavg()[0]:.1f})")
        for label, frames in painting(parts, Path(name)).items():
            middle, late, worst = np.percentile(frames, (50, 95, 100))
            missed |= late > FRAME and "tiles" not in label
            print(f"{label:44s} median {middle:5.1f}  p95 {late:5.1f}  worst {worst:5.1f} ms (target p95 {FRAME} ms)")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
