"""Title, artist and the rest, and the cover picture: read from any file, written to those we write.

Names inside are lower case and the same for every format: title, artist, album, albumartist, date, genre, tracknumber,
discnumber, composer, comment, copyright, bpm, isrc. Trouble with tags never stops the sound: what cannot be read is
left out.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# name -> (ID3 frame, MP4 atom, ASF attribute); Vorbis comments use the name itself
NAMES: dict[str, tuple[str, str, str]] = {
    "title": ("TIT2", "\xa9nam", "Title"),
    "artist": ("TPE1", "\xa9ART", "Author"),
    "album": ("TALB", "\xa9alb", "WM/AlbumTitle"),
    "albumartist": ("TPE2", "aART", "WM/AlbumArtist"),
    "date": ("TDRC", "\xa9day", "WM/Year"),
    "genre": ("TCON", "\xa9gen", "WM/Genre"),
    "tracknumber": ("TRCK", "trkn", "WM/TrackNumber"),
    "discnumber": ("TPOS", "disk", "WM/PartOfSet"),
    "composer": ("TCOM", "\xa9wrt", "WM/Composer"),
    "comment": ("COMM", "\xa9cmt", "Description"),
    "copyright": ("TCOP", "cprt", "Copyright"),
    "bpm": ("TBPM", "tmpo", "WM/BeatsPerMinute"),
    "isrc": ("TSRC", "----:com.apple.iTunes:ISRC", "WM/ISRC"),
}
SYNONYMS = {"album_artist": "albumartist", "year": "date", "track": "tracknumber", "disc": "discnumber"}


@dataclass(frozen=True)
class Cover:
    """A picture as it lay in the file."""

    content: bytes
    mime: str


def read(path: str | os.PathLike[str]) -> tuple[dict[str, str], Cover | None]:
    """The tags and the front cover of a sound file; empty where there are none or they cannot be read."""
    import mutagen

    try:
        file = mutagen.File(path)
        return ({}, None) if file is None or file.tags is None else (_texts(file), _cover(file))
    except Exception:  # mutagen lets many kinds of error through from broken files; the sound may still be fine
        return {}, None


def labels(path: str | os.PathLike[str], known: Mapping[str, str]) -> tuple[dict[str, str], Cover | None]:
    """What files made from the song at `path` carry: its tags and cover, or `known` if it is no longer there.

    What is known wins over what the file says.
    """
    found, cover = read(path) if os.fspath(path) and os.path.isfile(path) else ({}, None)
    return {**found, **known}, cover


def write(path: str | os.PathLike[str], tags: Mapping[str, str], cover: Cover | None = None) -> None:
    """Put tags and cover into a file of ours (WAV, FLAC, MP3, OGG, Opus, M4A). Raises OSError if it cannot be saved."""
    import mutagen

    known = {name: text for name, text in tags.items() if name in NAMES and text}
    if not known and cover is None:
        return
    try:
        file = mutagen.File(path)
        if file is None:
            return
        if file.tags is None:
            file.add_tags()
        _put(file, known, cover)
        file.save()
    except mutagen.MutagenError as error:
        if isinstance(error.__cause__ or error.__context__, OSError):
            raise OSError(str(error)) from error


def plain(metadata: Mapping[str, str]) -> dict[str, str]:
    """Tags as another library names them, under our names; what we have no name for is left out."""
    named = ((SYNONYMS.get(key.lower(), key.lower()), str(value).strip()) for key, value in metadata.items())
    return {key: value for key, value in named if key in NAMES and value}


def _texts(file: Any) -> dict[str, str]:
    kind, result = _kind(file), {}
    for name, keys in NAMES.items():
        if kind == "vorbis":
            value: Any = next((file.tags[k] for k in (name, *_others(name)) if k in file.tags), None)
        elif kind == "id3":
            frames = file.tags.getall(keys[0])
            value = list(frames[0].text) if frames else None
        else:
            value = file.tags.get(keys[1] if kind == "mp4" else keys[2])
        text = _text(value)
        if text:
            result[name] = text
    return result


def _others(name: str) -> list[str]:
    return [other for other, ours in SYNONYMS.items() if ours == name]


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value:
        if isinstance(value[0], tuple):  # MP4: (number, of how many)
            return "/".join(str(n) for n in value[0] if n)
        return "; ".join(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in value).strip()
    return "" if value is None or value == [] else str(value).strip()


def _cover(file: Any) -> Cover | None:
    from mutagen.flac import Picture

    kind = _kind(file)
    if kind == "vorbis":
        pictures = list(getattr(file, "pictures", [])) or [
            Picture(base64.b64decode(text)) for text in file.tags.get("metadata_block_picture", [])
        ]
    elif kind == "id3":
        pictures = file.tags.getall("APIC")
    elif kind == "mp4":
        return next((Cover(bytes(c), _mime(bytes(c))) for c in file.tags.get("covr", [])), None)
    else:
        return None
    front = sorted(pictures, key=lambda picture: picture.type != 3)
    return Cover(front[0].data, front[0].mime) if front else None


def _put(file: Any, tags: Mapping[str, str], cover: Cover | None) -> None:
    from mutagen import id3, mp4
    from mutagen.flac import Picture

    kind = _kind(file)
    for name, text in tags.items():
        frame, atom, _ = NAMES[name]
        if kind == "vorbis":
            file.tags[name] = [text]
        elif kind == "id3":
            file.tags.setall(frame, [getattr(id3, frame)(encoding=3, text=[text])])
        elif atom in ("trkn", "disk"):
            numbers = [int(part) for part in text.split("/") if part.strip().isdigit()][:2]
            if numbers:
                file.tags[atom] = [(numbers[0], numbers[1] if len(numbers) > 1 else 0)]
        elif atom == "tmpo":
            if text.replace(".", "", 1).isdigit():
                file.tags[atom] = [round(float(text))]
        else:
            file.tags[atom] = [text.encode()] if atom.startswith("----") else [text]
    if cover is None:
        return
    if kind == "mp4":
        png = cover.mime == "image/png"
        file.tags["covr"] = [mp4.MP4Cover(cover.content, mp4.MP4Cover.FORMAT_PNG if png else mp4.MP4Cover.FORMAT_JPEG)]
    elif kind == "id3":
        file.tags.setall("APIC", [id3.APIC(encoding=3, mime=cover.mime, type=3, desc="", data=cover.content)])
    else:
        picture = Picture()
        picture.data, picture.mime, picture.type = cover.content, cover.mime, 3
        if hasattr(file, "add_picture"):
            file.clear_pictures()
            file.add_picture(picture)
        else:
            file.tags["metadata_block_picture"] = [base64.b64encode(picture.write()).decode("ascii")]


def _kind(file: Any) -> str:
    from mutagen.asf import ASF
    from mutagen.id3 import ID3
    from mutagen.mp4 import MP4

    if isinstance(file, ASF):
        return "asf"
    if isinstance(file, MP4):
        return "mp4"
    return "id3" if isinstance(file.tags, ID3) else "vorbis"


def _mime(content: bytes) -> str:
    return "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
