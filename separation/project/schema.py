"""A project as plain JSON values and back: the versioned schema of `project.json`.

What comes from a file is not trusted: every value is checked for kind and bounds, and what is wrong is one sentence.
−∞ dB is null. Stems are told by name; the arrays they lie in are the store's business (`package`). Version 2 added
width, phase, pan law and snapshots: a file without them is heard as it always was.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from separation.errors import ProjectError
from separation.mix.state import MINUS_INFINITY, PAN_LAWS, MixState, Strip
from separation.project.project import SNAPSHOTS, Project, Separation, Source, Value, View

FORMAT, VERSION = "unbraid project", 2
LARGEST = 16 << 20  # bytes of project.json
LONGEST = 24 * 3600  # seconds of a song
MOST_STEMS, MOST_CHANNELS = 64, 64
T = TypeVar("T")


def to_raw(project: Project, *, song: str, made_by: str) -> dict[str, Any]:
    """JSON values of a project. song: where the song lies, relative to the project, with forward slashes."""
    source, last = project.source, project.separation
    if source is None:
        raise ProjectError("There is no song open, so there is nothing to save: open one first.")
    return {
        "format": FORMAT, "version": VERSION, "made_by": made_by,
        "source": {
            "path": song, "sha256": source.sha256, "sample_rate": source.sample_rate, "channels": source.channels,
            "frames": source.frames, "subtype": source.subtype, "title": source.title, "artist": source.artist,
        },
        "method": project.method, "parameters": dict(project.parameters),
        "separation": last and {
            "method": last.method, "parameters": dict(last.parameters), "stems": list(last.stems), "rest": last.rest,
            "device": last.device, "seconds": last.seconds, "residual_db": last.residual_db,
            "title": last.title,
        },
        "mix": mix_to_raw(project.mix),
        "snapshots": {letter: mix_to_raw(mix) for letter, mix in project.snapshots},
        "loop": list(project.loop) if project.loop else None,
        "view": {"start": project.view.start, "end": project.view.end, "low": project.view.low,
                 "high": project.view.high},
    }  # fmt: skip


def mix_to_raw(mix: MixState) -> dict[str, Any]:
    """JSON values of a mix."""
    return {
        "master_db": _level(mix.master_db), "pan_law": mix.pan_law,
        "strips": [
            {"stem": name, "gain_db": _level(s.gain_db), "pan": s.pan, "mute": s.mute, "solo": s.solo,
             "width": s.width, "invert": s.invert}
            for name, s in mix.strips
        ],
    }  # fmt: skip


def from_raw(raw: object) -> Project:
    """The project of JSON values; `source.path` is the relative path, `separation.arrays` are the stems' names.

    Raises ProjectError: not a project, made by a newer version, or a value of the wrong kind or out of bounds.
    """
    whole = _kind(raw, dict, "the file")
    if whole.get("format") != FORMAT:
        raise ProjectError("This is not an Unbraid project.")
    version = _kind(whole.get("version"), int, "version")
    if version > VERSION:
        raise ProjectError(f"This project was made by a newer version of Unbraid (format {version}): update Unbraid.")
    if version < 1:
        raise ProjectError(f"There is no project format {version}: the file is damaged.")
    source = _source(whole.get("source"))
    last = whole.get("separation")
    separation = None if last is None else _separation(last)
    loop = whole.get("loop")
    if loop is not None:
        pair = _kind(loop, list, "loop")
        if len(pair) != 2:
            raise ProjectError("The project is damaged: a loop has two ends.")
        start, end = (_number(value, "loop", 0, LONGEST) for value in pair)
        loop = (start, end) if start < end else None
    mix = mix_from_raw(whole.get("mix"))
    raw_kept = _kind(whole.get("snapshots", {}), dict, "snapshots")
    kept = tuple((letter, mix_from_raw(raw_kept[letter])) for letter in SNAPSHOTS if letter in raw_kept)
    if separation:
        mix = mix.only(separation.stems)
        kept = tuple((letter, one.only(separation.stems)) for letter, one in kept)
    view = _kind(whole.get("view", {}), dict, "view")
    low = _number(view.get("low", 32.0), "view.low", 1, 1e6)
    return Project(
        source=source,
        method=_text(whole.get("method"), "method"),
        parameters=_values(whole.get("parameters")),
        separation=separation,
        mix=mix,
        snapshots=kept,
        loop=loop,
        view=View(
            _number(view.get("start", 0.0), "view.start", 0, LONGEST),
            _number(view.get("end", 0.0), "view.end", 0, LONGEST),
            low,
            _number(view.get("high", 20000.0), "view.high", low, 1e6),
        ),
    )


def parse(text: bytes) -> object:
    """JSON values of the bytes of a project.json. Raises ProjectError; NaN and infinities are no JSON."""
    if len(text) > LARGEST:
        raise ProjectError("The project is damaged: its description is far too large.")

    def refuse(word: str) -> object:
        raise ValueError(word)

    try:
        return json.loads(text.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ProjectError("The project is damaged: its description cannot be read.") from None


def _source(raw: object) -> Source:
    values = _kind(raw, dict, "source")
    rate = int(_number(values.get("sample_rate"), "source.sample_rate", 1, 1_000_000))
    return Source(
        path=_text(values.get("path"), "source.path"),
        sha256=_text(values.get("sha256"), "source.sha256"),
        sample_rate=rate,
        channels=int(_number(values.get("channels"), "source.channels", 1, MOST_CHANNELS)),
        frames=int(_number(values.get("frames"), "source.frames", 1, LONGEST * rate)),
        subtype=_text(values.get("subtype", ""), "source.subtype"),
        title=_text(values.get("title", ""), "source.title"),
        artist=_text(values.get("artist", ""), "source.artist"),
    )


def _separation(raw: object) -> Separation:
    values = _kind(raw, dict, "separation")
    stems = tuple(_text(name, "separation.stems") for name in _kind(values.get("stems"), list, "separation.stems"))
    rest = _text(values.get("rest"), "separation.rest")
    if not 1 <= len(stems) <= MOST_STEMS or len(set(stems)) < len(stems) or rest not in stems:
        raise ProjectError("The project is damaged: its list of stems makes no sense.")
    return Separation(
        method=_text(values.get("method"), "separation.method"),
        parameters=_values(values.get("parameters")),
        stems=stems,
        rest=rest,
        arrays=stems,
        device=_text(values.get("device", ""), "separation.device"),
        seconds=_number(values.get("seconds", 0.0), "separation.seconds", 0, 1e9),
        residual_db=_number(values.get("residual_db", 0.0), "separation.residual_db", -1000, 1000),
        title=_text(values.get("title", ""), "separation.title"),
    )


def mix_from_raw(raw: object) -> MixState:
    """The mix of JSON values. Raises ProjectError."""
    values = _kind(raw, dict, "mix")
    strips: dict[str, Strip] = {}
    for item in _kind(values.get("strips"), list, "mix.strips")[:MOST_STEMS]:
        strip = _kind(item, dict, "mix.strips")
        strips[_text(strip.get("stem"), "mix.strips.stem")] = Strip(
            gain_db=_decibels(strip.get("gain_db"), "mix.strips.gain_db"),
            pan=_number(strip.get("pan", 0.0), "mix.strips.pan", -1, 1),
            mute=_kind(strip.get("mute", False), bool, "mix.strips.mute"),
            solo=_kind(strip.get("solo", False), bool, "mix.strips.solo"),
            width=_number(strip.get("width", 1.0), "mix.strips.width", 0, 2),
            invert=_kind(strip.get("invert", False), bool, "mix.strips.invert"),
        )
    law = _text(values.get("pan_law", PAN_LAWS[0]), "mix.pan_law")
    if law not in PAN_LAWS:
        raise ProjectError("The project is damaged: mix.pan_law is no pan law.")
    return MixState(tuple(strips.items()), _decibels(values.get("master_db"), "mix.master_db"), law)


def _values(raw: object) -> tuple[tuple[str, Value], ...]:
    found = []
    for name, value in _kind(raw, dict, "parameters").items():
        if not isinstance(value, (bool, int, float, str)) or (isinstance(value, str) and len(value) > 1000):
            raise ProjectError(f"The project is damaged: the parameter “{str(name)[:60]}” has no plain value.")
        found.append((name, value))
    return tuple(sorted(found))


def _kind(value: object, kind: type[T], where: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ProjectError(f"The project is damaged: {where} is not what it should be.")
    return value


def _text(value: object, where: str) -> str:
    text = _kind(value, str, where)
    if len(text) > 4096 or "\0" in text:
        raise ProjectError(f"The project is damaged: {where} is not what it should be.")
    return text


def _number(value: object, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ProjectError(f"The project is damaged: {where} is no number from {low:g} to {high:g}.")
    return float(value)


def _decibels(value: object, where: str) -> float:
    return MINUS_INFINITY if value is None else _number(value, where, -1000, 60)


def _level(db: float) -> float | None:
    return None if db == -math.inf else db
