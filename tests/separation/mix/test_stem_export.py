"""NI stem files, read by means of their own: FFmpeg's demuxer, and a little parser of boxes written here."""

from __future__ import annotations

import json
import struct
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from separation.audio import tags as tagging
from separation.audio.reading import load, probe
from separation.errors import Cancelled, OutputError
from separation.mix.render import render
from separation.mix.state import MixState, Strip
from separation.mix.stem_export import export_stem_file, tracks_of
from separation.progress import Report
from tests.songs import NAMES, Song

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)  # fmt: skip
MIXED = MixState((("vocals", Strip(gain_db=-6.0, pan=0.4)), ("drums", Strip(mute=True))), master_db=-2.0)


class After(threading.Event):
    """Is set once it has been asked `count` times."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count, self.asked = count, 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > self.count


def arrays(song: Song) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    mixture = np.ascontiguousarray(song.mixture.samples.T)
    noise = 1e-3 * np.random.default_rng(3).standard_normal(mixture.shape).astype(np.float32)
    stems = {name: np.ascontiguousarray(song.stems[name].samples.T) for name in NAMES}
    return mixture, stems | {"vocals": stems["vocals"] + noise, "other": stems["other"] - noise}


def found(data: bytes, *path: bytes) -> list[bytes]:
    """Contents of all boxes at a path."""
    result, at = [], 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        assert size >= 8
        if kind == path[0]:
            inside = data[at + 8 : at + size]
            result += found(inside, *path[1:]) if path[1:] else [inside]
        at += size
    assert at == len(data)  # the boxes fill what they lie in
    return result


def decoded(path: Path) -> list[np.ndarray]:
    """Each track as integers of 32 bits or floats (2, T)."""
    tracks = []
    with av.open(str(path)) as file:
        count = len(file.streams.audio)
    for k in range(count):
        with av.open(str(path)) as file:
            tracks.append(np.concatenate([f.to_ndarray() for f in file.decode(file.streams.audio[k])], axis=1))
    return tracks


@pytest.mark.parametrize(("subtype", "codec", "bits"), [("PCM_16", "alac", 16), ("PCM_24", "alac", 24)])
def test_lossless_stems_add_up_to_the_master_and_the_master_is_the_song(
    short_song: Song, tmp_path: Path, subtype: str, codec: str, bits: int
) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.stem.mp4"
    done = export_stem_file(path, mixture, stems, MixState(), rest="other", sample_rate=44100, subtype=subtype)
    assert done.exact and list(tmp_path.iterdir()) == [path]
    with av.open(str(path)) as file:
        assert [s.codec_context.name for s in file.streams] == [codec] * 5
        assert [(s.rate, s.channels) for s in file.streams.audio] == [(44100, 2)] * 5
    shift = 8 if bits == 24 else 0
    master, *parts = [track.astype(np.int64) >> shift for track in decoded(path)]
    assert np.array_equal(master, np.rint(mixture.T.astype(np.float64) * 2 ** (bits - 1)).astype(np.int64))
    assert np.array_equal(sum(parts), master)
    for part, name in zip(parts, ("drums", "bass", "other", "vocals"), strict=True):
        assert np.abs(part / 2 ** (bits - 1) - stems[name].T).max() < 4 * 2.0 ** (1 - bits)


def test_players_find_what_they_look_for(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    path, cover = tmp_path / "a.stem.mp4", tagging.Cover(PIXEL, "image/png")
    export_stem_file(
        path, mixture, stems, MixState(), rest="other", sample_rate=44100, tags={"title": "Söng", "bpm": "120"},
        cover=cover,
    )  # fmt: skip
    data = path.read_bytes()
    (told,) = found(data, b"moov", b"udta", b"stem")
    facts = json.loads(told)
    assert facts["version"] == 1 and not facts["mastering_dsp"]["limiter"]["enabled"]
    assert [stem["name"] for stem in facts["stems"]] == ["Drums", "Bass", "Other", "Vox"]
    assert [stem["color"] for stem in facts["stems"]] == ["#009E73", "#D55E00", "#CC79A7", "#56B4E9"]
    heads = found(data, b"moov", b"trak", b"tkhd")
    assert [head[3] & 1 for head in heads] == [1, 0, 0, 0, 0]
    groups = {head[34:36] if head[0] == 0 else head[46:48] for head in heads}
    assert groups == {b"\x00\x01"}  # alternates: a player of plain MP4 plays one of them
    assert [box[8:12] for box in found(data, b"moov", b"trak", b"mdia", b"hdlr")] == [b"soun"] * 5
    with av.open(str(path)) as file:
        assert [s.codec_context.name for s in file.streams.audio] == ["aac"] * 5
        assert [bool(s.disposition & av.stream.Disposition.default) for s in file.streams.audio] == [True] + [False] * 4
    info = probe(path)  # our own reader: the master, with tags and cover
    assert (info.title, info.tags["bpm"], info.frames) == ("Söng", "120", len(mixture))
    assert info.cover is not None and info.cover.content == PIXEL
    assert load(path).samples.shape == mixture.T.shape


def test_coded_stems_add_up_to_the_master_but_for_the_coding(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.stem.mp4"
    done = export_stem_file(path, mixture, stems, MixState(), rest="other", sample_rate=44100)
    assert -90 < done.residual_db < -8 and not done.exact
    assert {track.shape for track in decoded(path)} == {decoded(path)[0].shape}
    error = load(path).samples - mixture.T
    assert np.square(error).sum() < 0.1 * np.square(mixture).sum()


@pytest.mark.parametrize("span", [None, (1234, 50_001)])
def test_the_mixer_is_heard_in_the_stems_as_in_the_master(
    short_song: Song, tmp_path: Path, span: tuple[int, int] | None
) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.stem.mp4"
    done = export_stem_file(
        path, mixture, stems, MIXED, rest="other", sample_rate=44100, subtype="PCM_24", span=span
    )
    assert done.exact
    wanted = render(mixture.T, [s.T for s in stems.values()], MIXED, NAMES)[:, slice(*(span or (None,)))]
    master, drums, *_ = [track / 2.0**31 for track in decoded(path)]
    assert np.abs(master - wanted).max() <= 2**-24 * 1.01 and np.abs(drums).max() == 0


def test_over_full_scale_is_turned_down_as_a_whole(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.stem.mp4"
    loud = MixState(master_db=20.0)
    done = export_stem_file(path, mixture, stems, loud, rest="other", sample_rate=44100, subtype="PCM_16")
    assert done.exact and done.trim_db == pytest.approx(-done.peak_db) and done.trim_db < 0


def test_mono_songs_and_high_rates(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    one = {name: stem[:, :1] for name, stem in stems.items()}
    path = tmp_path / "a.stem.mp4"
    done = export_stem_file(path, mixture[:, :1], one, MixState(), rest="other", sample_rate=96000)
    with av.open(str(path)) as file:
        assert [(s.rate, s.channels) for s in file.streams.audio] == [(48000, 2)] * 5
    assert abs(probe(path).frames - len(mixture) / 2) <= 1 and not done.exact
    with pytest.raises(OutputError, match="stereo"):
        six = np.tile(mixture[:100], (1, 3))
        export_stem_file(tmp_path / "b.stem.mp4", six, {"a": six}, MixState(), rest="a", sample_rate=44100)


def test_more_or_fewer_stems_than_four() -> None:
    loudness = {"guitar": 1.0, "piano": 9.0, **dict.fromkeys("abcde", 2.0), "c": 5.0, "e": 0.1}
    six = ("vocals", "drums", "bass", "guitar", "piano", "other")
    assert tracks_of(six, loudness) == [
        ("Drums", ("drums",)), ("Bass", ("bass",)), ("Other", ("guitar", "piano", "other")), ("Vox", ("vocals",)),
    ]  # fmt: skip
    assert tracks_of(("a", "b", "c", "d", "e"), loudness) == [
        ("Other", ("d", "e")), ("C", ("c",)), ("A", ("a",)), ("B", ("b",)),
    ]  # fmt: skip
    assert tracks_of(("vocals", "accompaniment"), {}) == [
        ("Vox", ("vocals",)), ("Accompaniment", ("accompaniment",)), ("(silent)", ()), ("(silent)", ()),
    ]  # fmt: skip
    names = ("vocals", "guitar", "piano", "a", "b")
    assert [title for title, _ in tracks_of(names, loudness)] == ["Other", "Vox", "Piano", "A"]
    assert tracks_of(names, loudness)[0] == ("Other", ("guitar", "b"))


def test_five_stems_still_add_up(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    half = (stems["bass"] * np.float32(0.5)).astype(np.float32)
    five = {**stems, "bass": half, "guitar": stems["bass"] - half}
    path = tmp_path / "a.stem.mp4"
    done = export_stem_file(path, mixture, five, MixState(), rest="other", sample_rate=44100, subtype="PCM_16")
    assert done.exact


def test_nothing_is_overwritten_and_cancelling_leaves_nothing(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.stem.mp4"

    def write(report: Report, overwrite: bool = False) -> None:
        export_stem_file(
            path, mixture, stems, MixState(), rest="other", sample_rate=44100, report=report, overwrite=overwrite
        )

    count = After(10**9)
    write(Report(cancel=count))
    path.unlink()
    for share in (0.0, 0.3, 0.7, 0.9):
        with pytest.raises(Cancelled):
            write(Report(cancel=After(int(count.asked * share))))
        assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match="already there"):
        write(Report())
    assert path.read_bytes() == b"precious"
    write(Report(), overwrite=True)
    with pytest.raises(OutputError, match="another folder"):
        path = tmp_path / "none" / "a.stem.mp4"
        write(Report())
