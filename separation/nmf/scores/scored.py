"""What a score says about the factors: which atoms there are, where their partials lie, and when they may sound.

After Ewert & Müller (“Using score-informed constraints for NMF-based source separation”, ICASSP 2012): one atom per
instrument and pitch, its spectrum zero but for half a semitone around each partial, its activation zero but from 0.2 s
before each of its notes to 0.5 s after it; multiplicative steps keep both. For each instrument one more atom, of any
spectrum, sounds only at its onsets. A drum has no partials, and sounds for half a second.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import torch
from torch import Tensor

from separation.errors import InputError
from separation.nmf.grouped import Grouped
from separation.nmf.painting.strokes import Grid
from separation.nmf.scores.score import Note, Score

BEFORE, AFTER, AROUND = 0.2, 0.5, 0.1  # seconds before and after a note, and on both sides of an onset
HIT = 0.5  # seconds that a drum sounds
LOBE = 2.0  # bins from the middle of a Hann window's main lobe to its zero
FREE = 0.1  # loudness of the rest's atoms at the start, as a share of the song's


def start_from(
    V: Tensor, score: Score, grid: Grid, frames: Tensor, *, tuning: float = 0.0, onsets: bool = True, rest: int = 4,
    seed: int = 0,
) -> Grouped:  # fmt: skip
    """Factors to start from: the sources are the score's instruments, and the rest, of `rest` free atoms.

    V (F, N): magnitudes, whose column n is frame frames[n] of the song. tuning: semitones above 440 Hz.
    """
    generator = torch.Generator().manual_seed(seed)
    level = float(V.sum(dtype=torch.float64)) / max(V.shape[1], 1)
    place = _Places(frames, grid)
    atoms: list[Tensor] = []
    sounds: list[Tensor] = []
    sizes: list[int] = []
    played: list[dict[int, list[Note]]] = [{} for _ in score.instruments]
    for note in score.notes:
        played[note.instrument].setdefault(note.pitch, []).append(note)
    for j, pitches in enumerate(played):
        before = len(atoms)
        for pitch, notes in sorted(pitches.items()):
            if j in score.drums:
                atoms.append(torch.rand(grid.bins, generator=generator) + 0.1)
            else:
                comb = comb_of(pitch + tuning, grid)
                if not float(comb.sum()) > 0.0:
                    continue  # above half the sample rate
                atoms.append(comb)
            row = torch.zeros(len(frames))
            for note in notes:
                end = note.onset + HIT if j in score.drums else note.end + AFTER
                row[place.between(note.onset - (AROUND if j in score.drums else BEFORE), end)] = 1.0
            sounds.append(row * (level * 0.2))
        if onsets and pitches and j not in score.drums:
            atoms.append(torch.ones(grid.bins))
            row = torch.zeros(len(frames))
            for note in (note for notes in pitches.values() for note in notes):
                row[place.between(note.onset - AROUND, note.onset + AROUND)] = 1.0
            sounds.append(row * (level * 0.02))
        sizes.append(len(atoms) - before)
    for _ in range(rest):
        atoms.append(torch.rand(grid.bins, generator=generator) + 0.1)
        sounds.append((torch.rand(len(frames), generator=generator) + 0.1) * (level * FREE / max(rest, 1)))
    if not atoms:
        raise InputError("No note of this score lies below half the song's sample rate: give another score.")
    W = torch.stack(atoms, 1)
    return Grouped((W / W.sum(0)).to(V), torch.stack(sounds).to(V), (*sizes, rest))


def comb_of(pitch: float, grid: Grid) -> Tensor:
    """A comb (F,) for a pitch in MIDI numbers: h^−1 within half a semitone, or two bins, of each partial, else 0."""
    width = grid.sample_rate / grid.n_fft
    f0 = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    count = int(grid.sample_rate / 2 / f0)
    if count < 1:
        return torch.zeros(grid.bins)
    h = torch.arange(1, count + 1, dtype=torch.float64)
    bins = torch.arange(grid.bins, dtype=torch.float64)[:, None]
    reach = (h * f0 * (2.0 ** (0.5 / 12.0) - 1.0) / width).clamp(min=LOBE)
    away = (bins - h * f0 / width).abs() / reach
    lobes = torch.where(away < 1.0, torch.cos(away * (torch.pi / 2)).square(), 0.0)
    return (lobes / h).amax(1).float()


class _Places:
    """Which of the frames at hand lie between two seconds."""

    def __init__(self, frames: Tensor, grid: Grid) -> None:
        self._frames = frames.tolist()
        self._step = grid.hop / grid.sample_rate

    def between(self, start: float, end: float) -> slice:
        low = bisect_left(self._frames, start / self._step)
        return slice(low, max(bisect_right(self._frames, end / self._step), low))
