"""The commands as a person types them: real processes, real files."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.audio.reading import load, probe
from separation.audio.signal import Audio
from separation.audio.writing import save
from tests.songs import compose

ROOT = Path(__file__).resolve().parents[3]
STEMS = ["harmonic", "percussive", "residual"]


def unbraid(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `unbraid` to its end."""
    own = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**own, **environment}, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Songs and things that are none."""
    song = compose(1.5).mixture
    save(tmp_path / "song.flac", Audio(song.samples, 44100, tags={"title": "A Song"}), subtype="PCM_16")
    save(tmp_path / "Stück.wav", song.with_samples(song.samples[:1]), subtype="PCM_24")
    (tmp_path / "text.wav").write_text("no sound")
    return tmp_path


@pytest.mark.slow
def test_stems_add_up_to_the_file_exactly_and_keep_its_form(folder: Path) -> None:
    out = folder / "deep" / "out"
    done = unbraid("separate", folder / "song.flac", folder / "Stück.wav", "-o", out, "--method", "hpss", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["method"] == "hpss" and told["device"] and told["seconds"] > 0 and told["realtime_factor"] > 0
    assert [list(i["stems"]) for i in told["inputs"]] == [STEMS, STEMS]
    for name, bits, channels in (("song.flac", 16, 2), ("Stück.wav", 24, 1)):
        entry = told["inputs"][0 if bits == 16 else 1]
        paths = [out / Path(name).stem / f"{stem}.flac" for stem in STEMS]
        assert list(entry["stems"].values()) == [str(p) for p in paths]
        assert entry["residual_db"] <= -190 and entry["sample_rate"] == 44100 and abs(entry["duration"] - 1.5) < 1e-6
        raw = [soundfile.read(p, dtype="int32", always_2d=True)[0].T.astype(np.int64) for p in paths]
        original = soundfile.read(folder / name, dtype="int32", always_2d=True)[0].T
        assert raw[0].shape == (channels, 66150) and np.array_equal(sum(raw), original)
        assert {probe(p).subtype for p in paths} == {f"PCM_{bits}"}
    assert probe(out / "song" / "harmonic.flac").title == "A Song"
    assert "left" in done.stderr or "100%" in done.stderr


@pytest.mark.slow
def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    out = folder / "out"
    done = unbraid(
        "separate",
        folder / "none.wav",
        folder / "text.wav",
        folder / "song.flac",
        "-o",
        out,
        "--method",
        "hpss",
        "--json",
    )
    assert done.returncode == 1
    told = json.loads(done.stdout)["inputs"]
    assert ["error" in entry for entry in told] == [True, True, False]
    assert "none.wav" in done.stderr and "text.wav" in done.stderr and "Traceback" not in done.stderr
    assert sorted(os.listdir(out)) == ["song"]


def test_nothing_readable_is_bad_usage_and_leaves_nothing(folder: Path) -> None:
    done = unbraid("separate", folder / "text.wav", "-o", folder / "out", "--method", "hpss")
    assert done.returncode == 2 and done.stdout == "" and not (folder / "out").exists()


@pytest.mark.slow
def test_what_is_there_is_replaced_only_when_asked(folder: Path) -> None:
    call = ("separate", folder / "song.flac", "-o", folder / "out", "--method", "hpss")
    assert unbraid(*call).returncode == 0
    before = {p: p.stat().st_mtime_ns for p in (folder / "out" / "song").iterdir()}
    again = unbraid(*call)
    assert again.returncode == 1 and "--overwrite" in again.stderr
    assert {p: p.stat().st_mtime_ns for p in (folder / "out" / "song").iterdir()} == before
    assert unbraid(*call, "--overwrite").returncode == 0
    assert all(p.stat().st_mtime_ns > before[p] for p in (folder / "out" / "song").iterdir())


def test_a_stem_never_replaces_the_song_it_comes_from(folder: Path) -> None:
    (folder / "harmonic").mkdir()
    song = (folder / "song.flac").rename(folder / "harmonic" / "harmonic.flac")
    before = song.read_bytes()
    done = unbraid("separate", song, "-o", folder, "--method", "hpss", "--overwrite")
    assert done.returncode == 1 and "the song itself" in done.stderr and song.read_bytes() == before


def test_songs_of_the_same_name_do_not_collide(folder: Path) -> None:
    (folder / "other").mkdir()
    save(folder / "other" / "song.wav", load(folder / "song.flac"))
    done = unbraid(
        "separate", folder / "song.flac", folder / "other" / "song.wav", "-o", folder / "out", "--method", "hpss"
    )
    assert done.returncode == 0 and sorted(os.listdir(folder / "out")) == sorted(
        [f"{folder.name} - song", "other - song"]
    )


@pytest.mark.slow
def test_a_recipe_tells_how_the_stems_were_made(folder: Path) -> None:
    call = ("separate", folder / "song.flac", "-o", folder / "out", "--method", "hpss")
    assert unbraid(*call, "--stems", "harmonic", "--seed", "7", "--set", "margin=1.5", "--json").returncode == 0
    path = folder / "out" / "song" / "unbraid-recipe.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "song.flac").read_bytes()).hexdigest()
    assert told["song"]["sha256"] == digest and told["song"]["frames"] == 66150 and told["song"]["title"] == "A Song"
    made = told["separation"]
    assert (made["method"], made["seed"], made["stems"], made["rest"]) == ("hpss", 7, STEMS, "residual")
    assert made["parameters"]["margin"] == 1.5 and len(made["parameters"]) > 1
    assert told["files"] == {"harmonic": "harmonic.flac"} and told["made_by"].startswith("Unbraid ")
    # more stems of the same run join them; those of another run are refused before any work
    assert unbraid(*call, "--stems", "percussive", "--seed", "7", "--set", "margin=1.5").returncode == 0
    assert list(json.loads(path.read_text(encoding="utf-8"))["files"]) == ["harmonic", "percussive"]
    other = unbraid(*call, "--stems", "residual", "--seed", "8")
    assert other.returncode == 1 and "--no-recipe" in other.stderr
    assert not (folder / "out" / "song" / "residual.flac").exists()
    assert unbraid(*call, "--stems", "residual", "--seed", "8", "--no-recipe").returncode == 0
    assert json.loads(path.read_text(encoding="utf-8"))["separation"]["seed"] == 7


@pytest.mark.slow
def test_a_choice_of_stems_has_no_residual(folder: Path) -> None:
    call = ("separate", folder / "song.flac", "-o", folder / "out", "--method", "hpss", "--json", "--format", "wav")
    done = unbraid(*call, "--stems", "percussive,harmonic")
    assert json.loads(done.stdout)["inputs"][0]["residual_db"] is None
    assert sorted(os.listdir(folder / "out" / "song")) == ["harmonic.wav", "percussive.wav", "unbraid-recipe.json"]
    wrong = unbraid(*call, "--stems", "kazoo")
    assert wrong.returncode == 2 and "harmonic, percussive, residual" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--method", "nope"), "hybrid"),
        (("--method", "hpss", "--set", "nope=1"), "no parameter"),
        (("--method", "hpss", "--set", "nope"), "NAME=VALUE"),
        (("--method", "hpss", "--set", "seed=1"), "--seed"),
        (("--method", "hpss", "--subtype", "FLOAT"), "PCM_24"),
        (("--method", "hpss", "--device", "cuda:77"), "--device auto or cpu"),
        (("--format", "tape"), "choose from"),
    ],
)
def test_bad_usage_is_said_before_any_work(arguments: tuple[str, ...], advice: str, folder: Path) -> None:
    done = unbraid("separate", folder / "song.flac", "-o", folder / "out", *arguments)
    assert done.returncode == 2 and advice in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_what_was_done_and_nothing_half_written(number: int, folder: Path) -> None:
    long = compose(8.0).mixture
    save(folder / "long.wav", long.with_samples(np.tile(long.samples, (1, 40))), subtype="PCM_16")
    out = folder / "out"
    command = [sys.executable, "-m", "app", "separate", folder / "song.flac", folder / "long.wav", "-o", out]
    process = subprocess.Popen(
        [*map(str, command), "--method", "hpss"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out / "song").exists():
        time.sleep(0.02)
    while time.monotonic() < deadline and len(os.listdir(out)) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "ancelled" in said and "Traceback" not in said
    assert os.listdir(out) == ["song"] and len(os.listdir(out / "song")) == 4


@pytest.mark.slow
def test_faders_at_rest_give_the_song_back(folder: Path) -> None:
    assert unbraid("separate", folder / "song.flac", "-o", folder / "out", "--method", "hpss").returncode == 0
    stems = folder / "out" / "song"
    assert unbraid("remix", stems, "-o", folder / "same.flac").returncode == 0
    assert np.array_equal(load(folder / "same.flac").samples, load(folder / "song.flac").samples)
    assert probe(folder / "same.flac").title == "A Song"
    muted = unbraid("remix", stems, "-o", folder / "less.wav", "--gain", "harmonic=-inf", "--pan", "percussive=-1")
    assert muted.returncode == 0, muted.stderr
    parts = {name: load(stems / f"{name}.flac").samples.astype(np.float64) for name in STEMS}
    expected = parts["residual"] + parts["percussive"] * np.array([[1.0], [0.0]])
    assert np.abs(load(folder / "less.wav").samples - expected).max() <= 2**-15
    refused = unbraid("remix", stems, "-o", folder / "less.wav")
    assert refused.returncode == 2 and "--overwrite" in refused.stderr
    assert "harmonic, percussive, residual" in unbraid("remix", stems, "-o", folder / "x.wav", "--gain", "v=1").stderr


def test_the_catalogue_tells_everything_about_every_method() -> None:
    told = json.loads(unbraid("methods", "--json").stdout)
    assert told["default"] in [m["id"] for m in told["methods"]]
    for method in told["methods"]:
        assert method["family"] in ("nmf", "network", "hybrid", "classic") and method["citation"] and method["licence"]
        assert method["status"] in ("ready", "needs download") and method["stems"]
        assert all(p["help"] and p["name"] for p in method["parameters"])
    text = unbraid("methods").stdout
    assert all(m["id"] in text for m in told["methods"]) and "(default)" in text


@pytest.mark.slow
def test_weights_are_listed_verified_and_refused(tmp_path: Path) -> None:
    home = {"UNBRAID_DATA": str(tmp_path / "data")}
    listed = json.loads(unbraid("models", "list", "--json", **home).stdout)
    assert {m["status"] for m in listed["models"]} == {"missing"}
    assert all(len(m["sha256"]) == 64 and m["licence"] and m["obtain"] for m in listed["models"])
    assert unbraid("models", "verify", **home).returncode == 0
    assert unbraid("models", "verify", listed["models"][0]["id"], **home).returncode == 1
    (tmp_path / "a.ckpt").write_bytes(b"nothing of ours")
    refused = unbraid("models", "import", tmp_path / "a.ckpt", **home)
    assert refused.returncode == 2 and "holds no weights" in refused.stderr


def test_help_and_version() -> None:
    assert unbraid("--version").stdout.startswith("unbraid ")
    text = unbraid("separate", "--help").stdout
    assert "default: hybrid" in text and "--overwrite" in text
    assert unbraid("seperate", "song.flac").returncode == 2


def test_without_a_display_the_studio_names_the_other_way() -> None:
    done = unbraid()
    assert done.returncode == 2 and "unbraid separate" in done.stderr and done.stderr.count("\n") == 1
