from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from separation.errors import Cancelled, OutputError
from separation.mix.export import export_mix, export_stems
from separation.mix.render import render
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from separation.progress import Report
from tests.songs import Song


def test_stems_in_sixteen_bits_add_up_to_the_song(short_song: Song, tmp_path: Path) -> None:
    song = short_song.mixture.samples.T
    stems = {name: a.samples.T * np.float32(0.999) for name, a in short_song.stems.items()}
    done = export_stems(tmp_path / "stems", song, stems, rest="other", sample_rate=44100, subtype="PCM_16")
    assert done.exact and list(done.paths) == list(stems)
    total = sum(soundfile.read(path, dtype="int16")[0].astype(int) for path in done.paths.values())
    assert np.array_equal(total, np.rint(song * 32768).astype(int))


def test_the_mix_is_what_the_renderer_plays(short_song: Song, tmp_path: Path) -> None:
    song = short_song.mixture.samples.T
    stems = {name: a.samples.T for name, a in short_song.stems.items()}
    state = MixState().with_strip("vocals", Strip(gain_db=MINUS_INFINITY)).with_strip("drums", Strip(-3.0, 0.5))
    done = export_mix(tmp_path / "mix.wav", song, stems, state, sample_rate=44100, subtype="FLOAT")
    wanted = render(song.T, [s.T for s in stems.values()], state, tuple(stems))
    assert np.array_equal(soundfile.read(done.paths["mix"], dtype="float32")[0].T, wanted)


def test_a_mix_over_full_scale_is_turned_down_not_clipped(short_song: Song, tmp_path: Path) -> None:
    song = short_song.mixture.samples.T
    loud = MixState(master_db=12.0)
    done = export_mix(tmp_path / "loud.flac", song, {}, loud, sample_rate=44100)
    assert done.peak_db > 0 and done.trim_db == pytest.approx(-done.peak_db)
    assert np.abs(soundfile.read(done.paths["mix"])[0]).max() == pytest.approx(1.0, abs=1e-5)


def test_nothing_is_overwritten_unasked_and_a_cancel_leaves_nothing(short_song: Song, tmp_path: Path) -> None:
    song, target = short_song.mixture.samples.T, tmp_path / "mix.wav"
    target.write_bytes(b"mine")
    with pytest.raises(OutputError, match="already there"):
        export_mix(target, song, {}, MixState(), sample_rate=44100)
    assert target.read_bytes() == b"mine"

    class Now:
        def is_set(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        export_mix(tmp_path / "new.wav", song, {}, MixState(), sample_rate=44100, report=Report(cancel=Now()))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mix.wav"]
