"""What cannot be used, and what only looks like it: one sentence, the right exit status, nothing half-written.

All of it through the command line as a person types it, for a method of every kind; for every single one with

    UNBRAID_EVERY_METHOD=1 packaging/test.sh tests/separation/cli/test_bad_input.py
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation import checkpoints
from separation.catalogue import find, ids
from tests.songs import compose

ROOT = Path(__file__).resolve().parents[3]
RATE = 44100
BAD = {  # file: words of its sentence
    "missing.wav": "There is no file",
    "folder.wav": "is a folder",
    "empty.wav": "is empty (0 bytes)",
    "no samples.wav": "holds no sound",
    "letter.wav": "is not a sound file",
    "not a number.wav": "not numbers (NaN or infinity) at 0.50 s",
    "infinite.wav": "not numbers (NaN or infinity) at 0.25 s",
}
ODD = ("one sample.wav", "silent.wav", "constant.wav", "8 kHz.wav", "192 kHz.wav", "eight channels.wav", "cut.flac")
STEREO = ("centre", "ica")  # compare two channels, and refuse other songs in a sentence
KINDS = ("hybrid", "spleeter", "nmf", "nmfd", "imm", "nmf-dictionary", "hpss", "repet", "ica")
EVERY = "UNBRAID_EVERY_METHOD" in os.environ  # the long way: each method, and not one of each kind
READY = [method for method in ids() if not find(method).needs and (EVERY or method in KINDS)]
ANY_CHANNELS = [method for method in READY if method not in STEREO]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "app", *map(str, arguments)]


def unbraid(
    *arguments: object, before: Callable[[], None] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, timeout=300,
        preexec_fn=before,
    )  # fmt: skip


def ready(method: str) -> str:
    if any(checkpoints.status(name) != checkpoints.READY for name in find(method).checkpoints):
        pytest.skip("the network's weights are not here: unbraid models import")
    return method


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything in BAD and ODD, and a good song."""
    folder = tmp_path_factory.mktemp("files")
    song = compose(2.0).mixture.samples.T

    def write(name: str, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> None:
        soundfile.write(folder / name, samples, rate, subtype=subtype)

    write("good.wav", song)
    (folder / "folder.wav").mkdir()
    (folder / "empty.wav").write_bytes(b"")
    write("no samples.wav", np.zeros((0, 2)))
    (folder / "letter.wav").write_text("Dear all,\n" * 100)
    for name, value, at in (("not a number.wav", np.nan, RATE // 2), ("infinite.wav", np.inf, RATE // 4)):
        broken = song.copy()
        broken[at, 1] = value
        write(name, broken, subtype="FLOAT")
    write("one sample.wav", np.full((1, 2), 0.5))
    write("silent.wav", np.zeros((RATE, 2)))
    write("constant.wav", np.full((RATE, 1), 0.25))
    write("8 kHz.wav", compose(1.0, 8000, 1).mixture.samples.T, 8000)
    write("192 kHz.wav", compose(0.5, 192000).mixture.samples.T, 192000, "PCM_24")
    write("eight channels.wav", np.repeat(song[:RATE, :1], 8, axis=1) * np.linspace(0.3, 1, 8))
    write("whole.flac", song)
    whole = (folder / "whole.flac").read_bytes()
    (folder / "whole.flac").unlink()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("method", ANY_CHANNELS)
def test_each_gets_its_sentence_and_the_others_are_done(method: str, files: Path, tmp_path: Path) -> None:
    names = [*BAD, *ODD, "good.wav"]
    done = unbraid(
        "separate", *(files / n for n in names), "-o", tmp_path, "--method", ready(method), "--json", "--device", "cpu"
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr and "foresaw" not in done.stderr and "Warning" not in done.stderr
    told = {Path(entry["input"]).name: entry for entry in json.loads(done.stdout)["inputs"]}
    for name, words in BAD.items():
        assert words in told[name]["error"] and told[name]["error"].endswith(".") and "\n" not in told[name]["error"]
        assert f"unbraid: {told[name]['error']}" in done.stderr
        assert not (tmp_path / Path(name).stem).exists()
    for name in (*ODD, "good.wav"):
        assert "error" not in told[name], told[name]
        assert told[name]["residual_db"] == -200.0  # integers: exact, or silence
        sounds = [soundfile.read(path, always_2d=True)[0] for path in told[name]["stems"].values()]
        assert len(sounds) == len(find(method).stems) and len({s.shape for s in sounds}) == 1
        assert told[name]["sample_rate"] == soundfile.info(next(iter(told[name]["stems"].values()))).samplerate
    assert soundfile.info(told["eight channels.wav"]["stems"][find(method).rest]).channels == 8
    assert "only its first" in done.stderr and 0.3 < told["cut.flac"]["duration"] < 1.7
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(Path(n).stem for n in (*ODD, "good.wav"))


@pytest.mark.parametrize("name", BAD)
def test_nothing_readable_ends_with_two(name: str, files: Path, tmp_path: Path) -> None:
    done = unbraid("separate", files / name, "-o", tmp_path / "out", "--method", "hpss")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read and write all")
def test_what_may_not_be_read_or_written(files: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes((files / "good.wav").read_bytes())
    secret.chmod(0)
    done = unbraid("separate", secret, "-o", tmp_path / "out", "--method", "hpss")
    assert done.returncode == 2 and "may not be read" in done.stderr and done.stderr.count("\n") == 1
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for out in (closed, closed / "new"):
        done = unbraid("separate", files / "good.wav", "-o", out, "--method", "hpss")
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "-o" in done.stderr
    assert not list(closed.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("method", ANY_CHANNELS)
def test_a_disk_without_room(method: str, files: Path, tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    call = ("separate", files / "good.wav", files / "8 kHz.wav", "-o", tmp_path, "--method", ready(method))
    done = unbraid(*call, "--format", "wav", "--device", "cpu", before=little_room)
    assert done.returncode == 1 and "There is no room left" in done.stderr and "Traceback" not in done.stderr
    assert str(tmp_path) in done.stderr and ".unbraid" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["8 kHz"]  # a small one fits


@pytest.mark.parametrize("method", [i for i in ids() if find(i).checkpoints])
def test_weights_that_are_missing_or_altered(method: str, files: Path, tmp_path: Path) -> None:
    call = ("separate", files / "good.wav", "-o", tmp_path / "out", "--method", ready(method), "--device", "cpu")
    data = tmp_path / "data"
    done = unbraid(*call, UNBRAID_DATA=str(data))
    assert done.returncode == 2 and "are not here" in done.stderr and "unbraid models import" in done.stderr
    assert done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
    (data / "checkpoints").mkdir(parents=True)
    for path in checkpoints.folder().iterdir():
        (data / "checkpoints" / path.name).write_bytes(path.read_bytes())
    altered = data / "checkpoints" / f"{find(method).checkpoints[0]}.safetensors"
    content = bytearray(altered.read_bytes())
    content[-5] ^= 1  # same size
    for change in (content, content[:-1000]):
        altered.write_bytes(change)
        done = unbraid(*call, UNBRAID_DATA=str(data))
        assert done.returncode in (1, 2) and "were altered" in done.stderr and "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("method", READY)
def test_ctrl_c_at_any_moment(method: str, files: Path, tmp_path: Path) -> None:
    song, rate = soundfile.read(files / "good.wav")
    soundfile.write(tmp_path / "long.wav", np.tile(song, (30, 1)), rate, subtype="PCM_16")
    for wait in (0.0, 0.5, 2.5):
        out = tmp_path / "out"
        process = subprocess.Popen(
            command("separate", tmp_path / "long.wav", "-o", out, "--method", ready(method), "--device", "cpu"),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None and not (out.exists() and os.listdir(out)):
            time.sleep(0.02)
        time.sleep(wait)
        over = process.poll() is not None or (out / "long").exists()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said
        if over:  # it was faster
            break
        assert process.returncode == 130 and "ancelled" in said, said
        assert not out.exists()
