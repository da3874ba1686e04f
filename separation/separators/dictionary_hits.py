"""Drums of a dictionary as stems: what `nmf-dictionary` does when all that its dictionary knows are drums.

Patterns are learnt on the liveliest 20 seconds, then the song passes by again in overlapping pieces that cross-fade:
masks share out its percussive part, and the waveforms of a drum's hits tell about each other (`nmf/repeats.py`).
Memory does not grow with length.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from separation.audio.signal import Stream
from separation.progress import Report
from separation.separators.nmfd import (
    LEARNT,
    OVERLAP,
    PATTERN,
    PIECE,
    STEPS,
    STEPS_OF_A_PIECE,
    _only_drums,
    _percussive,
)
from separation.separators.shares import transform

if TYPE_CHECKING:
    from torch import Tensor

    from separation.nmf.dictionaries.dictionary import Dictionary
    from separation.nmf.dictionaries.hits import Hits
    from separation.separators.nmf_dictionary import DictionaryParameters

WINDOW = 0.0232  # seconds: 1024 samples at 44.1 kHz


def stems_of_hits(
    stream: Stream,
    dictionary: Dictionary,
    groups: tuple[int, ...],
    names: tuple[str, ...],
    parameters: DictionaryParameters,
    report: Report,
) -> Iterator[np.ndarray]:
    """Blocks (J + 1, C, n): a stem per group 0 … J-1 of the dictionary's atoms, which are drums, then the rest."""
    import torch

    from separation.nmf.dictionaries.dictionary import Transform
    from separation.nmf.dictionaries.hits import learn_hits
    from separation.nmf.dictionaries.transform import resampled
    from separation.spectral.masks import magnitude
    from separation.spectral.stft import stft

    listening, telling, learning, sharing = report.split(1, 1, 4, 4)
    rate, again = stream.sample_rate, stream.again
    if again is None:  # it passes only once, so it is kept
        whole = stream.collect().stream()
        blocks, again = whole.blocks, whole.again
        assert again is not None
    else:
        blocks = stream.blocks
    best, count = _liveliest(again(), round(LEARNT * rate), stream.frames, listening)
    if best is None or not np.any(best):
        for block in blocks:
            yield np.concatenate([np.zeros((max(groups) + 1, *block.shape), np.float32), block[None]])
        return
    x = torch.tensor(best, device=parameters.device)
    drums_only = _only_drums(x, rate, "auto")
    n_fft, hop = transform(rate, WINDOW)
    known = resampled(dictionary, Transform(rate, n_fft, hop))
    V = magnitude(stft(x if drums_only else _percussive(x, rate, telling), n_fft, hop))
    if float(V.max()) == 0.0:
        V = V + 1e-9
    hits = learn_hits(
        V, torch.tensor(known.W), groups, names, torch.tensor(known.prices()), torch.tensor(known.energy), hop / rate,
        length=round(PATTERN * rate / hop), iterations=parameters.iterations, report=learning,
    )  # fmt: skip
    whole_is_learnt = count == x.shape[1]
    del best, x, V
    tail, done = np.zeros((hits.stems + 1, stream.channels, 0), np.float32), 0
    for piece, fade, last in _pieces(blocks, rate):
        steps = itertools.count()

        def told(done: int = done, size: int = piece.shape[1], steps: Iterator[int] = steps) -> None:
            sharing(done + size * min(next(steps) / STEPS_OF_A_PIECE, 1.0), max(count, 1), "Sharing out the hits")

        told()
        x = torch.tensor(piece, device=parameters.device)
        drums = x if drums_only else _percussive(x, rate, Report(lambda *_: told()))
        part = np.empty((hits.stems + 1, *piece.shape), np.float32)
        part[:-1] = _shared_out(drums, hits, whole_is_learnt, rate, parameters.exponent, told).cpu().numpy()
        part[-1] = piece - part[:-1].sum(0)
        over = tail.shape[2]
        rise = ((np.arange(over) + 0.5) / max(over, 1)).astype(np.float32)
        part[..., :over] = (1 - rise) * tail + rise * part[..., :over]
        keep = part.shape[2] - (0 if last else fade)
        tail, done = part[..., keep:].copy(), done + keep
        yield part[..., :keep]
    sharing(1, 1, "Sharing out the hits")


def _shared_out(
    x: Tensor, hits: Hits, learnt: bool, sample_rate: int, exponent: float, told: Callable[[], object]
) -> Tensor:
    """Stems (J, C, T) of a piece (C, T) that is drums."""
    import torch

    from separation.nmf.convolutive import Patterns, factorise
    from separation.nmf.repeats import predicted
    from separation.spectral.masks import magnitude, ratio
    from separation.spectral.stft import istft, stft

    n_fft, hop = transform(sample_rate, WINDOW)
    spectrum = stft(x, n_fft, hop)
    V = magnitude(spectrum)
    if float(V.max()) == 0.0 or V.shape[1] < len(hits.patterns.W):
        return torch.zeros(hits.stems, *x.shape, device=x.device)
    H = hits.patterns.H
    if not learnt:
        flat = torch.full((len(hits.groups), V.shape[1]), float(V.mean()) * len(V) / len(hits.groups)).to(V)
        H = factorise(V, start=Patterns(hits.patterns.W, flat), hold_W=True, iterations=STEPS, tolerance=1e-3).H
    told()
    models = hits.models(H)
    stems = istft(ratio(models, exponent)[:, None] * spectrum, x.shape[1], hop)
    onsets = hits.onsets(H, sample_rate, hop)
    return predicted(x, stems, models.square_(), onsets, sample_rate, hop=hop, check=told)


def _liveliest(
    blocks: Iterator[np.ndarray], size: int, expected: int, report: Report
) -> tuple[np.ndarray | None, int]:
    """The `size` samples in a row with the most energy, in steps of `size`; and how many there are in all.

    The last stretch counts from the end, so that none is shorter than `size` unless the sound is.
    """
    best, most, count = None, -1.0, 0
    held = np.zeros((1, 0), np.float32)
    for block in blocks:
        count += block.shape[1]
        report(count, max(expected, count, 1), "Listening")
        held = np.concatenate([held, block], 1) if held.shape[1] else block
        while held.shape[1] >= 2 * size:
            best, most = max(((best, most), _energy(held[:, :size])), key=lambda pair: pair[1])
            held = held[:, size:]
    for stretch in (held[:, :size], held[:, -size:]):
        if stretch.shape[1]:
            best, most = max(((best, most), _energy(stretch)), key=lambda pair: pair[1])
    return best, count


def _energy(sound: np.ndarray) -> tuple[np.ndarray, float]:
    return sound.copy(), float(np.square(sound, dtype=np.float64).sum())


def _pieces(blocks: Iterator[np.ndarray], sample_rate: int) -> Iterator[tuple[np.ndarray, int, bool]]:
    """Pieces (C, n), by how many samples the next one overlaps each, and whether it is the last."""
    size, overlap = round(PIECE * sample_rate), round(OVERLAP * sample_rate)
    held = None
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], 1)
        while held.shape[1] >= 1.5 * size:
            yield held[:, :size], overlap, False
            held = held[:, size - overlap :]
    if held is not None and held.shape[1]:
        yield held, 0, True
