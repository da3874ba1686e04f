"""A small synthetic song with known stems: what stands in for real music where none is at hand.

Drums are noise bursts and swept sines on a beat, the bass a low saw line, the voice a vibrato formant tone with
pauses, the rest slow chords; each has its own place in the stereo picture. Seeded: the same song every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from separation.audio.signal import Audio

NAMES = ("vocals", "drums", "bass", "other")


@dataclass(frozen=True, eq=False)
class Song:
    mixture: Audio
    stems: dict[str, Audio]


def compose(seconds: float = 8.0, sample_rate: int = 44100, channels: int = 2, seed: int = 7) -> Song:
    """Stems on the 16-bit grid, so that their float32 sum, and the 16-bit mixture, are exact."""
    random = np.random.default_rng(seed)
    count = round(seconds * sample_rate)
    time = np.arange(count) / sample_rate
    beat = 0.5
    drums = np.zeros(count)
    for k in range(int(seconds / (beat / 2)) + 1):
        start = round(k * beat / 2 * sample_rate)
        t = time[: max(0, min(count - start, sample_rate // 3))]
        if not len(t):
            break
        hit = 0.25 * random.standard_normal(len(t)) * np.exp(-t / 0.015)  # hat on every eighth
        if k % 4 == 0:
            hit = hit + 0.9 * np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.09)
        elif k % 4 == 2:
            hit = hit + 0.5 * random.standard_normal(len(t)) * np.exp(-t / 0.06)
        drums[start : start + len(t)] += hit
    notes = np.array([41.2, 55.0, 49.0, 61.7])[(time / (4 * beat)).astype(int) % 4]
    phase = np.cumsum(notes) / sample_rate
    bass = sum(np.sin(2 * np.pi * h * phase) / h**1.5 for h in range(1, 7)) * (0.6 + 0.4 * np.exp(-(time % beat) / 0.2))
    melody = np.array([220.0, 246.9, 293.7, 329.6, 261.6])[(time / beat).astype(int) % 5]
    glide = np.cumsum(melody * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))) / sample_rate
    voice = sum(np.sin(2 * np.pi * h * glide) * np.exp(-(((h * 250 - 900) / 900) ** 2)) for h in range(1, 14))
    voice = voice * (np.sin(np.pi * (time % (4 * beat)) / (4 * beat)) > 0.35)
    chords = np.array([[196.0, 246.9, 293.7], [220.0, 277.2, 329.6]])[(time / (8 * beat)).astype(int) % 2]
    other = sum(
        np.sin(2 * np.pi * np.cumsum(chords[:, i] * h) / sample_rate) / h**2 for i in range(3) for h in (1, 2, 3)
    )
    places = {
        "vocals": (0.0, 0.22, voice),
        "drums": (0.1, 0.4, drums),
        "bass": (0.0, 0.22, bass),
        "other": (-0.5, 0.12, other),
    }
    stems = {}
    for name, (pan, level, mono) in places.items():
        mono = level * mono / (np.abs(mono).max() or 1.0)
        sides = [mono * min(1.0, 1 - pan), mono * min(1.0, 1 + pan)][:channels] if channels <= 2 else [mono] * channels
        stems[name] = Audio(
            (np.rint(np.stack(sides) * 32768) / 32768).astype(np.float32), sample_rate, subtype="PCM_16"
        )
    mixture = sum(stem.samples for stem in stems.values())
    return Song(Audio(np.asarray(mixture, np.float32), sample_rate, subtype="PCM_16"), stems)
