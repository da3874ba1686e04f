"""`unbraid remix --surround`: the stereo mix of all other options, for more loudspeakers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation import cli
from separation.audio.writing import save
from separation.mix.surround import folded
from tests.songs import NAMES, compose


def stems(folder: Path, channels: int) -> Path:
    folder.mkdir()
    song = compose(seconds=2.0, channels=channels)
    for name in NAMES:
        save(folder / f"{name}.flac", song.stems[name], subtype="PCM_16")
    return folder


@pytest.mark.parametrize("layout", ["5.1", "7.1"])
def test_the_bed_folds_down_to_the_mix(tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]) -> None:
    source, target, mix = stems(tmp_path / "song", 2), tmp_path / "bed.wav", tmp_path / "mix.wav"
    options = ["--preset", "karaoke", "--gain", "drums=-3"]
    assert cli.main(["remix", str(source), "-o", str(target), "--surround", layout, *options]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip() == str(target)
    assert "Lo and Ro differ from the stereo mix by at most −144.5 dBFS" in captured.err
    assert cli.main(["remix", str(source), "-o", str(mix), "--subtype", "FLOAT", *options]) == 0
    channels, wanted = soundfile.read(target)[0].T, soundfile.read(mix)[0].T
    assert np.abs(folded(channels, layout) - wanted).max() < 2**-23
    assert cli.main(["remix", str(source), "-o", str(target), "--surround", layout]) == 2


def test_a_mono_song_needs_an_upmix_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = stems(tmp_path / "song", 1), tmp_path / "bed.wav"
    assert cli.main(["remix", str(source), "-o", str(target), "--surround", "5.1"]) == 2
    assert "--upmix" in capsys.readouterr().err
    assert not target.exists()
    assert cli.main(["remix", str(source), "-o", str(target), "--surround", "5.1", "--preset", "upmix"]) == 0
    said = capsys.readouterr().err
    assert "sample for sample (−∞ dBFS)" in said
    assert soundfile.info(target).channels == 6
    mono = compose(seconds=2.0, channels=1).mixture.samples[0]
    assert np.abs(folded(soundfile.read(target)[0].T, "5.1").mean(axis=0) - mono).max() < 2**-22
    assert cli.main(["remix", str(source), "-o", str(tmp_path / "bed.flac"), "--surround", "5.1"]) == 2
    assert ".wav" in capsys.readouterr().err
