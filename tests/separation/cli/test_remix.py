"""`unbraid remix` on a folder of stems: presets, width, phase and pan law give the sound they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation import cli, load
from separation.audio.writing import save
from tests.songs import NAMES, Song


@pytest.fixture
def stems(short_song: Song, tmp_path: Path) -> Path:
    folder = tmp_path / "song"
    folder.mkdir()
    for name in NAMES:
        save(folder / f"{name}.flac", short_song.stems[name], subtype="PCM_16")
    return folder


def remix(stems: Path, *options: str) -> np.ndarray:
    target = stems.parent / "mix.wav"
    assert cli.main(["remix", str(stems), "-o", str(target), "--subtype", "FLOAT", "--overwrite", *options]) == 0
    return load(target).samples


def refused(stems: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    target = stems.parent / "never.wav"
    assert cli.main(["remix", str(stems), "-o", str(target), *options]) == 2
    assert not target.exists()
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def parts(song: Song) -> dict[str, np.ndarray]:
    return {name: song.stems[name].samples.astype(np.float64) for name in NAMES}


def test_presets_leave_what_they_are_called(stems: Path, short_song: Song) -> None:
    s = parts(short_song)
    whole = sum(s.values())
    for options, wanted in (
        (("--preset", "karaoke"), whole - s["vocals"]),
        (("--preset", "acapella"), s["vocals"]),
        (("--preset", "drums"), s["drums"]),
        (("--preset", "practice:bass"), whole - s["bass"]),
        (("--preset", "minus-one:bass"), whole - (1 - 10 ** (-18 / 20)) * s["bass"]),
        (("--preset", "karaoke", "--gain", "vocals=-20"), whole - 0.9 * s["vocals"]),
    ):
        assert np.abs(remix(stems, *options) - wanted).max() < 1e-6, options


def test_width_phase_and_pan_law(stems: Path, short_song: Song) -> None:
    s = parts(short_song)
    whole, other = sum(s.values()), s["other"]
    mono = np.stack([other.mean(axis=0)] * 2)
    assert np.abs(remix(stems, "--width", "other=0") - (whole - other + mono)).max() < 1e-6
    assert np.abs(remix(stems, "--width", "other=1.4") - (whole + 0.4 * (other - mono))).max() < 1e-6
    turned = remix(stems, "--phase", "drums", "--phase", "bass")
    assert np.abs(turned - (whole - 2 * s["drums"] - 2 * s["bass"])).max() < 1e-6
    aside = remix(stems, "--pan", "other=-0.5", "--pan-law", "linear")
    assert np.abs(aside.sum(axis=0) - whole.sum(axis=0)).max() < 1e-6
    assert np.abs(aside - remix(stems, "--pan", "other=-0.5")).max() > 0.01
    assert np.array_equal(remix(stems, "--pan-law", "constant-power"), np.asarray(whole, np.float32))


def test_what_cannot_be_is_said_before_anything_is_written(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "between 0 (mono) and 2" in refused(stems, capsys, "--width", "other=2.5")
    assert "not a number" in refused(stems, capsys, "--width", "other=broad")
    assert "bass, drums, other, vocals" in refused(stems, capsys, "--phase", "piano")
    assert "no preset “opera”" in refused(stems, capsys, "--preset", "opera")
    assert "practice:bass" in refused(stems, capsys, "--preset", "practice")
    assert "“piano”" in refused(stems, capsys, "--preset", "minus-one:piano")
    assert "balance" in refused(stems, capsys, "--pan-law", "sideways")
    assert "Only a project" in refused(stems, capsys, "--snapshot", "A")
