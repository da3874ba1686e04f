"""Learning a dictionary from sounds of known instruments, in memory that does not depend on how many there are.

For each label (and note, where files name one): spectra of all its sounds pass by several times, quiet frames left
out, the others at one level so that soft ones teach too; atoms are learnt from them online and sparsely (Lefèvre, Bach
& Févotte 2011, KL; few atoms per frame by a logarithmic penalty), and atoms that are nearly the same become one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from separation.audio.reading import open_stream
from separation.audio.resampling import resample_blocks
from separation.audio.source import Notice
from separation.errors import InputError
from separation.nmf.activations import activations
from separation.nmf.dictionaries.dictionary import Dictionary, Origin, Transform, concatenated, without_duplicates
from separation.nmf.dictionaries.sounds import Sound
from separation.nmf.penalties.groups import Groups
from separation.nmf.solvers import online
from separation.progress import SILENT, Report
from separation.spectral.masks import magnitude
from separation.spectral.stft import patches

QUIET = 1e-3  # frames this much below the loudest of their label (−60 dB) teach nothing
BLOCK, HELD = 256, 2048  # frames of a block, and frames among which they are mixed
MOST = BLOCK // 2  # atoms of one label and note: no block has fewer frames, unless there are fewer in all
BLOCKS, PASSES = 64, 16  # blocks to learn from at least, passes over the sounds at most
SPARSE = 0.05  # weight of few atoms per frame
WEAK = 1e-5  # atoms with less than this share of a label's sound go (−50 dB)
LOUDNESS = 0.5  # frames keep this power of their level: 0 would be all alike, 1 as they are


def train(
    sounds: Sequence[Sound],
    *,
    transform: Transform | None = None,
    atoms: int = 32,
    origin: Origin | None = None,
    seed: int = 0,
    report: Report = SILENT,
    notice: Notice | None = None,
) -> Dictionary:
    """Learn at most `atoms` atoms for each label of these sounds; notes of a label share them evenly.

    notice: told, in a sentence, about a label or note that nothing can be learnt from, which is then left out.
    Without it, and if none is left, InputError is raised.
    """
    transform = transform or Transform()
    tasks: dict[tuple[str, int], list[Sound]] = {}
    for sound in sounds:
        tasks.setdefault((sound.label, sound.pitch), []).append(sound)
    notes: dict[str, int] = {}
    for label, _ in tasks:
        notes[label] = notes.get(label, 0) + 1
    parts: list[Dictionary] = []
    reports = report.split(*(len(each) for each in tasks.values()))
    for ((label, pitch), each), own in zip(tasks.items(), reports, strict=True):
        try:
            part = _one(each, label, transform, max(1, atoms // notes[label]), seed, own)
        except InputError as error:
            if notice is None or (not parts and each is list(tasks.values())[-1]):
                raise
            notice(str(error))
            continue
        parts.append(replace(part, pitches=(pitch,) * len(part.labels)))
    whole = concatenated(parts)
    share = np.concatenate([part.energy for part in parts])
    result = without_duplicates(replace(whole, energy=share / share.sum()))
    report(1, 1, "Learning the atoms")
    return replace(result, origin=origin or Origin())


def _one(
    sounds: Sequence[Sound], label: str, transform: Transform, atoms: int, seed: int, report: Report
) -> Dictionary:
    """Atoms of one label; `energy` in the sounds' own units."""
    listening, learning, weighing = report.split(1, 8, 1)
    loudest = 0.0
    levels: list[Tensor] = []
    for V in _spectra(sounds, transform, listening, f"Listening to {label}"):
        levels.append(V.sum(0))
        loudest = max(loudest, float(levels[-1].max()))
    count = sum(int((level > QUIET * loudest).sum()) for level in levels)
    if not count:
        raise InputError(f"The sounds of “{label}” are silent: there is nothing to learn from them.")
    passes = min(PASSES, max(1, -(-BLOCKS * BLOCK // count)))
    generator = torch.Generator().manual_seed(seed)
    steps = learning.split(*(1.0,) * passes)

    def frames() -> Iterator[Tensor]:
        for number in range(passes):
            yield from _mixed(_heard(sounds, transform, loudest, steps[number], f"Learning {label}"), generator)

    rank = min(atoms, count, MOST, transform.bins)
    level = SPARSE * transform.bins
    few = Groups(tuple(range(rank)), level, level)
    last = deque(online.states(frames(), rank, seed=seed, penalties=[few]), maxlen=1)[0]
    return _weighed(last.W, sounds, label, transform, loudest, weighing)


def _weighed(
    W: Tensor, sounds: Sequence[Sound], label: str, transform: Transform, loudest: float, report: Report
) -> Dictionary:
    """The dictionary with how much each atom sounds; without those that hardly do."""
    energy, heard = torch.zeros(W.shape[1]), torch.zeros(W.shape[1])
    sums, squares = torch.zeros(W.shape[1]), torch.zeros(W.shape[1])
    for V in _spectra(sounds, transform, report, f"Weighing {label}"):
        V = V[:, V.sum(0) > QUIET * loudest]
        if not V.shape[1]:
            continue
        H = activations(V, W, check=report.check)
        energy += H.sum(1)
        share = H / H.sum(0)
        decibels = torch.where(share > 0.01, 20.0 * share.clamp(min=0.01).log10(), torch.zeros_like(share))
        heard += (share > 0.01).sum(1)
        sums += decibels.sum(1)
        squares += decibels.square().sum(1)
    mean = sums / heard.clamp(min=1.0)
    spread = (squares / heard.clamp(min=1.0) - mean.square()).clamp(min=0.0).sqrt()
    keep = (energy > WEAK * energy.sum()).nonzero().flatten().tolist()
    whole = Dictionary(
        W.numpy(), (label,) * W.shape[1], transform, energy=energy.numpy(), gain=mean.numpy(), spread=spread.numpy()
    )
    return without_duplicates(whole.chosen(keep))


def _heard(
    sounds: Sequence[Sound], transform: Transform, loudest: float, report: Report, message: str
) -> Iterator[Tensor]:
    """Frames (F, n) that are not quiet, at nearly one level: the loudest has the mean one."""
    for V in _spectra(sounds, transform, report, message):
        level = V.sum(0)
        V = V[:, level > QUIET * loudest]
        level = level[level > QUIET * loudest]
        if len(level):
            yield V * (len(V) / level * (level / loudest).pow(LOUDNESS))


def _mixed(blocks: Iterator[Tensor], generator: torch.Generator) -> Iterator[Tensor]:
    """The same frames in blocks (F, ≤ BLOCK), mixed among HELD neighbours so that no block is one note only."""
    held: list[Tensor] = []
    have = 0
    for block in blocks:
        held.append(block)
        have += block.shape[1]
        if have >= HELD:
            whole = torch.cat(held, 1)[:, torch.randperm(have, generator=generator)]
            whole, rest = whole[:, : HELD // 2], whole[:, HELD // 2 :]
            yield from whole.split(BLOCK, 1)
            held, have = [rest], rest.shape[1]
    if have:
        whole = torch.cat(held, 1)[:, torch.randperm(have, generator=generator)]
        yield from whole.tensor_split(-(-have // BLOCK), 1)


def _spectra(sounds: Sequence[Sound], transform: Transform, report: Report, message: str) -> Iterator[Tensor]:
    """Magnitudes (F, n) of all sounds, one after the other, at the dictionary's rate."""
    for index, sound in enumerate(sounds):
        stream = open_stream(sound.path)
        blocks = resample_blocks(stream.blocks, stream.sample_rate, transform.sample_rate)
        length = max(1, round(stream.frames * transform.sample_rate / stream.sample_rate))
        for patch in patches(blocks, BLOCK, transform.n_fft, transform.hop):
            share = min(1.0, patch.start * transform.hop / length)
            report(index + share, len(sounds), message)
            yield magnitude(patch.spectrum)
