"""Drums taken apart: convolutive patterns that start as drums, are named by what they became, and are told to hits.

The names come from the learnt patterns and from when they sound. Below 200 Hz the centre of a pattern's energy says
kick, above 4.5 kHz hi-hat, between the two snare. The certainty is 1 an octave or more away from both borders and ½ on
one. The other numbers (share below 150 Hz and above 5 kHz, flatness, decay) are given for people to judge by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.convolutive import Patterns, factorise
from separation.nmf.starts.drum_patterns import NAMES, drum_start
from separation.progress import SILENT, Report

KICK_TOP, HIHAT_BOTTOM = 200.0, 4500.0  # Hz
LOW, HIGH = 150.0, 5000.0  # Hz
SETTLE = 15  # iterations in which only the activations move
APART = 0.05  # of the penalty on sharing bins
CLEAR = 0.9  # certainty from which a pattern loses the name it started with
NEAR, QUIET = 0.05, 0.1  # seconds that a hit is the loudest for, and how loud it is beside the loud ones


@dataclass(frozen=True)
class Drum:
    """What a pattern is. centroid: Hz, of its energy. low, high: shares of its energy below 150 Hz, above 5 kHz.

    flatness: of its spectrum, 1 is white. decay: seconds from its loudest frame until it is 20 dB down, or to its end.
    certainty: ½ … 1.
    """

    name: str
    certainty: float
    centroid: float
    low: float
    high: float
    flatness: float
    decay: float


def name_drums(W: Tensor, sample_rate: int, hop: int) -> tuple[Drum, ...]:
    """What each of the patterns W (T, F, K) is, magnitudes on the bins of an FFT."""
    f = torch.linspace(0.0, sample_rate / 2, W.shape[1]).to(W)
    spectrum = W.square().sum(0)
    spectrum = spectrum / spectrum.sum(0).clamp(min=1e-30)
    drums = []
    for k in range(W.shape[2]):
        s, level = spectrum[:, k], W[:, :, k].square().sum(1)
        centroid = max(float(s @ f), 1.0)
        kick, hihat = math.log2(KICK_TOP / centroid), math.log2(centroid / HIHAT_BOTTOM)
        name = "kick" if kick > 0 else "hihat" if hihat > 0 else "snare"
        margin = kick if kick > 0 else hihat if hihat > 0 else min(-kick, -hihat)
        peak = int(level.argmax())
        down = torch.nonzero(level[peak:] < 0.01 * level[peak])
        frames = int(down[0]) if len(down) else len(level) - peak
        flat = float((s + 1e-12).log().mean().exp() / (s.mean() + 1e-12))
        drums.append(Drum(name, 0.5 + 0.5 * min(margin, 1.0), centroid, float(s[f < LOW].sum()),
                          float(s[f > HIGH].sum()), flat, frames * hop / sample_rate))  # fmt: skip
    return tuple(drums)


@dataclass(frozen=True, eq=False)
class Kit:
    """patterns: as learnt. names: of each of its K patterns, of NAMES."""

    patterns: Patterns
    names: tuple[str, ...]

    def models(self, H: Tensor | None = None) -> Tensor:
        """Magnitudes (3, F, N) of kick, snare, hi-hat; H (K, N): of another piece."""
        patterns = self.patterns if H is None else Patterns(self.patterns.W, H)
        return torch.stack([patterns.model(self._of(name)) for name in NAMES])

    def onsets(self, sample_rate: int, hop: int, H: Tensor | None = None) -> tuple[tuple[int, ...], ...]:
        """Samples at which kick, snare and hi-hat are hit."""
        weighed = (self.patterns.H if H is None else H) * self.patterns.W.sum((0, 1))[:, None]
        return tuple(peaks(weighed[self._of(name)].sum(0), sample_rate, hop) for name in NAMES)

    def _of(self, name: str) -> Tensor:
        return torch.tensor([one == name for one in self.names])


def learn_drums(
    V: Tensor, sample_rate: int, hop: int, *, length: int, iterations: int = 80, report: Report = SILENT
) -> Kit:
    """The drums of V (F, N), magnitudes that are mostly drums. length: of the patterns, in frames.

    Half of the learning is done from four starts, with soft and sharp kicks, with high and deep snares; the one with
    the lowest loss then learns on.
    """
    length = min(length, V.shape[1])
    trying, finishing = report.split(3, 1)
    tries = [(sharp, deep) for sharp in (False, True) for deep in (False, True)]
    best: Patterns | None = None
    for (sharp, deep), part in zip(tries, trying.split(*[1.0] * len(tries)), strict=True):
        W, names = drum_start(V.shape[0], sample_rate, hop, length, sharp=sharp, deep=deep)
        H = torch.full((len(names), V.shape[1]), float(V.mean()) * V.shape[0] / len(names)).to(V)
        first = factorise(V, start=Patterns(W.to(V), H), hold_W=True, iterations=SETTLE, tolerance=0.0)
        tried = factorise(V, start=first, iterations=iterations // 2, apart=APART, recentre=0, report=part)
        if best is None or tried.losses[-1] < best.losses[-1]:
            best = tried
    patterns = factorise(
        V, start=best, iterations=iterations - iterations // 2, apart=APART, tolerance=1e-5, recentre=0,
        report=finishing,
    )  # fmt: skip
    return Kit(patterns, _told(patterns, names, sample_rate, hop))


def _told(patterns: Patterns, names: tuple[str, ...], sample_rate: int, hop: int) -> tuple[str, ...]:
    """The name each pattern began with, or what it clearly became if it sounds with that drum rather than the first.

    A kick's click may be a pattern of its own, with a snare's spectrum but the kick's hits.
    """
    level = patterns.H * patterns.W.sum((0, 1))[:, None]
    level = torch.nn.functional.avg_pool1d(level[None], 5, 1, 2)[0]

    def beside(k: int, name: str) -> float:
        """Cosine between this activation and that of the other patterns of a name."""
        others = [i for i, one in enumerate(names) if one == name and i != k]
        total = level[others].sum(0)
        return float(level[k] @ total / (level[k].norm() * total.norm()).clamp(min=1e-20))

    drums = name_drums(patterns.W, sample_rate, hop)
    return tuple(
        drum.name if drum.certainty >= CLEAR and beside(k, drum.name) > beside(k, name) else name
        for k, (drum, name) in enumerate(zip(drums, names, strict=True))
    )


def peaks(H: Tensor, sample_rate: int, hop: int) -> tuple[int, ...]:
    """Samples of the peaks of an activation (N,), summed over three frames."""
    near = max(round(NEAR * sample_rate / hop), 1)
    smooth = torch.nn.functional.conv1d(H[None, None], H.new_ones(1, 1, 3), padding=1)
    highest = torch.nn.functional.max_pool1d(smooth, 2 * near + 1, 1, near)[0, 0]
    level = smooth[0, 0]
    loud = level.topk(max(len(level) // 50, 1)).values.mean()
    return tuple(int(n) * hop for n in torch.nonzero((level == highest) & (level > QUIET * loud)).flatten())
