"""The kinds of sound files as people choose them. A test compares this with what the engine can write."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

BITS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}


@dataclass(frozen=True)
class FileKind:
    """id: as the engine calls it. depths: of its samples, for those that have a choice. meaning: one line."""

    id: str
    label: str
    ending: str
    meaning: str
    depths: tuple[str, ...] = ()

    @property
    def lossless(self) -> bool:
        return bool(self.depths)

    @property
    def of_stems(self) -> bool:
        """Whether one file holds the mix and its stems."""
        return self.id in ("stem", "dawproject")

    @property
    def words(self) -> str:
        """The meaning in the person's language."""
        return QCoreApplication.translate("formats", self.meaning)


KINDS: tuple[FileKind, ...] = (
    FileKind("wav", "WAV", ".wav", str(QT_TRANSLATE_NOOP("formats", "Any studio program")),
             ("PCM_16", "PCM_24", "FLOAT")),
    FileKind("flac", "FLAC", ".flac", str(QT_TRANSLATE_NOOP("formats", "Same sound, smaller")), ("PCM_16", "PCM_24")),
    FileKind("mp3", "MP3", ".mp3", str(QT_TRANSLATE_NOOP("formats", "Phones, sharing"))),
    FileKind("ogg", "Ogg Vorbis", ".ogg", str(QT_TRANSLATE_NOOP("formats", "Free, small, good"))),
    FileKind("opus", "Opus", ".opus", str(QT_TRANSLATE_NOOP("formats", "Smallest, very good"))),
    FileKind("m4a", "M4A (AAC)", ".m4a", str(QT_TRANSLATE_NOOP("formats", "Phones, Apple"))),
    FileKind("stem", "Stem file", ".stem.mp4", str(QT_TRANSLATE_NOOP("formats", "DJ programs, 4 stems")),
             ("AAC", "PCM_16", "PCM_24")),
    FileKind("dawproject", "DAWproject", ".dawproject", str(QT_TRANSLATE_NOOP("formats", "Bitwig, Cubase, …")),
             ("PCM_16", "PCM_24", "FLOAT")),
)  # fmt: skip


def depth_words(subtype: str) -> str:
    """ "24 bit", "32 bit float"; "AAC" is itself."""
    if subtype not in BITS:
        return subtype
    bits = QCoreApplication.translate("formats", "{0} bit").format(BITS[subtype])
    return bits if subtype != "FLOAT" else QCoreApplication.translate("formats", "{0} float").format(bits)


def keeps(subtype: str, source: str) -> bool:
    """Whether integers of a song of that subtype fit into `subtype` untouched: then the files can sum exactly."""
    needed = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "ULAW": 16, "ALAW": 16}.get(source)
    return needed is not None and subtype in ("PCM_16", "PCM_24") and BITS[subtype] >= needed
