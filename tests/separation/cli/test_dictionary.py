"""`unbraid dictionary` as a person types it: train, info, merge, what is refused, and a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from separation.audio.signal import Audio
from separation.audio.writing import save
from separation.nmf.dictionaries.file import load
from tests.songs import compose

ROOT = Path(__file__).resolve().parents[3]
SMALL = ("--sample-rate", "22050", "--n-fft", "512", "--atoms", "3")


def unbraid(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "dictionary", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of hits and notes."""
    folder = tmp_path_factory.mktemp("sounds")
    song = compose(1.0, channels=1)
    for name, stem in (("kick", "drums"), ("piano", "vocals")):
        (folder / name).mkdir()
        save(folder / name / ("C4.wav" if name == "piano" else "01.wav"), song.stems[stem])
    save(folder / "mixture.wav", song.mixture)
    return folder


@pytest.mark.slow
def test_train_then_look_then_merge(sounds: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "new" / "one.safetensors", tmp_path / "two.safetensors"
    done = unbraid("train", sounds, "-o", one, *SMALL, "--licence", "CC0 1.0", "--provenance", "made up", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["atoms"]) == {"kick", "piano"} and told["pitches"] == [60] and told["path"] == str(one)
    assert told["licence"] == "CC0 1.0" and told["provenance"] == "made up" and told["n_fft"] == 512
    assert "100%" in done.stderr
    refused = unbraid("train", sounds, "-o", one, *SMALL)
    assert refused.returncode == 2 and "already there" in refused.stderr
    assert unbraid("train", sounds / "kick", "-o", two, *SMALL, "--label", "Thump").returncode == 0
    listed = unbraid("info", one, two, "drums", "--json")
    assert listed.returncode == 0, listed.stderr
    records = json.loads(listed.stdout)["dictionaries"]
    assert [r["name"] for r in records] == ["one", "two", "drums"] and list(records[1]["atoms"]) == ["Thump"]
    merged = unbraid("merge", one, two, "drums", "-o", tmp_path / "all.safetensors", "--name", "all", "--atoms", "20")
    assert merged.returncode == 0 and merged.stdout.startswith("all · "), merged.stderr
    whole = load(tmp_path / "all.safetensors")
    assert whole.labels.count("Thump") >= 1 and len(whole.labels) == 20 and whole.transform.n_fft == 512
    assert whole.origin.licence.startswith("CC0 1.0; ") and "MIT" in whole.origin.licence
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.safetensors", "new", "two.safetensors"]


@pytest.mark.slow
def test_one_bad_sound_does_not_stop_the_others(sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.wav").write_text("Dear all")
    save(tmp_path / "snare.wav", Audio(np.zeros((1, 4000), np.float32), 22050), subtype="PCM_16")
    done = unbraid("train", sounds, tmp_path, "-o", tmp_path / "x.safetensors", *SMALL)
    assert done.returncode == 1 and "letter.wav" in done.stderr and "“snare” are silent" in done.stderr
    assert set(load(tmp_path / "x.safetensors").groups) == {"kick", "piano"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "no-such-folder", "-o", "x.safetensors"), "no file or folder"),
        (("train", "separation", "-o", "x.safetensors"), "no sound in these folders"),
        (("train", "separation", "-o", "x.npz"), "end with .safetensors"),
        (("train", "tests", "-o", "x.safetensors", "--atoms", "0"), "1 to 128 atoms"),
        (("train", "tests", "-o", "x.safetensors", "--n-fft", "7"), "even window"),
        (("train", "tests", "-o", "x.safetensors", "--hop", "9999"), "hop"),
        (("train", "tests", "-o", "x.safetensors", "--label", "a/b"), "cannot be a label"),
        (("info", "flugelhorn"), "There is no dictionary “flugelhorn”"),
        (("info", "pyproject.toml"), "is not a dictionary"),
        (("merge", "drums", "pyproject.toml", "-o", "x.safetensors"), "is not a dictionary"),
        (("merge", "drums", "-o", "x.safetensors", "--atoms", "2"), "2 are too few"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], says: str) -> None:
    done = unbraid(*arguments)
    assert done.returncode == 2 and says in done.stderr and done.stdout == "", done.stderr
    assert done.stderr.count("\n") == 1 and not (ROOT / "x.safetensors").exists()


@pytest.mark.slow
def test_a_stop_leaves_nothing(sounds: Path, tmp_path: Path) -> None:
    long = compose(60.0, channels=1).stems["vocals"]
    save(tmp_path / "vocals.wav", long)
    out = tmp_path / "out" / "x.safetensors"
    command = [sys.executable, "-m", "app", "dictionary", "train", str(tmp_path / "vocals.wav"), "-o", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ})
    assert process.stderr is not None
    process.stderr.readline()  # the first word of progress
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Cancelled" in said
    assert not out.exists() and not list(tmp_path.rglob(".unbraid*"))
