"""Upmixes as files: L + R is the mono song exactly in integers, nothing clips, odd songs work or say why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.audio.signal import Audio
from separation.errors import InputError, OutputError
from separation.mix.stage import LAYOUTS
from separation.mix.state import MixState, Strip
from separation.mix.upmix_export import Upmixed, export_upmix
from tests.songs import compose

Arrays = tuple[np.ndarray, dict[str, np.ndarray]]
EXACT = float("-inf")


@pytest.fixture(scope="module")
def mono() -> Arrays:
    song = compose(seconds=3.0, channels=1)
    return song.mixture.samples.T, {name: stem.samples.T for name, stem in song.stems.items()}


def written(
    folder: Path, song: Arrays, layout: str = "natural", state: MixState | None = None, rate: int = 44100,
    subtype: str | None = None, name: str = "up.wav",
) -> tuple[Upmixed, np.ndarray]:  # fmt: skip
    """The report, and the file's samples (2, T): integers of 24 bits for PCM, else float64."""
    done = export_upmix(
        folder / name, *song, state or MixState(), layout, sample_rate=rate, subtype=subtype, overwrite=True
    )
    if subtype == "FLOAT":
        return done, soundfile.read(done.path, dtype="float32", always_2d=True)[0].T
    return done, soundfile.read(done.path, dtype="int32", always_2d=True)[0].T.astype(np.int64) >> 8


def in_steps(song: np.ndarray) -> np.ndarray:
    return np.rint(song[:, 0].astype(np.float64) * 2**23).astype(np.int64)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["up.wav", "up.flac"])
def test_the_sides_add_up_to_twice_the_song_in_integers(tmp_path: Path, mono: Arrays, layout: str, name: str) -> None:
    done, both = written(tmp_path, mono, layout, name=name)
    assert soundfile.info(done.path).subtype == "PCM_24"
    assert np.array_equal(both.sum(axis=0), 2 * in_steps(mono[0]))
    assert (done.fold_down_db, done.trim_db, done.narrowed) == (EXACT, 0.0, 0.0)
    assert np.std(both[0] - both[1]) > 0.02 * np.std(both.sum(axis=0))  # it is stereo


def test_sixteen_bits_fold_down_exactly_too_and_the_sides_are_dithered(tmp_path: Path, mono: Arrays) -> None:
    done, both = written(tmp_path, mono, subtype="PCM_16")
    assert done.fold_down_db == EXACT
    assert np.array_equal(both.sum(axis=0), 2 * in_steps(mono[0]))
    _, fine = written(tmp_path, mono)
    error = ((both[0] - both[1]) - (fine[0] - fine[1])) / 2 / 256
    assert 0.3 < error.std() < 1.2  # triangular noise and rounding of a step


def test_floats_are_within_a_rounding(tmp_path: Path, mono: Arrays) -> None:
    done, both = written(tmp_path, mono, "wide", subtype="FLOAT")
    assert done.fold_down_db == EXACT  # a song on the 24-bit grid
    off = mono[0] * np.float32(0.7), {name: stem * np.float32(0.7) for name, stem in mono[1].items()}
    done, both = written(tmp_path, off, "wide", subtype="FLOAT")
    error = np.abs(both.astype(np.float64).mean(axis=0) - off[0][:, 0])
    assert np.all(error <= np.spacing(np.abs(both).max(axis=0)))
    assert done.fold_down_db < -140


