"""The stems as tracks of a `.dawproject` file, which Bitwig Studio, Studio One and Cubase open.

It is a zip of `metadata.xml`, `project.xml` and one WAV per stem (the open exchange format of Bitwig and PreSonus,
version 1.0). The stems are as they were separated, so with all faders at rest the tracks add up to the song; faders,
pans, mutes, solos, the master's level, names and colours stand in the project. Width and phase have no place in it.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import numpy as np

import separation
from separation.audio.tags import Cover
from separation.errors import OutputError
from separation.mix.export import Export, export_stems, part_of
from separation.mix.state import MixState, gain
from separation.mix.stem_export import COLOURS, ORDER
from separation.progress import SILENT, Report
from separation.unfinished import beside

ENDING = ".dawproject"
LOUDEST = 4.0  # +12 dB
COPY = 1 << 20
METADATA = {
    "title": "Title", "artist": "Artist", "album": "Album", "composer": "Composer", "date": "Year", "genre": "Genre",
    "copyright": "Copyright", "comment": "Comment",
}  # fmt: skip


def export_dawproject(
    path: str | os.PathLike[str],
    mixture: np.ndarray,
    stems: Mapping[str, np.ndarray],
    state: MixState,
    *,
    rest: str,
    sample_rate: int,
    subtype: str | None = None,
    tags: Mapping[str, str] | None = None,
    cover: Cover | None = None,
    span: tuple[int, int] | None = None,
    overwrite: bool = False,
    report: Report = SILENT,
) -> Export:
    """Write the project with its stems, whole or not at all. mixture, stems: (T, C) float32.

    `residual_db` is what the stems, read back, lack of the song. Raises OutputError.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OutputError(f"“{target}” is already there: choose another name, or allow overwriting.")
    if not target.parent.is_dir():
        raise OutputError(f"There is no folder “{target.parent}”: make it, or choose another.")
    if not stems:
        raise OutputError("There are no stems for a project: separate the song first.")
    start, stop = part_of(len(mixture), span)
    writing, packing = report.split(5, 1)
    stage, part = beside(target.parent), beside(target.parent, ENDING)
    try:
        # files are called by number: a stem may be called anything
        numbered = {f"{k + 1:02d}": array for k, array in enumerate(stems.values())}
        done = export_stems(
            stage, mixture, numbered, rest=f"{list(stems).index(rest) + 1:02d}", sample_rate=sample_rate, format="wav",
            subtype=subtype, tags=tags, cover=cover, span=span, report=writing,
        )  # fmt: skip
        files = {name: f"audio/{file.name}" for name, file in zip(stems, done.paths.values(), strict=True)}
        project = describe(files, state, mixture.shape[1], sample_rate, (stop - start) / sample_rate)
        whole, packed = sum(file.stat().st_size for file in done.paths.values()), 0
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            archive.writestr("metadata.xml", _text(_metadata(tags or {})))
            archive.writestr("project.xml", _text(project))
            for inside, file in zip(files.values(), done.paths.values(), strict=True):
                with file.open("rb") as source, archive.open(inside, "w", force_zip64=True) as member:
                    while data := source.read(COPY):
                        member.write(data)
                        packed += len(data)
                        packing(packed, max(whole, 1), f"Write {target.name}")
        os.replace(part, target)
    except OSError as error:
        raise OutputError(
            f"“{target.name}” cannot be written in “{target.parent}” ({error.strerror or error}): free some space, or "
            "choose another folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
    return replace(done, paths={"mix": target})


def describe(
    files: Mapping[str, str], state: MixState, channels: int, sample_rate: int, seconds: float
) -> xml.Element:
    """project.xml: a track for each stem. files: where its sound lies in the zip."""
    project = xml.Element("Project", version="1.0")
    xml.SubElement(project, "Application", name="Unbraid", version=separation.__version__)
    transport = xml.SubElement(project, "Transport")
    xml.SubElement(transport, "Tempo", id="tempo", name="Tempo", unit="bpm", min="20", max="666", value="120")
    xml.SubElement(transport, "TimeSignature", id="time", numerator="4", denominator="4")
    structure = xml.SubElement(project, "Structure")
    arrangement = xml.SubElement(project, "Arrangement", id="arrangement")
    lanes = xml.SubElement(arrangement, "Lanes", id="lanes", timeUnit="seconds")
    length = f"{seconds:.9f}"
    for k, (name, file) in enumerate(files.items()):
        strip = state.strip(name)
        track = xml.SubElement(
            structure, "Track", id=f"track{k}", name=_clean(name), contentType="audio", loaded="true",
            color=_colour(name, k),
        )  # fmt: skip
        _channel(track, f"{k}", channels, "regular", strip.gain_db, strip.pan, strip.mute, strip.solo)
        lane = xml.SubElement(lanes, "Lanes", id=f"lane{k}", track=f"track{k}")
        clips = xml.SubElement(lane, "Clips", id=f"clips{k}")
        clip = xml.SubElement(
            clips, "Clip", time="0.0", duration=length, playStart="0.0", contentTimeUnit="seconds", name=_clean(name)
        )
        audio = xml.SubElement(
            clip, "Audio", id=f"audio{k}", channels=f"{channels}", duration=length, sampleRate=f"{sample_rate}"
        )
        xml.SubElement(audio, "File", path=file)
    master = xml.SubElement(
        structure, "Track", id="master", name="Master", contentType="audio", loaded="true", color="#B8BDC6"
    )
    _channel(master, "master", channels, "master", state.master_db, 0.0, False, False)
    return project


def _channel(
    track: xml.Element, number: str, channels: int, role: str, level: float, pan: float, mute: bool, solo: bool
) -> None:
    channel = xml.SubElement(
        track, "Channel", id=f"channel-{number}", role=role, audioChannels=f"{channels}", solo=_word(solo)
    )
    if role != "master":
        channel.set("destination", "channel-master")
    xml.SubElement(channel, "Mute", id=f"mute-{number}", name="Mute", value=_word(mute))
    xml.SubElement(
        channel, "Pan", id=f"pan-{number}", name="Pan", unit="normalized", min="0.0", max="1.0",
        value=f"{(pan + 1) / 2:.6f}",
    )  # fmt: skip
    xml.SubElement(
        channel, "Volume", id=f"volume-{number}", name="Volume", unit="linear", min="0.0", max=f"{LOUDEST}",
        value=f"{gain(level):.9f}",
    )  # fmt: skip


def _metadata(tags: Mapping[str, str]) -> xml.Element:
    told = xml.Element("MetaData")
    for name, element in METADATA.items():
        if tags.get(name):
            xml.SubElement(told, element).text = _clean(tags[name])
    return told


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000))


def _text(element: xml.Element) -> bytes:
    xml.indent(element)
    return xml.tostring(element, encoding="utf-8", xml_declaration=True)


def _word(on: bool) -> str:
    return "true" if on else "false"


def _colour(name: str, number: int) -> str:
    return COLOURS[ORDER.index(name)] if name in ORDER else COLOURS[number % len(COLOURS)]
