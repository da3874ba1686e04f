from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from separation.audio.reading import load, probe
from separation.audio.signal import Audio
from separation.audio.tags import Cover, labels, write
from separation.audio.writing import save
from separation.errors import Cancelled, OutputError
from separation.mix.export import export_mix, export_stems
from separation.mix.render import render
from separation.mix.state import MixState, Strip
from separation.progress import Report
from tests.songs import NAMES, Song

MUTED = MixState((("vocals", Strip(mute=True)), ("drums", Strip(gain_db=-7.3, pan=0.2))))


def arrays(song: Song) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """As the studio keeps them: (T, C), and the stems off the 16-bit grid, summing to the song."""
    mixture = np.ascontiguousarray(song.mixture.samples.T)
    noise = 1e-3 * np.random.default_rng(3).standard_normal(mixture.shape).astype(np.float32)
    stems = {name: np.ascontiguousarray(song.stems[name].samples.T) for name in NAMES}
    stems["vocals"] = stems["vocals"] + noise
    stems["other"] = stems["other"] - noise
    return mixture, stems


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_stems_add_up_to_the_song_in_integers(
    short_song: Song, tmp_path: Path, format: str, subtype: str, bits: int
) -> None:
    mixture, stems = arrays(short_song)
    done = export_stems(
        tmp_path / "new", mixture, stems, rest="other", sample_rate=44100, format=format, subtype=subtype
    )
    assert list(done.paths) == list(NAMES)
    assert done.exact
    total = sum(np.rint(load(done.paths[n]).samples.astype(np.float64) * 2 ** (bits - 1)).astype(int) for n in NAMES)
    assert np.array_equal(total, np.rint(mixture.T.astype(np.float64) * 2 ** (bits - 1)).astype(int))


@pytest.mark.parametrize("span", [(0, 1), (12_345, 70_001), (65_536, 80_000)])
def test_stems_of_a_part_add_up_to_that_part_in_integers(
    short_song: Song, tmp_path: Path, span: tuple[int, int]
) -> None:
    mixture, stems = arrays(short_song)
    done = export_stems(tmp_path, mixture, stems, rest="other", sample_rate=44100, subtype="PCM_16", span=span)
    assert done.exact
    total = sum(np.rint(load(done.paths[n]).samples * 2**15).astype(int) for n in NAMES)
    assert np.array_equal(total, np.rint(mixture[span[0] : span[1]].T * 2**15).astype(int))
    # the same samples as in an export of the whole
    whole = export_stems(tmp_path / "all", mixture, stems, rest="other", sample_rate=44100, subtype="PCM_16")
    for name in NAMES:
        assert np.array_equal(
            load(done.paths[name]).samples, load(whole.paths[name]).samples[:, span[0] : span[1]]
        )


@pytest.mark.parametrize("span", [(5, 5), (9, 3), (-1, 10), (0, 10**9)])
def test_a_part_that_is_none_is_refused(short_song: Song, tmp_path: Path, span: tuple[int, int]) -> None:
    mixture, stems = arrays(short_song)
    with pytest.raises(OutputError, match="another part"):
        export_stems(tmp_path / "s", mixture, stems, rest="other", sample_rate=44100, span=span)
    with pytest.raises(OutputError, match="another part"):
        export_mix(tmp_path / "m.wav", mixture, stems, MUTED, sample_rate=44100, span=span)
    assert not list(tmp_path.rglob("*.*"))