def test_a_song_at_full_scale_is_not_clipped_but_narrowed(tmp_path: Path, mono: Arrays) -> None:
    top = float(np.abs(mono[0]).max())
    loud = (np.rint(mono[0] / top * (2**23 - 1)) / 2**23).astype(np.float32)
    done, both = written(tmp_path, (loud, {name: stem / top for name, stem in mono[1].items()}), "wide")
    assert done.fold_down_db == EXACT
    assert 0 < done.narrowed < 0.5
    assert done.trim_db == 0
    assert np.array_equal(both.sum(axis=0), 2 * in_steps(loud))
    square = np.where(np.arange(44100) // 50 % 2, 1 - 2.0**-23, -1.0).astype(np.float32)[:, None]
    done, both = written(tmp_path, (square, {"other": square}), "wide")
    assert done.fold_down_db == EXACT
    assert done.narrowed > 0.9
    assert np.array_equal(both.sum(axis=0), 2 * in_steps(square))


def test_a_mix_over_full_scale_is_turned_down_as_a_whole(tmp_path: Path, mono: Arrays) -> None:
    state = MixState(tuple((name, Strip(gain_db=12.0)) for name in mono[1]))
    done, both = written(tmp_path, mono, state=state)
    peak = np.abs(mono[0]).max() * 10 ** (12 / 20)
    assert done.trim_db == pytest.approx(-20 * np.log10(peak), abs=0.01)
    assert done.fold_down_db < -140
    assert both.sum(axis=0).max() / 2 == pytest.approx(2**23, abs=2)
    done, both = written(tmp_path, mono, state=state, subtype="FLOAT")
    assert done.trim_db == 0
    assert np.abs(both).max() > 1


def test_faders_mutes_and_phase_count(tmp_path: Path, mono: Arrays) -> None:
    song, stems = mono
    state = MixState((("vocals", Strip(mute=True)), ("drums", Strip(invert=True)), ("bass", Strip(gain_db=-6))))
    done, both = written(tmp_path, mono, "wide", state)
    half = 10 ** (-6 / 20)
    wanted = song - stems["vocals"] - 2.0 * stems["drums"] - (1 - half) * stems["bass"]
    assert np.abs(both.sum(axis=0) - 2 * wanted[:, 0].astype(np.float64) * 2**23).max() <= 2
    assert done.fold_down_db < -140
    flat = MixState(tuple((name, Strip(width=0.0)) for name in stems))
    _, both = written(tmp_path, mono, "natural", flat)
    assert np.array_equal(both[0], both[1])  # drums, bass, voice and the rest all stand in the middle


def test_equal_sides_are_mono_and_others_are_refused(tmp_path: Path, mono: Arrays) -> None:
    song, stems = mono
    doubled = np.repeat(song, 2, axis=1), {name: np.repeat(stem, 2, axis=1) for name, stem in stems.items()}
    _, both = written(tmp_path, doubled)
    assert np.array_equal(both, written(tmp_path, mono)[1])
    doubled[0][22_050, 1] += 0.1
    for name in ("never.wav", "never.flac"):
        with pytest.raises(InputError, match=r"stereo already.*0\.50 s"):
            written(tmp_path, doubled, name=name)
        assert not (tmp_path / name).exists()
    with pytest.raises(InputError, match="6 channels"):
        written(tmp_path, (np.zeros((10, 6), np.float32), {}))
    (tmp_path / "there.wav").write_bytes(b"")
    with pytest.raises(OutputError, match="already there"):
        export_upmix(tmp_path / "there.wav", song, stems, MixState(), "wide", sample_rate=44100)


def test_silence_one_sample_low_rates_and_no_stems(tmp_path: Path) -> None:
    silent = np.zeros((1000, 1), np.float32)
    done, both = written(tmp_path, (silent, {"other": silent, "x": silent}), "wide")
    assert done.fold_down_db == EXACT
    assert not both.any()
    one = np.full((1, 1), 0.25, np.float32)
    done, both = written(tmp_path, (one, {"other": one}), "stage")
    assert done.fold_down_db == EXACT
    assert both.shape == (2, 1)
    low = compose(seconds=1.5, sample_rate=8000, channels=1)
    arrays = low.mixture.samples.T, {name: stem.samples.T for name, stem in low.stems.items()}
    for rate in (8000, 96000):
        done, both = written(tmp_path, arrays, "wide", rate=rate)
        assert done.fold_down_db == EXACT
        assert np.any(both[0] != both[1])
    done, both = written(tmp_path, (arrays[0], {}), "natural", rate=8000)  # the song as it is, in one piece
    assert done.fold_down_db == EXACT
    assert np.any(both[0] != both[1])


def test_lossy_files_are_measured_as_they_are(tmp_path: Path, mono: Arrays) -> None:
    done = export_upmix(tmp_path / "up.ogg", *mono, MixState(), "natural", sample_rate=44100)
    assert -90 < done.fold_down_db < -10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_real_song(tmp_path: Path, real_song: Callable[[str], dict[str, Audio]], layout: str) -> None:
    part = slice(5 * 44100, 11 * 44100)
    stems = {
        name: (np.rint(stem.samples[:, part].mean(axis=0) * 2**23) / 2**23).astype(np.float32)[:, None]
        for name, stem in real_song("musicdelta_beatles").items()
        if name != "mixture"
    }
    song = np.asarray(sum(stem.astype(np.float64) for stem in stems.values()), np.float32)
    done, both = written(tmp_path, (song, stems), layout)
    assert done.fold_down_db == EXACT
    assert np.array_equal(both.sum(axis=0), 2 * in_steps(song))
    levels = 20 * np.log10(both.std(axis=1))
    assert abs(levels[0] - levels[1]) < 1.5  # no side outweighs the other
    assert 0.3 < np.corrcoef(both)[0, 1] < 0.97
