"""What a killed process leaves beside an export goes with the next one, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from separation.audio.signal import Audio
from separation.audio.writing import save
from separation.unfinished import beside, sweep

ROOT = Path(__file__).resolve().parents[3]
HALF = """
import sys, time
import numpy as np
from separation.unfinished import beside
from separation.audio.writing import Writer
from pathlib import Path
writer = Writer(sys.argv[1], sample_rate=44100, channels=1)
writer.write(np.zeros((1, 1000)))
(beside(Path(sys.argv[1]).parent) / "inner").mkdir(parents=True)
print("half", flush=True)
time.sleep(60)
"""


def start(target: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HALF, target], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "half\n"
    return process


def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    sound = Audio(np.zeros((1, 100), np.float32), 44100)
    for name in (".unbraid-notes", ".hidden.wav", "unbraid-000000-1-00000000.wav", ".unbraid-ffffff-1-00000000.wav"):
        (tmp_path / name).write_text("not ours, or another machine's")
    kept = set(tmp_path.iterdir())
    process = start(tmp_path / "a.wav")
    try:
        half = set(tmp_path.iterdir()) - kept
        assert len(half) == 2 and all(p.name.startswith(".unbraid-") and f"-{process.pid}-" in p.name for p in half)
        save(tmp_path / "b.wav", sound)
        assert set(tmp_path.iterdir()) == kept | half | {tmp_path / "b.wav"}  # it still lives
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()
    save(tmp_path / "c.wav", sound)
    assert set(tmp_path.iterdir()) == kept | {tmp_path / "b.wav", tmp_path / "c.wav"}


def test_a_folder_that_cannot_be_looked_at_is_no_trouble(tmp_path: Path) -> None:
    sweep(tmp_path / "none")
    assert beside(tmp_path / "none", ".flac").suffix == ".flac" and f"-{os.getpid()}-" in beside(tmp_path).name
