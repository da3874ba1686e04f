"""A score laid on a recording of it: both as chroma with onsets, then the cheapest way through both.

After Ewert, Müller & Grosche (“High resolution audio synchronization using chroma onset features”, ICASSP 2009): twelve
pitch classes say where in the piece it is, rises of each class, which decay over a few frames, say when exactly.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from separation.nmf.painting.strokes import Grid
from separation.nmf.scores.score import Score
from separation.nmf.scores.warping import warp

LOWEST, HIGHEST = 80.0, 4000.0  # Hz; below, a bin is wider than a semitone
DECAY = 0.75  # of an onset, per frame
ONSETS = 2.0  # weight beside the chroma
LINE = 0.3  # seconds over which the tempo hardly changes
PARTIALS = ((0, 1.0), (12, 0.5), (19, 0.33), (24, 0.25), (28, 0.2))  # of a note of the score: semitones, loudness


def class_energy(V: Tensor, grid: Grid, tuning: float = 0.0) -> np.ndarray:
    """(N, 12): how loud each pitch class is in magnitudes V (F, N), each bin shared by the two nearest semitones."""
    hertz = torch.arange(grid.bins, dtype=torch.float64) * (grid.sample_rate / grid.n_fft)
    pitch = 69.0 + 12.0 * torch.log2(hertz.clamp(min=1.0) / 440.0) - tuning
    table = torch.zeros(12, grid.bins, dtype=torch.float64)
    inside = torch.nonzero((hertz >= LOWEST) & (hertz <= HIGHEST))[:, 0]
    lower = torch.floor(pitch[inside]).long()
    share = pitch[inside] - lower
    table[lower % 12, inside] += 1.0 - share
    table[(lower + 1) % 12, inside] += share
    return (table.to(V) @ V).T.cpu().numpy().astype(np.float64)


def class_energy_of(score: Score, frames: int, step: float) -> np.ndarray:
    """(frames, 12) of a score, a frame each `step` seconds; each note has its first partials, and dies away."""
    result = np.zeros((frames, 12))
    for note in score.notes:
        if note.instrument in score.drums:
            continue
        first, last = round(note.onset / step), max(round(note.end / step), round(note.onset / step) + 1)
        if first >= frames:
            continue
        fade = note.velocity * np.exp(-np.arange(min(last, frames) - first) * step / 1.0)
        for above, loud in PARTIALS:
            result[first : min(last, frames), (note.pitch + above) % 12] += loud * fade
    return result


def described(energy: np.ndarray) -> np.ndarray:
    """(N, 24) features: chroma of length one, and rises of its logarithm that decay, scaled to the strongest."""
    level = np.linalg.norm(energy, axis=1, keepdims=True)
    quiet = 0.02 * np.quantile(level, 0.95) + 1e-12
    chroma = energy / np.maximum(level, quiet)
    heard = np.log1p(100.0 * energy / (np.quantile(energy.max(1), 0.95) + 1e-12))
    rises = np.maximum(np.diff(heard, axis=0, prepend=0.0), 0.0)
    for n in range(1, len(rises)):
        rises[n] = np.maximum(rises[n], DECAY * rises[n - 1])
    strong = np.quantile(np.linalg.norm(rises, axis=1), 0.95) + 1e-12
    return np.concatenate((chroma, ONSETS * np.minimum(rises / strong, 1.0)), axis=1)


def align(energy: np.ndarray, score: Score, grid: Grid) -> Score:
    """The score at the song's times; `energy` (N, 12) of the song, see `class_energy`. Drums alone stay as they are."""
    step = grid.hop / grid.sample_rate
    pitched = any(note.instrument not in score.drums for note in score.notes)
    if not pitched or not energy.max(initial=0.0) > 0.0:
        return score
    frames = int(score.duration / step) + 2
    way = warp(described(class_energy_of(score, frames, step)), described(energy))
    first = np.full(frames, np.inf)
    np.minimum.at(first, way[:, 0], way[:, 1].astype(float))
    mean = np.bincount(way[:, 0], way[:, 1]) / np.bincount(way[:, 0])
    onsets = np.unique([note.onset for note in score.notes if note.instrument not in score.drums])
    heard = np.interp(onsets / step, np.arange(frames), (first + mean) / 2) * step
    heard = np.maximum.accumulate(_straightened(onsets, heard))

    def when(second: float) -> float:
        beyond = min(second - onsets[0], 0.0) + max(second - onsets[-1], 0.0)
        return max(float(np.interp(second, onsets, heard)) + beyond, 0.0)

    return score.moved(when)


def _straightened(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """y where a straight line through its neighbours goes, within some tenths of a second: tempo does not jump."""
    result = np.empty_like(y)
    for k, here in enumerate(x):
        low, high = np.searchsorted(x, (here - 4 * LINE, here + 4 * LINE))
        near, there = x[low:high] - here, y[low:high]
        weight = np.exp(-0.5 * np.square(near / LINE))
        weight /= weight.sum()
        middle, level = weight @ near, weight @ there
        spread = weight @ np.square(near - middle)
        slope = weight @ ((near - middle) * there) / spread if spread > 1e-6 else 0.0
        result[k] = level - slope * middle
    return result
