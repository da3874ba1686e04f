"""Surround beds: the standard fold-down is the song, sounds go where they belong, nothing clips."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.audio.signal import Audio
from separation.errors import InputError, OutputError, ParameterError
from separation.mix.surround import LAYOUTS, bed, folded, fronts
from separation.mix.surround_export import Surrounded, export_surround
from tests.songs import compose

RATE = 44100


def whole(stereo: np.ndarray, layout: str, rate: int = RATE) -> dict[str, np.ndarray]:
    """All channels of a bed by name."""
    block = np.concatenate(list(bed(stereo.astype(np.float32), rate, layout)), axis=1)
    block[:2] = fronts(stereo.T, block, layout)
    return dict(zip(LAYOUTS[layout], block, strict=True))


def level(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.std(sound) + 1e-12))


def written(folder: Path, stereo: np.ndarray, layout: str, **options: object) -> tuple[Surrounded, np.ndarray]:
    done = export_surround(
        folder / "bed.wav", stereo, layout, sample_rate=RATE, overwrite=True, **options  # type: ignore[arg-type]
    )
    return done, soundfile.read(done.path, always_2d=True)[0].T


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_stands_in_the_middle_comes_from_the_middle(layout: str) -> None:
    random = np.random.default_rng(0)
    tone = 0.2 * np.sin(2 * np.pi * 700 * np.arange(2 * RATE) / RATE)
    found = whole(np.stack([tone, tone], axis=1), layout)
    assert level(found["C"]) == pytest.approx(level(tone) + 20 * np.log10(0.8 * np.sqrt(2)), abs=0.1)
    assert level(found["L"]) == pytest.approx(level(tone) + 20 * np.log10(0.2), abs=0.3)
    assert level(found["Ls"]) < level(tone) - 50
    aside = np.stack([0.2 * random.standard_normal(2 * RATE), np.zeros(2 * RATE)], axis=1)
    found = whole(aside, layout)
    assert level(found["L"]) == pytest.approx(level(aside[:, 0]), abs=0.2)
    assert max(level(found[name]) for name in ("R", "C", "Ls", "Rs")) < level(aside[:, 0]) - 30


def test_ambience_comes_from_all_around_and_from_each_wall_in_its_own_way() -> None:
    random = np.random.default_rng(1)
    hall = 0.1 * random.standard_normal((3 * RATE, 2))
    opposite = np.stack([hall[:, 0], -hall[:, 0]], axis=1) + 0.3 * hall[:, 1:]
    for layout in LAYOUTS:
        found = whole(hall, layout)
        walls = [found[name] for name in LAYOUTS[layout][4:]]
        together = 10 * np.log10(sum(np.var(wall) for wall in walls) / np.var(hall, axis=0).sum())
        assert -7 < together < 0
        assert np.abs(np.corrcoef(walls) - np.eye(len(walls))).max() < 0.3
        assert level(found["C"]) < level(hall[:, 0]) - 6
        found = whole(opposite, layout)
        assert abs(np.corrcoef(found["Ls"], found["Rs"])[0, 1]) < 0.35


def test_bass_stays_in_front_and_the_lfe_has_only_bass() -> None:
    time = np.arange(2 * RATE) / RATE
    for frequency, passes in ((50.0, True), (110.0, True), (250.0, False), (2000.0, False)):
        tone = 0.3 * np.sin(2 * np.pi * frequency * time)
        found = whole(np.stack([tone, tone], axis=1), "5.1")
        inside = found["LFE"][5000:-5000]
        if passes:
            assert np.abs(inside - 10 ** (-16 / 20) * tone[5000:-5000]).max() < 0.002
        else:
            assert np.abs(inside).max() < 0.0003
        if frequency == 50:
            assert level(found["C"]) < level(tone) - 30


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_fold_down_to_the_song_and_name_their_loudspeakers(tmp_path: Path, layout: str) -> None:
    stereo = compose(seconds=3.0).mixture.samples.T
    done, channels = written(tmp_path, stereo, layout)
    assert done.trim_db == 0
    assert done.fold_down_db < -144
    at = {name: channels[k] for k, name in enumerate(LAYOUTS[layout])}
    left = at["L"] + np.sqrt(0.5) * (at["C"] + at["Ls"] + at.get("Lb", 0.0))
    right = at["R"] + np.sqrt(0.5) * (at["C"] + at["Rs"] + at.get("Rb", 0.0))
    assert np.abs(np.stack([left, right]) - stereo.T).max() <= 2.0**-24 * 1.001  # half a step
    head = done.path.read_bytes()[:200]
    chunk = head.index(b"fmt ") + 8
    assert struct.unpack("<H", head[chunk : chunk + 2])[0] == 0xFFFE  # WAVE_FORMAT_EXTENSIBLE
    assert struct.unpack("<I", head[chunk + 20 : chunk + 24])[0] == {"5.1": 0x3F, "7.1": 0x63F}[layout]
    done, _ = written(tmp_path, stereo, layout, subtype="FLOAT")
    assert done.fold_down_db < -140
    done, _ = written(tmp_path, stereo, layout, subtype="PCM_16")
    assert done.fold_down_db < -96


def test_a_loud_middle_is_turned_down_and_not_clipped(tmp_path: Path) -> None:
    tone = (0.99 * np.sin(2 * np.pi * 700 * np.arange(RATE) / RATE)).astype(np.float32)
    done, channels = written(tmp_path, np.stack([tone, tone], axis=1), "5.1")
    assert -2 < done.trim_db <= -20 * np.log10(0.99 * 0.8 * np.sqrt(2)) + 0.05
    assert np.abs(channels).max() < 1
    assert done.fold_down_db < -144
    trim = 10 ** (done.trim_db / 20)
    assert np.abs(folded(channels, "5.1")[0] - trim * tone).max() < 1e-6
    done, channels = written(tmp_path, np.stack([tone, tone], axis=1), "5.1", subtype="FLOAT")
    assert done.trim_db == 0
    assert np.abs(channels).max() > 1.1


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_short_silent_and_slow_songs(tmp_path: Path, count: int) -> None:
    for layout in LAYOUTS:
        done, channels = written(tmp_path, np.full((count, 2), 0.25, np.float32), layout)
        assert channels.shape == (len(LAYOUTS[layout]), count)
        assert done.fold_down_db < -144
        done, channels = written(tmp_path, np.zeros((count, 2), np.float32), layout)
        assert not channels.any()
        assert done.fold_down_db == float("-inf")
    low = compose(seconds=1.0, sample_rate=8000).mixture.samples.T
    found = whole(low, "7.1", 8000)
    assert len(found["LFE"]) == len(low)


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    two = np.zeros((10, 2), np.float32)
    with pytest.raises(InputError, match="--upmix"):
        export_surround(tmp_path / "a.wav", two[:, :1], "5.1", sample_rate=RATE)
    with pytest.raises(OutputError, match=r"\.wav"):
        export_surround(tmp_path / "a.flac", two, "5.1", sample_rate=RATE)
    with pytest.raises(ParameterError, match=r"5\.1, 7\.1"):
        export_surround(tmp_path / "a.wav", two, "9.1", sample_rate=RATE)
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(OutputError, match="already there"):
        export_surround(tmp_path / "a.wav", two, "5.1", sample_rate=RATE)


def test_a_real_song(tmp_path: Path, real_song: Callable[[str], dict[str, Audio]]) -> None:
    song = real_song("musicdelta_beatles")["mixture"].samples[:, 10 * RATE : 15 * RATE].T
    done, channels = written(tmp_path, song, "5.1")
    assert done.fold_down_db < -144 + 0.1
    at = dict(zip(LAYOUTS["5.1"], channels, strict=True))
    assert np.corrcoef(at["L"], at["R"])[0, 1] < np.corrcoef(song.T)[0, 1] - 0.1
    assert abs(np.corrcoef(at["Ls"], at["Rs"])[0, 1]) < 0.4
    assert level(at["Ls"]) > level(song[:, 0]) - 30
