from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.cli import main


def write(folder: Path, stems: dict[str, np.ndarray], rate: int = 8000) -> Path:
    folder.mkdir(parents=True)
    for name, samples in stems.items():
        soundfile.write(folder / f"{name}.wav", samples.T, rate, "FLOAT")
    return folder


def sounds(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: 0.1 * rng.standard_normal((2, 16000)).astype(np.float32) for name in ("vocals", "drums")}


def test_a_folder_of_songs_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for song in ("a", "b"):
        truth = sounds(ord(song))
        truth["silence"] = 0 * truth["drums"]
        write(tmp_path / "true" / song, truth)
        write(tmp_path / "found" / song, {**{n: 0.9 * s for n, s in truth.items()}, "silence": 0.01 * truth["drums"]})
    table = tmp_path / "table.csv"
    command = ["evaluate", str(tmp_path / "true"), str(tmp_path / "found"), "--json", "--csv", str(table)]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["songs"]) == {"a", "b"}
    assert found["mean"]["vocals"]["usdr"] == pytest.approx(20, abs=0.01)
    assert found["mean"]["vocals"]["csdr"] == pytest.approx(20, abs=0.01)
    assert found["median"]["drums"]["si_sdr"] > 60
    assert found["songs"]["a"]["silence"]["bleed_db"] == pytest.approx(-43, abs=0.5)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 6 and float(rows[0]["usdr"]) == pytest.approx(20, abs=0.01)
    assert main(command) == 2 and "already there" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_one_song_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = sounds(1)
    write(tmp_path / "true", truth)
    write(tmp_path / "found", {"vocals": truth["vocals"][:, :-5]})
    assert main(["evaluate", str(tmp_path / "true"), str(tmp_path / "found")]) == 0
    out, err = capsys.readouterr()
    assert "vocals" in out and "SI-SDR" in out and "drums" not in out
    assert "no estimate of “drums”" in err and "5 samples shorter" in err


def test_folders_that_do_not_fit_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = write(tmp_path / "true", sounds(1))
    for other, words in (
        (tmp_path / "nowhere", "no folder"),
        (write(tmp_path / "empty", {}), "no stem or song in common"),
        (write(tmp_path / "rate", sounds(1), 16000), "differ in rate"),
    ):
        assert main(["evaluate", str(truth), str(other)]) == 2
        assert words in capsys.readouterr().err
