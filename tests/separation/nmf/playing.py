"""A small band that plays from a score: a plucked and a blown instrument, and the MIDI file of what they play."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from separation.nmf.scores.score import Note, Score

RATE = 22050


def duet(seconds: float = 8.0, seed: int = 3) -> Score:
    """Broken chords of the piano under a tune of the flute, whose pitches meet now and then."""
    random = np.random.default_rng(seed)
    chords = ((48, 55, 60, 64), (45, 52, 57, 60), (41, 48, 53, 57), (43, 50, 55, 59))
    notes, beat = [], 0.3
    for k in range(int((seconds - 0.8) / beat) + 1):
        now = k * beat
        notes.append(Note(0, chords[k // 4 % 4][k % 4], now, now + 2 * beat, 70))
        if k % 2 == 0:
            pitch = 67 + int(random.choice([0, 2, 4, 5, 7, 9, 12]))
            notes.append(Note(1, pitch, now, now + beat * 1.8, 80))
    return Score(("piano", "flute"), tuple(notes))


def play(score: Score, seconds: float, rate: int = RATE) -> dict[str, np.ndarray]:
    """(1, T) float32 of each instrument: the first is rich and decays, the second holds, with vibrato."""
    stems = {name: np.zeros(round(seconds * rate)) for name in score.instruments}
    for note in score.notes:
        name = score.instruments[note.instrument]
        start, length = round(note.onset * rate), round((note.end - note.onset + 0.3) * rate)
        t = np.arange(min(length, len(stems[name]) - start)) / rate
        if not len(t):
            continue
        f0 = 440.0 * 2.0 ** ((note.pitch - 69) / 12)
        h = np.arange(1, int(0.45 * rate / f0) + 1)[:, None]
        if note.instrument == 0:
            tone = (np.sin(2 * np.pi * f0 * h * t) * np.exp(-t * (2 + h)) / h).sum(0)
            tone += 0.1 * np.random.default_rng(note.pitch).standard_normal(len(t)) * np.exp(-t / 0.01)
        else:
            phase = 2 * np.pi * f0 * t + 0.15 * np.sin(2 * np.pi * 5 * t)
            loud = np.where(h % 2 == 1, 1.0, 0.2) / h**1.5
            tone = 0.4 * (loud * np.sin(h * phase)).sum(0) * np.minimum(t / 0.04, 1.0)
        tone *= np.clip((note.end - note.onset + 0.3 - t) / 0.3, 0.0, 1.0) * note.velocity / 127 * 0.3
        stems[name][start : start + len(t)] += tone
    return {name: stem.astype(np.float32)[None] for name, stem in stems.items()}


def write(path: Path, score: Score, tempo: float = 120.0) -> None:
    """A MIDI file of format 1, one track per instrument."""
    import mido

    file = mido.MidiFile(ticks_per_beat=480)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))])
    file.tracks.append(conductor)
    for j, name in enumerate(score.instruments):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        channel = 9 if j in score.drums else j
        track.append(mido.Message("program_change", channel=channel, program=0))
        events = []
        for note in score.notes:
            if note.instrument == j:
                events.append((note.onset, 1, note))
                events.append((note.end, 0, note))
        now = 0
        for second, on, note in sorted(events, key=lambda e: (e[0], e[1])):
            tick = round(second * tempo / 60 * 480)
            kind = "note_on" if on else "note_off"
            velocity = note.velocity if on else 0
            track.append(mido.Message(kind, channel=channel, note=note.pitch, velocity=velocity, time=tick - now))
            now = tick
        file.tracks.append(track)
    file.save(path)
