"""Following a singer in three passes (Durrieu, David & Richard 2011): any pitch, one melody, then the breath.

First every pitch may sound in every frame; the cheapest path through them is the melody. Then only what lies within
a quarter tone of it may, and the accompaniment is learnt anew around it. Last, a source without pitch joins, for the
consonants. The melody is a line in hertz that a person may change and hand back.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf.products import times
from separation.nmf.singer.lead import Lead, begin, states, sum_of
from separation.nmf.singer.melody import USUAL, Costs, hertz_of, near, path
from separation.nmf.singer.voice import Sources, bumps, sources
from separation.progress import SILENT, Report
from separation.spectral.bands import Bands
from separation.spectral.masks import ratio
from separation.spectral.stft import Patch, patches

WINDOW = 0.093  # seconds: 4096 samples at 44.1 kHz
PART, AROUND = 1200, 30  # frames that are learnt together, 28 s, and what they see of each neighbour
STEPS = (40, 30, 20)  # of the three passes
TRIES = 3  # models, from different starts
REACH = 0.5  # semitones around the melody, the quarter tone of the paper
FAINT = 1e-3  # of the mean pitch activation: what the second pass starts from at least
AIR = 1e-2  # of the voice's mean: what the source without pitch starts from
BESIDE = 0.1  # seconds before and after sung moments in which it may sound


@dataclass(frozen=True, eq=False)
class Singer:
    """Everything fixed about a voice under one transform: where its bands are, what its sources and filters look like.

    W_F0 (B, U) and W_G (B, P) are the pitched sources and the filters' bumps on `bands`.
    """

    bands: Bands
    sources: Sources
    W_F0: Tensor
    W_G: Tensor
    per_second: float

    @staticmethod
    def of(
        n_fft: int, hop: int, sample_rate: float, *, lowest: float = 80.0, highest: float = 800.0, bumped: int = 20
    ) -> Singer:
        bands = Bands.of(n_fft, sample_rate)
        pitched = sources(n_fft, sample_rate, lowest=lowest, highest=highest)
        W_F0 = bands.mean(pitched.combs.T).T.contiguous()
        W_G = bands.mean(bumps(n_fft, sample_rate, bumped).T).T.contiguous()
        return Singer(bands, pitched, W_F0, W_G, sample_rate / hop)

    def powers(self, spectrum: Tensor) -> Tensor:
        """(1, N, B) of a spectrum (C, F, N): the mean of the channels' powers."""
        return self.bands.mean(torch.view_as_real(spectrum).square().sum(-1).mean(0, keepdim=True).mT)

    def indices(self, melody: Tensor) -> Tensor:
        """The steps of pitch (N,) nearest to a line in Hz; −1 where it is NaN, 0 or outside the range."""
        hertz, count = self.sources.hertz, len(self.sources.hertz)
        place = (melody.cpu().double() / hertz[0]).log2() * 12.0 * self.sources.per_semitone
        sung = (place > -1.0) & (place < count)
        return torch.where(sung, place.nan_to_num(-1.0, -1.0, -1.0).round().clamp(0, count - 1), -1.0).long()


@dataclass(frozen=True, eq=False)
class Followed:
    """leads: the models after the last pass, on bands, of powers with mean one, each from another start.

    melody (N,): f0 in Hz, float64, NaN where nothing is sung. loud: the power that counted as loud, for the next part
    of the same song.
    """

    leads: tuple[Lead, ...]
    melody: Tensor
    loud: float

    def masks(self, rows: slice, exponent: float) -> Tensor:
        """(2, n, B) for singer and accompaniment: the mean of the models' ratio masks. exponent: of powers."""
        models = (torch.stack([one.gains[0] * one.voice(rows), one.accompaniment(0, rows)]) for one in self.leads)
        return torch.stack([ratio(model, exponent) for model in models]).mean(0)


