"""DAWproject files, opened as a plain zip with a plain XML parser."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from separation.errors import Cancelled, OutputError
from separation.mix.daw_export import export_dawproject
from separation.mix.state import MINUS_INFINITY, MixState, Strip
from separation.progress import Report
from tests.songs import NAMES, Song

MIXED = MixState(
    (("vocals", Strip(gain_db=-6.0, pan=-0.5)), ("drums", Strip(mute=True)), ("bass", Strip(gain_db=MINUS_INFINITY))),
    master_db=-2.0,
)


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
    return mixture, {name: np.ascontiguousarray(song.stems[name].samples.T) for name in NAMES}


@pytest.mark.parametrize("span", [None, (1234, 50_001)])
def test_tracks_hold_the_stems_and_the_mixer(short_song: Song, tmp_path: Path, span: tuple[int, int] | None) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.dawproject"
    done = export_dawproject(
        path, mixture, stems, MIXED, rest="other", sample_rate=44100, subtype="PCM_16", span=span,
        tags={"title": "Söng & <b>", "artist": "Me\x01"},
    )  # fmt: skip
    assert done.exact and list(tmp_path.iterdir()) == [path]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        about = ElementTree.fromstring(archive.read("metadata.xml"))
        project = ElementTree.fromstring(archive.read("project.xml"))
        ids = [element.get("id") for element in project.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert {e.get(a) for e in project.iter() for a in ("track", "destination") if e.get(a)} <= set(ids)
        assert [part.tag for part in project] == ["Application", "Transport", "Structure", "Arrangement"]
        sounds = {}
        for lane in project.findall("Arrangement/Lanes/Lanes"):
            track = project.find(f"Structure/Track[@id='{lane.get('track')}']")
            clip, file = lane.find("Clips/Clip"), lane.find("Clips/Clip/Audio/File")
            assert track is not None and clip is not None and file is not None
            data, rate = soundfile.read(io.BytesIO(archive.read(file.get("path") or "")), dtype="int16")
            assert rate == 44100 and float(clip.get("duration") or 0) == pytest.approx(len(data) / rate)
            sounds[track.get("name")] = data.astype(int)
    assert list(sounds) == list(NAMES)
    wanted = np.rint(mixture[slice(*(span or (None,)))] * 2**15).astype(int)
    assert np.array_equal(sum(sounds.values()), wanted)
    assert about.findtext("Title") == "Söng & <b>" and about.findtext("Artist") == "Me"

    def value(track: str, parameter: str) -> str | None:
        found = project.find(f"Structure/Track[@name='{track}']/Channel/{parameter}")
        return None if found is None else found.get("value")

    assert float(value("vocals", "Volume") or 0) == pytest.approx(10 ** (-6 / 20))
    assert float(value("Master", "Volume") or 0) == pytest.approx(10 ** (-2 / 20))
    assert float(value("vocals", "Pan") or 0) == 0.25 and float(value("bass", "Volume") or 1) == 0
    assert (value("drums", "Mute"), value("vocals", "Mute")) == ("true", "false")
    colours = {track.get("name"): track.get("color") for track in project.findall("Structure/Track")}
    assert colours["drums"] == "#009E73" and colours["vocals"] == "#56B4E9"


def test_nothing_is_overwritten_and_cancelling_leaves_nothing(short_song: Song, tmp_path: Path) -> None:
    mixture, stems = arrays(short_song)
    path = tmp_path / "a.dawproject"

    def write(report: Report) -> None:
        export_dawproject(path, mixture, stems, MixState(), rest="other", sample_rate=44100, report=report)

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
    with pytest.raises(OutputError, match="no folder"):
        path = tmp_path / "none" / "a.dawproject"
        write(Report())
