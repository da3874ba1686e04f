"""`unbraid remix` at another tempo and in another key, as a person types it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.audio.reading import load
from separation.audio.signal import Audio
from separation.audio.writing import save
from separation.mix.state import MixState, Strip
from separation.project import package
from separation.project.project import Project, Separation, Source
from separation.project.store import Store
from tests.songs import NAMES, compose

ROOT = Path(__file__).resolve().parents[3]


def unbraid(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    """A folder of stems, and beside it the song they were taken from."""
    song = compose(2.0)
    (tmp_path / "stems").mkdir()
    for name in NAMES:
        save(tmp_path / "stems" / f"{name}.flac", song.stems[name], subtype="PCM_16")
    save(tmp_path / "song.flac", song.mixture, subtype="PCM_16")
    return tmp_path / "stems"


def test_a_folder_at_another_tempo_and_key(stems: Path, tmp_path: Path) -> None:
    done = unbraid("remix", stems, "-o", tmp_path / "a.wav", "--tempo", "0.9", "--key", "-2", "--cents", "12",
                   "--subtype", "FLOAT")  # fmt: skip
    assert done.returncode == 0, done.stderr
    mix = load(tmp_path / "a.wav").samples
    assert mix.shape == (2, 98_000)
    loud = [np.sqrt(np.square(s).mean()) for s in (mix, load(tmp_path / "song.flac").samples)]
    assert loud[0] == pytest.approx(loud[1], rel=0.15)
    again = unbraid("remix", stems, "-o", tmp_path / "b.wav", "--tempo", "0.9", "--key", "-1.88", "--subtype", "FLOAT")
    assert again.returncode == 0 and np.abs(load(tmp_path / "b.wav").samples - mix).max() < 1e-6
    same = unbraid("remix", stems, "-o", tmp_path / "c.flac", "--tempo", "1", "--key", "0", "--cents", "0")
    assert same.returncode == 0
    assert np.array_equal(load(tmp_path / "c.flac").samples, load(tmp_path / "song.flac").samples)


def test_drums_alone_stay_in_every_key(stems: Path, tmp_path: Path) -> None:
    silent = [word for name in NAMES if name not in ("drums", "bass") for word in ("--gain", f"{name}=-inf")]
    done = unbraid("remix", stems, "-o", tmp_path / "d.flac", "--key", "3", "--keep-pitch", "bass", *silent)
    assert done.returncode == 0, done.stderr
    wanted = sum(load(stems / f"{name}.flac").samples.astype(np.float64) for name in ("drums", "bass"))
    assert np.abs(load(tmp_path / "d.flac").samples - wanted).max() <= 2**-15


def test_a_project_sounds_as_the_folder_of_its_stems(stems: Path, tmp_path: Path) -> None:
    path, store = tmp_path / "song.flac", Store()
    for name in NAMES:
        store.create(name, 88_200, 2)[:] = load(stems / f"{name}.flac").samples.T
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    project = Project(
        source=Source(str(path), digest, 44100, 2, 88_200, "PCM_16"), method="spleeter",
        mix=MixState(tuple((name, Strip(pan=-0.5 if name == "bass" else 0.0)) for name in NAMES)),
        separation=Separation("spleeter", (), NAMES, "other", NAMES),
    )  # fmt: skip
    package.write(tmp_path / "p.unbraid", project, store, made_by="test")
    store.close()
    speed = ("--tempo", "1.25", "--key", "2", "--gain", "vocals=-6", "--subtype", "FLOAT")
    for source, name in ((tmp_path / "p.unbraid", "p.wav"), (stems, "f.wav")):
        done = unbraid("remix", source, "-o", tmp_path / name, *speed, *(("--pan", "bass=-0.5") if "f" in name else ()))
        assert done.returncode == 0, done.stderr
    one, other = (soundfile.read(tmp_path / name, dtype="float32")[0] for name in ("p.wav", "f.wav"))
    assert one.shape == (70_560, 2) and np.abs(one - other).max() < 1e-6
    assert list((tmp_path / "cache").rglob("*.f32")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tempo", "3"), "A tempo lies between 0.25 and 2; 3 does not."),
        (("--tempo", "nan"), "A tempo lies between"),
        (("--key", "12", "--cents", "1"), "at most 12 semitones"),
        (("--key", "2", "--keep-pitch", "flute"), "There is no stem “flute” here: choose one of bass, drums"),
    ],
)
def test_what_cannot_be_is_a_sentence(stems: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = unbraid("remix", stems, "-o", tmp_path / "x.wav", *words)
    assert done.returncode == 2 and said in done.stderr and not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize("channels", [1, 2])
def test_a_mono_song_is_stretched_and_upmixed(tmp_path: Path, channels: int) -> None:
    song = compose(2.0, channels=1)
    (tmp_path / "mono").mkdir()
    for name in NAMES:
        samples = np.repeat(song.stems[name].samples, channels, axis=0)
        if channels == 2:  # equal only together
            apart = {"bass": 2**-10, "other": -(2**-10)}.get(name, 0.0)
            samples = samples + np.asarray([[apart], [-apart]], np.float32)
        save(tmp_path / "mono" / f"{name}.flac", Audio(samples, 44100), subtype="PCM_16")
    done = unbraid("remix", tmp_path / "mono", "-o", tmp_path / "u.wav", "--upmix", "natural", "--tempo", "0.8")
    assert done.returncode == 0, done.stderr
    assert float(done.stderr.rsplit("by at most −")[1].split()[0]) > 130  # dBFS under full scale: rounding
    assert load(tmp_path / "u.wav").samples.shape == (2, 110_250)
