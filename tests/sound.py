"""A sound card for tests: a private PulseAudio server with a null sink, and a recorder on what it plays.

Use the fixture `sound` (in a conftest.py: `from tests.sound import sound, sound_server  # noqa: F401`). It skips,
saying why, where PulseAudio is not installed. The sink runs at 44.1 kHz in float: a song of that rate comes through
bit for bit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

RATE = 44100
SETUP = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
load-module module-null-sink sink_name=ci rate={rate} channels=2 format=float32le
set-default-sink ci
set-default-source ci.monitor
"""


class Server:
    """A running PulseAudio. `environment` is what a client needs to find it."""

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate
        self.folder = Path(tempfile.mkdtemp(prefix="unbraid-sound-"))
        self.folder.chmod(0o700)
        (self.folder / "ci.pa").write_text(SETUP.format(folder=self.folder, rate=rate))
        self.environment = {"PULSE_SERVER": f"unix:{self.folder}/native"}
        self._process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no",
             f"--file={self.folder}/ci.pa", f"--log-target=file:{self.folder}/log"],
            env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder), "HOME": str(self.folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(lambda: self._call("pactl", "info") == 0, "the sound server did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, *command: str) -> int:
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, env=environment, capture_output=True, timeout=10).returncode


class Recorder:
    """Everything the null sink plays from now on."""

    def __init__(self, server: Server) -> None:
        self._path = server.folder / f"recording-{time.monotonic_ns()}.f32"
        with self._path.open("wb") as file:
            self._process = subprocess.Popen(
                ["parec", "--device=ci.monitor", "--format=float32le", f"--rate={server.rate}", "--channels=2",
                 "--latency-msec=20", "--raw"],
                env={**os.environ, **server.environment}, stdout=file, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        # the sink may have been asleep for up to two seconds: begin when sound comes in steadily
        self._settle(server.rate)

    def frames(self) -> int:
        """How much was recorded so far."""
        return self._path.stat().st_size // 8

    def stop(self) -> np.ndarray:
        """The recording (n, 2) float32."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)
        samples = np.fromfile(self._path, np.float32)
        return samples[: len(samples) // 2 * 2].reshape(-1, 2)

    def _settle(self, rate: int) -> None:
        steady = 0
        for _ in range(100):
            before = self.frames()
            time.sleep(0.1)
            grown = (self.frames() - before) / rate
            steady = steady + 1 if 0.05 < grown < 0.2 else 0
            if steady == 4:
                return
        pytest.fail("the recorder got no sound from the null sink")


class Sound:
    """The server and its recorders, for one test."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._recorders: list[Recorder] = []

    def record(self) -> Recorder:
        """Start recording; `stop()` gives the sound."""
        self._recorders.append(Recorder(self.server))
        return self._recorders[-1]

    def close(self) -> None:
        for recorder in self._recorders:
            recorder.stop()


def wait_for(condition: Callable[[], bool], otherwise: str, seconds: float = 10.0) -> None:
    """Until it is so; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(otherwise)
        time.sleep(0.02)


def align(recording: np.ndarray, wanted: np.ndarray) -> int:
    """Where `wanted` (n, 2) begins in the recording (m, 2): the place of highest correlation of the first channel."""
    size = 1 << (len(recording) + len(wanted)).bit_length()
    product = np.fft.rfft(recording[:, 0], size) * np.conj(np.fft.rfft(wanted[:, 0], size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(recording)]))


@pytest.fixture(scope="session")
def sound_server() -> Iterator[Server]:
    """One server for the whole run."""
    for tool in ("pulseaudio", "pactl", "parec"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed: no null sound card to play to")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def sound(sound_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sound]:
    """A null sound card that PortAudio finds as its default output."""
    for name, value in sound_server.environment.items():
        monkeypatch.setenv(name, value)
    here = Sound(sound_server)
    yield here
    here.close()
