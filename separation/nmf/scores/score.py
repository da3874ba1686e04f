"""Notes from a Standard MIDI File: who plays what from when to when, in seconds.

Instruments are told apart by track and by General MIDI program; they are called by their track's name, else by the
family of the program. A held pedal lets notes sound on. Channel 10 is drums, whose notes are no pitches.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from separation.errors import InputError

LARGEST = 8 << 20  # bytes
MOST_NOTES, MOST_INSTRUMENTS = 200_000, 15
LONGEST = 6 * 3600.0  # seconds
DRUMS, DRUM_CHANNEL = "drums", 9
REST = "rest"
FAMILIES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """pitch: MIDI number (of a drum, which one). onset, end: seconds. velocity: 1 to 127. instrument: its place."""

    instrument: int
    pitch: int
    onset: float
    end: float
    velocity: int = 64


@dataclass(frozen=True)
class Score:
    """Notes in order of onset, and the names of the instruments; drums: the places of those that have no pitch."""

    instruments: tuple[str, ...]
    notes: tuple[Note, ...]
    drums: frozenset[int] = frozenset()

    @property
    def duration(self) -> float:
        return max((note.end for note in self.notes), default=0.0)

    def moved(self, when: Callable[[float], float]) -> Score:
        """The same notes at other times: `when` gives the new second of each old one, never going back."""
        notes = (replace(n, onset=when(n.onset), end=max(when(n.end), when(n.onset) + 0.02)) for n in self.notes)
        return replace(self, notes=tuple(notes))


def read(path: str | os.PathLike[str]) -> Score:
    """The score in a MIDI file. Raises InputError, in a sentence, for what is not one or holds no notes."""
    import mido

    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"“{path.name}” is too large for a MIDI file: give a score of at most 8 MB.")
        file = mido.MidiFile(path, clip=True)
    except InputError:
        raise
    except OSError as error:
        why = error.strerror or "it is no MIDI file"
        raise InputError(f"The score “{path}” cannot be read ({why}): give a MIDI file (.mid).") from None
    except Exception as error:  # a damaged file ends in any of a dozen kinds of error
        raise InputError(f"“{path.name}” is damaged or no MIDI file: give another one.") from error
    if file.type == 2:
        raise InputError(f"“{path.name}” holds several songs (MIDI format 2): save the one you mean as format 1.")
    if not file.ticks_per_beat:
        raise InputError(f"“{path.name}” is damaged: it does not say how long a beat is.")
    seconds = _clock(file)
    found: dict[tuple[int, int, int], list[Note]] = {}
    names: dict[int, str] = {}
    count = 0
    for index, track in enumerate(file.tracks):
        names[index] = _plain(str(track.name or ""))
        for channel, program, note in _notes(track, seconds):
            count += 1
            if count > MOST_NOTES or note.end > LONGEST:
                raise InputError(f"“{path.name}” is longer than any song: give a score of at most six hours.")
            found.setdefault((index, channel, -1 if channel == DRUM_CHANNEL else program), []).append(note)
    if not found:
        raise InputError(f"“{path.name}” holds no notes: give a score with the notes of this song.")
    return _scored(found, names)


def _plain(name: str) -> str:
    """A name that may be that of a file: letters, digits and a few signs, 40 at most."""
    kept = "".join(c if c.isalnum() or c in " -_'()" else " " for c in name)
    return " ".join(kept.split())[:40].strip()


def _scored(found: dict[tuple[int, int, int], list[Note]], names: dict[int, str]) -> Score:
    tracks = [index for index, _, _ in found]

    def name(index: int, channel: int, program: int) -> str:
        if channel == DRUM_CHANNEL:
            return DRUMS
        own = names[index]
        shared = tracks.count(index) > 1  # one track for everybody, as in format 0: its name is the song's
        return own if own and not shared and own.lower() not in (REST, DRUMS) else FAMILIES[program // 8]

    grouped: dict[str, list[Note]] = {}
    spelt: dict[str, str] = {}  # “Flute” and “flute” are one, as they are to some file systems
    for (index, channel, program), notes in found.items():
        called = name(index, channel, program)
        grouped.setdefault(spelt.setdefault(called.casefold(), called), []).extend(notes)
    if len(grouped) > MOST_INSTRUMENTS:  # an orchestra: by families
        grouped = {}
        for (_, channel, program), notes in found.items():
            grouped.setdefault(DRUMS if channel == DRUM_CHANNEL else FAMILIES[program // 8], []).extend(notes)
    instruments = tuple(grouped)
    notes = [replace(note, instrument=j) for j, called in enumerate(instruments) for note in grouped[called]]
    drums = frozenset(j for j, called in enumerate(instruments) if called == DRUMS)
    return Score(instruments, tuple(sorted(notes, key=lambda n: (n.onset, n.instrument, n.pitch))), drums)


def _clock(file: Any) -> Callable[[int], float]:
    """Seconds of a tick, from all tempo changes of the file."""
    per_beat = file.ticks_per_beat
    if per_beat < 0:  # SMPTE: frames per second and ticks per frame, in two bytes
        rate = (256 - (per_beat >> 8 & 0xFF)) * max(per_beat & 0xFF, 1)
        return lambda tick: tick / rate
    changes = {0: 500_000}
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "set_tempo":
                changes[now] = message.tempo
    ticks = sorted(changes)
    starts = [0.0]
    for before, after in pairwise(ticks):
        starts.append(starts[-1] + (after - before) * changes[before] * 1e-6 / per_beat)

    def seconds(tick: int) -> float:
        k = bisect_right(ticks, tick) - 1
        return starts[k] + (tick - ticks[k]) * changes[ticks[k]] * 1e-6 / per_beat

    return seconds


def _notes(track: Any, seconds: Callable[[int], float]) -> Iterator[tuple[int, int, Note]]:
    """Channel, program and note of each note of a track, when it ends."""
    now = 0
    programs, pedal = [0] * 16, [False] * 16
    sounding: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    held: list[set[int]] = [set() for _ in range(16)]

    def end(channel: int, pitch: int) -> Iterator[tuple[int, int, Note]]:
        for onset, velocity, program in sounding.pop((channel, pitch), []):
            if seconds(now) > onset:
                yield channel, program, Note(0, pitch, onset, seconds(now), velocity)

    for message in track:
        now += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "note_on" and message.velocity > 0:
            yield from end(message.channel, message.note)
            held[message.channel].discard(message.note)
            start = (seconds(now), message.velocity, programs[message.channel])
            sounding.setdefault((message.channel, message.note), []).append(start)
        elif message.type in ("note_on", "note_off"):
            if pedal[message.channel]:
                held[message.channel].add(message.note)
            else:
                yield from end(message.channel, message.note)
        elif message.type == "control_change" and message.control == 64:
            pedal[message.channel] = message.value >= 64
            if not pedal[message.channel]:
                for pitch in sorted(held[message.channel]):
                    yield from end(message.channel, pitch)
                held[message.channel].clear()
    for channel, pitch in list(sounding):
        yield from end(channel, pitch)
