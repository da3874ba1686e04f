"""`unbraid remix` makes stereo of mono: a folder and a project give the same file, and the meter is told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation import cli
from separation.audio.writing import save
from separation.mix.state import MixState, Strip
from separation.project import package
from separation.project.project import Project, Separation, Source
from separation.project.store import Store
from tests.songs import NAMES, Song, compose


@pytest.fixture(scope="module")
def mono() -> Song:
    return compose(seconds=2.0, channels=1)


@pytest.fixture
def stems(mono: Song, tmp_path: Path) -> Path:
    folder = tmp_path / "song"
    folder.mkdir()
    for name in NAMES:
        save(folder / f"{name}.flac", replace(mono.stems[name], tags={"title": "Old"}), subtype="PCM_16")
    return folder


def integers(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0].T.astype(np.int64) >> 8


@pytest.mark.parametrize("preset", ["upmix", "upmix-wide", "upmix-1950s"])
def test_presets_fold_down_to_the_song(
    stems: Path, mono: Song, preset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = stems.parent / "up.flac"
    assert cli.main(["remix", str(stems), "-o", str(target), "--preset", preset]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip() == str(target)
    assert "sample for sample (−∞ dBFS)" in captured.err
    both = integers(target)
    wanted = np.rint(mono.mixture.samples[0].astype(np.float64) * 2**23).astype(np.int64)
    assert np.array_equal(both.sum(axis=0), 2 * wanted)
    assert np.any(both[0] != both[1])
    assert soundfile.info(target).subtype == "PCM_24"
    again = stems.parent / "again.flac"
    layout = {"upmix": "natural", "upmix-wide": "wide", "upmix-1950s": "stage"}[preset]
    assert cli.main(["remix", str(stems), "-o", str(again), "--upmix", layout]) == 0
    assert again.read_bytes() == target.read_bytes()


def test_beside_another_preset_and_other_options(stems: Path, mono: Song) -> None:
    target = stems.parent / "up.wav"
    options = ["--preset", "karaoke", "--upmix", "wide", "--pan", "other=-0.5", "--width", "other=0"]
    assert cli.main(["remix", str(stems), "-o", str(target), *options]) == 0
    both = integers(target) / 2**23
    wanted = (mono.mixture.samples - mono.stems["vocals"].samples)[0]
    assert np.abs(both.mean(axis=0) - wanted).max() < 2**-22
    assert both[0].std() > 1.05 * both[1].std()


def test_a_song_over_full_scale_gets_a_sentence(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = stems.parent / "up.wav"
    gains = [word for name in NAMES for word in ("--gain", f"{name}=12")]
    assert cli.main(["remix", str(stems), "-o", str(target), "--upmix", "wide", *gains]) == 0
    said = capsys.readouterr().err
    assert "turned down" in said
    assert "narrower" in said
    assert np.abs(soundfile.read(target)[0]).max() <= 1


def test_stereo_songs_and_contradictions_are_refused(
    stems: Path, short_song: Song, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "never.wav"
    for words, sentence in (
        (("--preset", "upmix", "--upmix", "wide"), "give one of them"),
        (("--upmix", "wide", "--pan-law", "balance"), "linear law"),
    ):
        assert cli.main(["remix", str(stems), "-o", str(target), *words]) == 2
        assert sentence in capsys.readouterr().err
    wide = tmp_path / "wide"
    wide.mkdir()
    for name in NAMES:
        save(wide / f"{name}.flac", short_song.stems[name], subtype="PCM_16")
    assert cli.main(["remix", str(wide), "-o", str(target), "--preset", "upmix"]) == 2
    assert "stereo already" in capsys.readouterr().err
    assert not target.exists()


def test_a_folder_with_the_song_in_it_and_stems_of_other_lengths(stems: Path, mono: Song) -> None:
    save(stems / "mixture.flac", mono.mixture, subtype="PCM_16")
    short = mono.stems["other"]
    save(stems / "other.flac", short.with_samples(short.samples[:, :50_000]), subtype="PCM_16")
    target = stems.parent / "up.wav"
    assert cli.main(["remix", str(stems), "-o", str(target), "--preset", "upmix"]) == 0
    wanted = np.rint(mono.mixture.samples[0].astype(np.float64) * 2**23).astype(np.int64)
    assert np.array_equal(integers(target).sum(axis=0), 2 * wanted)


def test_a_project_gives_the_file_of_its_folder(stems: Path, mono: Song) -> None:
    path = stems.parent / "mix.wav"
    save(path, mono.mixture, subtype="PCM_16")
    frames, store = mono.mixture.frames, Store()
    order = sorted(NAMES)
    for name in order:
        store.create(name, frames, 1)[:] = mono.stems[name].samples.T
    source = Source(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), 44100, 1, frames, "PCM_16", "Old")
    parts = Separation("nmf", (), tuple(order), "other", tuple(order))
    project = stems.parent / "old.unbraid"
    mix = MixState((("vocals", Strip(gain_db=-3.0)),))
    package.write(project, Project(source=source, mix=mix, separation=parts), store, made_by="test")
    store.close()
    one, two = stems.parent / "one.flac", stems.parent / "two.flac"
    assert cli.main(["remix", str(project), "-o", str(one), "--preset", "upmix-1950s"]) == 0
    assert cli.main(["remix", str(stems), "-o", str(two), "--upmix", "stage", "--gain", "vocals=-3"]) == 0
    assert np.array_equal(integers(one), integers(two))
    assert one.read_bytes() == two.read_bytes()