def follow(
    V: Tensor,
    singer: Singer,
    *,
    filters: int = 25,
    rank: int = 20,
    steps: tuple[int, int, int] = STEPS,
    tries: int = TRIES,
    costs: Costs = USUAL,
    melody: Tensor | None = None,
    least_loud: float = 0.0,
    seed: int = 0,
    report: Report = SILENT,
) -> Followed:
    """The model and the melody of V (C, N, B), powers on the singer's bands.

    filters: how many vowels. rank: atoms of the accompaniment. tries: how many models are learnt, from different
    starts: the melody is that of all of them, and the mean of their masks is better than any of them.
    melody (N,): a line in Hz to follow instead of the one that would be found, NaN or 0 where nothing is sung.
    least_loud: what counts as loud at least, see `path`.
    Raises InputError for silence, ParameterError for a melody of another length.
    """
    if melody is not None and melody.shape != V.shape[1:2]:
        raise ParameterError(
            f"A melody to follow needs one frequency per frame: {V.shape[1]} of them, not {len(melody)}."
        )
    scale = float(V.mean()) or 1.0
    V = V / scale  # so that no power of a very quiet song underflows
    done, total = itertools.count(), tries * sum(steps)

    def learn(start: Lead, count: int) -> Lead:
        going, state = states(V, start, power=1.0), start
        next(going)
        for _ in range(count):
            report(next(done), total, "Following the singer")
            state = next(going)
        return state

    W_F0, W_G = singer.W_F0.to(V), singer.W_G.to(V)
    starts = [begin(V, W_F0, W_G, filters=filters, rank=rank, seed=seed + again) for again in range(tries)]
    free = [learn(start, steps[0]) for start in starts]
    strength = sum_of(salience(one) for one in free)
    loud = loudness(strength, least_loud / scale)
    way = path(strength, singer.sources.per_semitone, costs, loud) if melody is None else singer.indices(melody)
    allowed = near(way, len(singer.sources.hertz), round(REACH * singer.sources.per_semitone)).to(V.device)
    leads = []
    for start, before in zip(starts, free, strict=True):
        awake = before.H_F0.clamp(min=FAINT * float(before.H_F0.mean())).masked_fill(~allowed, 0.0)
        led = learn(replace(before, H_F0=awake, W_M=start.W_M, H_M=start.H_M), steps[1])
        leads.append(learn(_with_air(led, way >= 0, math.ceil(BESIDE * singer.per_second)), steps[2]))
    report(total, total, "Following the singer")
    return Followed(tuple(leads), hertz_of(way, singer.sources.hertz), loud * scale)


def melody_line(
    samples: Any,
    sample_rate: float,
    *,
    lowest: float = 80.0,
    highest: float = 800.0,
    costs: Costs = USUAL,
    seed: int = 0,
    report: Report = SILENT,
) -> tuple[Tensor, Tensor]:
    """The sung melody of samples (C, T): times (N,) in seconds and f0 (N,) in Hz, float64, NaN where nothing is sung.

    samples: a NumPy array or a tensor. Found part by part, as the method `imm` does. The line may be changed by hand
    and handed to `follow`. Raises ParameterError for a range without notes.
    """
    n_fft = 2 ** max(round(math.log2(WINDOW * sample_rate)), 5)
    hop = n_fft // 4
    singer = Singer.of(n_fft, hop, sample_rate, lowest=lowest, highest=highest)
    x = torch.as_tensor(samples)
    lines, loud = [], 0.0
    for patch in patches([x], PART, n_fft, hop, (AROUND, AROUND)):
        V = singer.powers(patch.spectrum)
        line = torch.full((V.shape[1],), math.nan, dtype=torch.float64)
        if float(V.max()) > 0.0:
            found = follow(
                V, singer, steps=(STEPS[0], 0, 0), costs=costs, least_loud=loud / 10.0, seed=seed,
                report=share_of(report, patch, hop, x.shape[-1]),
            )  # fmt: skip
            line, loud = found.melody, max(loud, found.loud)
        lines.append(line[patch.own])
    hertz = torch.cat(lines)
    report(1, 1, "Following the singer")
    return torch.arange(len(hertz), dtype=torch.float64) * hop / sample_rate, hertz


def share_of(report: Report, patch: Patch, hop: int, length: int) -> Report:
    """The share of a report that belongs to a patch of PART frames in a sound of `length` samples."""
    before = patch.start * hop
    here = min(PART * hop, max(length - before, 1))
    return report.split(before, here, max(length - before - here, 0))[1]


def salience(lead: Lead) -> Tensor:
    """How strongly every pitch sounds (N, U): its power after the filters, all bands together."""
    return lead.H_F0 * times(times(lead.H_P, lead.filters.T), lead.W_F0)


def loudness(strength: Tensor, least: float = 0.0) -> float:
    """The strongest pitch's power that one frame in twenty exceeds, at least `least`."""
    best = strength.amax(1).cpu().double()
    return max(float(best[best > 0.0].quantile(0.95)) if bool((best > 0.0).any()) else 0.0, least)


def _with_air(lead: Lead, sung: Tensor, around: int) -> Lead:
    """One more source, the same in every band, in and around sung moments."""
    window = 2 * around + 1
    close = torch.nn.functional.max_pool1d(sung.float()[None, None], window, 1, around)[0, 0]
    level = AIR * lead.H_F0.sum(1).mean() * close.to(lead.H_F0)
    flat = lead.W_F0.new_full((len(lead.W_F0), 1), 1.0 / len(lead.W_F0))
    return replace(lead, W_F0=torch.cat([lead.W_F0, flat], 1), H_F0=torch.cat([lead.H_F0, level[:, None]], 1))
