"""Does playback stay whole while a separation uses every core? On a null sound card, with figures.

    python -m tests.benchmarks.playback [--seconds 60] [--load separation|arithmetic|none]

Plays a song of that length from files mapped into memory, moves a fader twice a second, and counts gaps.
Also: how long after a fader moved it is heard, and the share of one core the player takes, this loop included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from separation.mix.state import MixState, Strip
from tests.songs import NAMES, compose
from tests.sound import RATE, Server, Sound

ARITHMETIC = "import numpy as np\nx = np.ones((1500, 1500), np.float32)\nwhile True: x @ x"
SEPARATION = """
import numpy as np, separation
noise = 0.1 * np.random.default_rng(0).standard_normal((2, 44100 * 30)).astype(np.float32)
while True: separation.separate(separation.Audio(noise, 44100), "hpss")
"""


def mapped(folder: Path, name: str, samples: np.ndarray) -> np.memmap:
    np.ascontiguousarray(samples.T).tofile(folder / name)
    return np.memmap(folder / name, np.float32, "r", shape=samples.shape[::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--load", choices=("separation", "arithmetic", "none"), default="separation")
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QCoreApplication

    from app.playback.player import Player

    application = QCoreApplication([])
    server = Server()
    os.environ.update(server.environment)
    code = {"separation": SEPARATION, "arithmetic": ARITHMETIC, "none": ""}[chosen.load]
    count = (2 if chosen.load == "arithmetic" else 1) if code else 0  # a separation has a thread for every core
    load = [subprocess.Popen(["nice", "-n", "10", sys.executable, "-c", code]) for _ in range(count)]
    player, sound, gaps, failed, delays = Player(), Sound(server), [0], [], []
    player.underflow.connect(lambda n: gaps.append(n))
    player.failed.connect(failed.append)
    try:
        with tempfile.TemporaryDirectory() as folder:
            song = compose(chosen.seconds)
            player.load(mapped(Path(folder), "mixture", song.mixture.samples), RATE)
            stems = [mapped(Path(folder), name, song.stems[name].samples) for name in NAMES]
            player.set_stems(NAMES, stems, song.mixture.frames)
            sound.record()
            process, started = psutil.Process(), time.monotonic()
            moved = started + 1.0  # the device has to be opened first
            before = process.cpu_times()
            player.play()
            late, due, moved_at = [], time.monotonic(), None
            while player.playing:
                application.processEvents()
                player.levels()
                now = time.monotonic()
                if now - moved > 0.5:
                    moved, moved_at = now, now
                    player.set_mix(MixState((("vocals", Strip(gain_db=-6.0 * (int(now * 2) % 2))),)))
                if moved_at is not None and player._engine.settled():
                    delays.append(now - moved_at)
                    moved_at = None
                due = max(due + 0.005, now)
                time.sleep(max(0.0, due - now))
                late.append(time.monotonic() - due)
            used = process.cpu_times()
            share = (used.user + used.system - before.user - before.system) / (time.monotonic() - started)
    finally:
        for other in load:
            other.kill()
            other.wait()
        player.close()
        sound.close()
        server.stop()
    print(f"played {chosen.seconds:.0f} s under {chosen.load}: {gaps[-1]} underflows; {failed or 'no failure'}")
    print(f"share of a core, this loop included: {100 * share:.1f} %")
    print(f"a fader is heard after {1e3 * np.median(delays):.0f} ms (median), {1e3 * max(delays):.0f} ms (worst)")
    print(f"5 ms loop late by {1e3 * np.percentile(late, 99):.1f} ms (p99), {1e3 * max(late):.1f} ms (worst)")


if __name__ == "__main__":
    main()
