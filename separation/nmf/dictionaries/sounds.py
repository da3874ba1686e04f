"""What sounds a folder holds for a dictionary: each file with its instrument and, where its name tells, its note.

MUSDB's folders (vocals.wav, drums.wav, … per song) and sample libraries (kick/01.wav, piano/C4.wav) both work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from separation.audio.reading import probe
from separation.audio.source import SourceInfo
from separation.errors import InputError

ENDINGS = {
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".aifc", ".w64", ".rf64", ".au",
    ".caf", ".wma", ".mp4", ".mkv", ".webm",
}  # fmt: skip
WORDS = {  # label: names of it in file and folder names
    "vocals": "vocals vocal voice vox singer singing",
    "drums": "drums drum percussion kit drumkit",
    "bass": "bass bassline basses",
    "other": "other others accompaniment",
    "kick": "kick kicks bassdrum bd kickdrum",
    "snare": "snare snares sd snaredrum rim rimshot",
    "clap": "clap claps handclap",
    "hihat": "hihat hihats hat hats hh openhat closedhat",
    "toms": "toms tom",
    "cymbals": "cymbals cymbal crash ride",
    "piano": "piano pianos keys",
    "guitar": "guitar guitars gtr",
    "strings": "strings string violin violins viola cello",
    "brass": "brass trumpet trombone horn horns",
    "wind": "wind woodwind flute clarinet oboe sax saxophone",
    "organ": "organ organs hammond",
    "synth": "synth synths synthesizer synthesiser pad lead",
}
LABELS = {word: label for label, words in WORDS.items() for word in words.split()}
NOTE = re.compile(r"(?<![A-Za-z0-9])([A-Ga-g])([#♯b♭]?)(-?\d)(?![0-9A-Za-z])")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Sound:
    """A file of one instrument. pitch: MIDI note if all of it is one note, else -1."""

    path: Path
    label: str
    pitch: int = -1


def find_sounds(places: Iterable[Path], label: str = "") -> tuple[list[Sound], list[str]]:
    """The sounds in folders and files, sorted, and a sentence for each file that could not be used.

    label: of all of them, instead of what their names say. Files called “mixture” are left out.
    Raises InputError if there are none.
    """
    sounds: list[Sound] = []
    notices: list[str] = []
    for place in places:
        if not place.exists():
            raise InputError(f"There is no file or folder “{place}”: check the name.")
        files = sorted(p for p in place.rglob("*") if p.is_file() and not p.name.startswith(".")) if (
            place.is_dir()
        ) else [place]  # fmt: skip
        for path in files:
            if place.is_dir() and (path.suffix.lower() not in ENDINGS or _plain(path.stem) == "mixture"):
                continue
            try:
                _usable(path)
            except InputError as error:
                notices.append(str(error))
                continue
            root = place if place.is_dir() else place.parent
            sounds.append(Sound(path, label or label_of(path, root), pitch_of(path.stem)))
    if not sounds:
        raise InputError(notices[0] if notices else "There is no sound in these folders: name one that holds some.")
    return sounds, notices


def label_of(path: Path, root: Path) -> str:
    """The instrument that the file's name says, else its nearest folder's up to `root`, else that folder's own name."""
    folders = [folder.name for folder in path.parents if folder == root or root in folder.parents]
    for text in (path.stem, *folders):
        known = [LABELS[word] for word in _words(text) if word in LABELS]
        if known:
            return known[-1]  # “bass drum kick 3” is a kick, “electric guitar” a guitar
    for text in (folders[0] if len(folders) > 1 else "", path.stem, *folders):
        words = " ".join(w for w in _words(NOTE.sub(" ", text)))
        if words:
            return words[:64]
    return "other"


def pitch_of(name: str) -> int:
    """MIDI note of a name such as “piano C#4 soft” (C4 is 60); -1 if it names none or several."""
    notes = {12 * (int(octave) + 1) + STEPS[letter.upper()] + {"": 0, "b": -1, "♭": -1}.get(sign, 1)
             for letter, sign, octave in NOTE.findall(name)}  # fmt: skip
    return notes.pop() if len(notes) == 1 and min(notes) >= 0 and max(notes) <= 127 else -1


def _usable(path: Path) -> SourceInfo:
    return probe(path)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _words(text: str) -> list[str]:
    """Lower-case words without digits; “hi-hat” and “hiHat_02” are one word, and so is “bass drum”."""
    text = re.sub(r"(?i)hi[-_ ]?hat", " hihat ", re.sub(r"(?i)bass[-_ ]?drum", " bassdrum ", text))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
