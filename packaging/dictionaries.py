"""Makes the dictionaries in resources/dictionaries, from rendered notes and hits and from CC0 recordings.

    python packaging/dictionaries.py [NAME...] [--soundfont FluidR3_GM.sf2] [--recordings ../shared/training]

Notes and hits are played by FluidSynth with the sound font FluidR3_GM (MIT licence; on Debian: apt install fluidsynth
fluid-soundfont-gm), reverb and chorus off. The voice is learnt from the vocal stems of the album “Everything is Free”
by Software-Entwicklungskit (CC0 1.0). The result depends on nothing but these, the seed and the versions installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from separation.nmf.dictionaries.dictionary import Dictionary, Origin, Transform, pruned  # noqa: E402
from separation.nmf.dictionaries.file import save  # noqa: E402
from separation.nmf.dictionaries.sounds import Sound  # noqa: E402
from separation.nmf.dictionaries.training import train  # noqa: E402

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
TICKS, BEAT = 480, 500000  # ticks per beat; microseconds per beat: 960 ticks are one second
KITS = (0, 8, 16, 24, 25, 32, 40)  # standard, room, power, electronic, TR-808, jazz, brush
DRUMS = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "hihat": (42, 44, 46), "toms": (41, 43, 45, 47, 48, 50),
    "cymbals": (49, 51, 52, 53, 55, 57, 59),
}  # fmt: skip
USUAL = {"kick": 0.3, "snare": 0.3, "hihat": 0.38, "toms": 0.01, "cymbals": 0.01}  # shares of a drum part
MELODIC = {  # name: label, General MIDI programs from 0, lowest and highest note, atoms per note
    "bass": ("bass", (32, 33, 34, 35, 36, 38, 39), 28, 55, 3),
    "piano": ("piano", (0, 1, 2, 4, 5), 33, 96, 1),
    "guitar": ("guitar", (24, 25, 26, 27, 29, 30), 40, 84, 2),
    "strings": ("strings", (40, 41, 42, 48, 49, 50), 36, 93, 1),
    "other": ("other", (0, 4, 16, 18, 25, 27, 30, 48, 50, 56, 61, 65, 80, 81, 89, 90), 40, 84, 2),
}
FULL, HALF, DRUM = Transform(44100, 4096, 1024), Transform(22050, 2048, 512), Transform(44100, 2048, 512)


@dataclass(frozen=True)
class Note:
    """One note: channel from 0 (9 is drums), program, key, velocity, length in seconds, pitch bend in semitones ≤ 2."""

    channel: int
    program: int
    key: int
    velocity: int
    seconds: float
    bend: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="which ones (default: all)")
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT)
    parser.add_argument("--recordings", type=Path, default=ROOT.parent / "shared" / "training")
    parser.add_argument("--output", type=Path, default=ROOT / "resources" / "dictionaries")
    options = parser.parse_args()
    for name in options.names or ["drums", *MELODIC, "voice"]:
        with tempfile.TemporaryDirectory() as folder:
            made = _make(name, Path(folder), options)
        path = options.output / f"{name}.safetensors"
        save(path, made)
        print(f"{path}: {len(made.labels)} atoms of {', '.join(made.groups)}, {path.stat().st_size / 1000:.0f} kB")


def _make(name: str, folder: Path, options: argparse.Namespace) -> Dictionary:
    rendered = Origin(name, "MIT (FluidR3_GM, Frank Wen and others)", f"Rendered by FluidSynth from "
                      f"{options.soundfont.name}; learnt by packaging/dictionaries.py {name}.")  # fmt: skip
    if name == "drums":
        sounds = [Sound(_rendered(folder / f"{label}.wav", _hits(keys), options.soundfont), label)
                  for label, keys in DRUMS.items()]  # fmt: skip
        return _as_often(pruned(train(sounds, transform=DRUM, atoms=20, origin=rendered), 96), USUAL)
    if name == "voice":
        sounds = [Sound(path, "vocals") for path in sorted(options.recordings.glob("*/vocals.ogg"))]
        cc0 = Origin(name, "CC0 1.0", "Vocal stems of the album “Everything is Free” by Software-Entwicklungskit "
                     "(ichbinsoftware/everythingisfree); learnt by packaging/dictionaries.py voice.")  # fmt: skip
        return pruned(train(sounds, transform=FULL, atoms=46, origin=cc0), 46)
    label, programs, low, high, atoms = MELODIC[name]
    keys = range(low, high + 1)
    sounds = [Sound(_rendered(folder / f"{key}.wav", _melodic(programs, key), options.soundfont), label, key)
              for key in keys]  # fmt: skip
    return train(sounds, transform=HALF, atoms=atoms * len(keys), origin=rendered)


def _as_often(dictionary: Dictionary, usual: dict[str, float]) -> Dictionary:
    """With each label's energy as it usually is, not as much as was rendered: what is rare is believed less easily."""
    energy = dictionary.energy.copy()
    for label, share in usual.items():
        own = np.array([name == label for name in dictionary.labels])
        energy[own] *= share / energy[own].sum()
    return replace(dictionary, energy=energy)


def _hits(keys: Iterable[int]) -> Iterator[Note]:
    for kit in KITS:
        for key in keys:
            for velocity, bend in ((50, 0.0), (110, 0.0), (90, -2.0), (90, 2.0)):
                yield Note(9, kit, key, velocity, 1.0, bend)


def _melodic(programs: Iterable[int], key: int) -> Iterator[Note]:
    for program in programs:
        for velocity in (60, 110):
            yield Note(0, program, key, velocity, 0.8)


def _rendered(path: Path, notes: Iterable[Note], soundfont: Path) -> Path:
    """Play notes one after the other into a WAV file."""
    song = path.with_suffix(".mid")
    song.write_bytes(_midi(notes))
    subprocess.run(
        ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", "44100", "-F", path, soundfont, song],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def _midi(notes: Iterable[Note]) -> bytes:
    """A standard MIDI file of one track: each note sounds for three quarters of its time."""
    track, rest = bytearray(b"\0\xff\x51\x03" + BEAT.to_bytes(3, "big")), 0
    for note in notes:
        length = round(note.seconds * TICKS * 1e6 / BEAT)
        on = length * 3 // 4
        track += _varying(rest) + bytes([0xC0 | note.channel, note.program])
        bend = min(round(8192 * (1 + note.bend / 2)), 16383)
        track += b"\0" + bytes([0xE0 | note.channel, bend & 0x7F, bend >> 7])
        track += b"\0" + bytes([0x90 | note.channel, note.key, note.velocity])
        track += _varying(on) + bytes([0x80 | note.channel, note.key, 0])
        rest = length - on
    track += _varying(rest) + b"\xff\x2f\0"
    return (
        b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1]) + TICKS.to_bytes(2, "big")
        + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)
    )  # fmt: skip


def _varying(value: int) -> bytes:
    """A MIDI number of variable length."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | (value & 0x7F))
    return bytes(reversed(parts))


if __name__ == "__main__":
    main()