def test_float_stems_are_kept_as_they_are(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    done = export_stems(
        tmp_path, mixture, stems, rest="other", sample_rate=44100, format="wav", subtype="FLOAT", prefix="song - "
    )
    assert done.paths["bass"].name == "song - bass.wav"
    assert np.array_equal(load(done.paths["vocals"]).samples, stems["vocals"].T)
    assert done.residual_db < -120


def test_some_stems_are_compared_with_themselves(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    done = export_stems(tmp_path, mixture, stems, rest="other", sample_rate=44100, names=("vocals",))
    assert [p.name for p in tmp_path.iterdir()] == ["vocals.flac"]
    assert done.residual_db < -100


def test_an_untouched_mix_in_the_songs_own_bits_is_the_song(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    done = export_mix(tmp_path / "mix.flac", mixture, stems, MixState(), sample_rate=44100, subtype="PCM_16")
    assert done.exact
    assert done.trim_db == 0.0
    assert np.array_equal(load(done.paths["mix"]).samples, mixture.T)


def test_the_exported_mix_is_the_rendered_one(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    done = export_mix(
        tmp_path / "mix.wav", mixture, stems, MUTED, sample_rate=44100, subtype="FLOAT", span=(1000, 80_001)
    )
    wanted = render(mixture.T, [s.T for s in stems.values()], MUTED, NAMES)
    assert np.array_equal(load(done.paths["mix"]).samples, wanted[:, 1000:80_001])
    assert done.exact
    assert done.peak_db == pytest.approx(20 * np.log10(np.abs(wanted[:, 1000:80_001]).max()))


def test_over_full_scale_is_turned_down_and_said(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    loud = MixState(MUTED.strips, master_db=12.0)
    wanted = render(mixture.T, [s.T for s in stems.values()], loud, NAMES)
    assert np.abs(wanted).max() > 1.0
    done = export_mix(tmp_path / "mix.flac", mixture, stems, loud, sample_rate=44100)
    assert done.peak_db > 0
    assert done.trim_db == pytest.approx(-done.peak_db)
    assert np.allclose(load(done.paths["mix"]).samples, wanted / np.abs(wanted).max(), atol=2**-22)
    kept = export_mix(tmp_path / "float.wav", mixture, stems, loud, sample_rate=44100, subtype="FLOAT")
    assert kept.trim_db == 0.0
    assert np.array_equal(load(kept.paths["mix"]).samples, wanted)
    clipped = export_mix(tmp_path / "clip.flac", mixture, stems, loud, sample_rate=44100, over="clip")
    assert (clipped.trim_db, clipped.peak_db) == (0.0, done.peak_db)
    assert clipped.residual_db > done.residual_db


@pytest.mark.parametrize("format", ["mp3", "ogg", "opus", "m4a"])
def test_lossy_formats_report_what_they_lost(short_song: Song, tmp_path: Path, format: str) -> None:
    mixture, stems = arrays(short_song)
    done = export_mix(tmp_path / f"mix.{format}", mixture, stems, MUTED, sample_rate=44100)
    assert not done.exact
    assert -90 < done.residual_db < -8  # noise bursts are hard to code; a shift by a few samples would read over 0


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "ogg", "opus", "m4a"])
def test_tags_and_cover_of_the_song_are_copied(short_song: Song, tmp_path: Path, format: str) -> None:
    mixture, stems = arrays(short_song)
    tags = {"title": "Söng", "artist": "Ä & B", "album": "C", "date": "1971", "tracknumber": "3/9", "genre": "Folk"}
    cover = Cover(b"\x89PNG\r\n\x1a\n" + bytes(5000), "image/png")
    song = tmp_path / "song.flac"
    save(song, Audio(mixture.T, 44100))
    write(song, tags, cover)
    copied, picture = labels(song, {"title": "Known"})
    mix = export_mix(
        tmp_path / f"mix.{format}", mixture, stems, MUTED, sample_rate=44100, tags=copied, cover=picture
    ).paths["mix"]
    done = export_stems(
        tmp_path / "out", mixture, stems, rest="other", sample_rate=44100, format=format, tags=copied, cover=picture,
        names=("bass",),
    )  # fmt: skip
    for path, title in ((mix, "Known"), (done.paths["bass"], "Known (bass)")):
        info = probe(path)
        assert {name: info.tags.get(name) for name in tags} == {**tags, "title": title}
        assert info.cover == cover
    assert labels(tmp_path / "gone.flac", {"title": "Known"}) == ({"title": "Known"}, None)


def test_nothing_is_overwritten_unless_told(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    (tmp_path / "bass.flac").write_bytes(b"precious")
    with pytest.raises(OutputError, match="already there"):
        export_stems(tmp_path, mixture, stems, rest="other", sample_rate=44100)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"precious"]
    export_stems(tmp_path, mixture, stems, rest="other", sample_rate=44100, overwrite=True)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_cancelling_leaves_nothing(short_song: Song, tmp_path: Path, share: float) -> None:
    mixture, stems = arrays(short_song)
    stop = threading.Event()

    def listen(done: float, total: float, message: str) -> None:
        if done / total > share:
            stop.set()

    for export in (
        lambda: export_stems(tmp_path, mixture, stems, rest="other", sample_rate=44100, report=Report(listen, stop)),
        lambda: export_mix(tmp_path / "m.wav", mixture, stems, MUTED, sample_rate=44100, report=Report(listen, stop)),
    ):
        stop.clear()
        try:
            export()
        except Cancelled:
            assert list(tmp_path.iterdir()) == []
        else:  # the stop came after the last moment it could
            assert share > 0.9


def test_progress_reaches_the_end(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    shares: list[float] = []
    report = Report(lambda done, total, _: shares.append(done / total))
    export_mix(tmp_path / "m.wav", mixture, stems, MUTED, sample_rate=44100, report=report)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_sixteen_bits_are_dithered_only_where_the_mix_needs_it_and_always_alike(
    short_song: Song, tmp_path: Path
) -> None:
    mixture, stems = arrays(short_song)
    quiet = MixState(MUTED.strips, master_db=-60.0)
    wanted = render(mixture.T, [s.T for s in stems.values()], quiet, NAMES).astype(np.float64)
    files = [
        export_mix(tmp_path / f"{k}.flac", mixture, stems, quiet, sample_rate=44100, subtype="PCM_16").paths["mix"]
        for k in "ab"
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    error = (load(files[0]).samples - wanted) * 2**15
    assert error.var() == pytest.approx(0.25, abs=0.01)  # 1/12 without the noise
    fine = export_mix(tmp_path / "c.flac", mixture, stems, quiet, sample_rate=44100, subtype="PCM_24")
    assert np.abs(load(fine.paths["mix"]).samples - wanted).max() <= 2**-24 * 1.001
    whole = {name: np.ascontiguousarray(short_song.stems[name].samples.T) for name in NAMES}
    if all(np.array_equal(s * 2**15, np.rint(s * 2**15)) for s in whole.values()):
        muted = MixState((("vocals", Strip(mute=True)),))
        exact = export_mix(tmp_path / "d.flac", mixture, whole, muted, sample_rate=44100, subtype="PCM_16")
        assert exact.exact
