"""Hits that repeat: what a drum's other hits say about each of its hits, beyond what masks on magnitudes can know.

Where two drums sound at once, a mask gives both the phases of the mixture, and errs by about 10 dB even with the true
magnitudes. But a drum sounds alike every time. So each stem is seen as a Gaussian process whose hits are correlated
(Liutkus, Badeau & Richard, IEEE TSP 59(7), 2011): every hit is predicted as a weighted sum of the drum's other hits,
by least squares on their waveforms ("kriging"), and only what the predictions of all drums leave of the mixture is
shared out by a Wiener mask, in which each drum counts with the power its prediction misses: what its hits differ by,
and what of other drums their estimates may hold. With samples that repeat exactly the prediction is everything; with a
drummer's it is a little. Nothing is predicted from hits where the whole mixture repeats, as in a loop: they would
repeat the mistakes, too; and nothing in bands where hits are not alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from separation.spectral.stft import istft, stft

LEAD = 0.006  # seconds of a hit before its onset
SPAN = 0.007  # seconds by which an onset may be put right
HEARD = 0.09  # seconds by which hits are laid upon each other
FADE = 0.003  # seconds at the end of a hit that the next one of its drum cuts off
ALIKE = 0.3  # correlation from which two hits tell each other's place
SAME = 0.9  # correlation of two hits, and of what sounds beside them, that makes them a repetition of everything
DOUBT = 0.1  # of each hit's energy, taken to be other drums'
USELESS = 0.8  # of a band's power that predictions miss, from which the band goes without
EDGES = (120.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 12000.0)  # Hz, of bands that are trusted one by one

Check = Callable[[], object]


@dataclass(frozen=True, eq=False)
class _Hits:
    """at: first sample of each hit, in order of time. window (H, L): 1 while it sounds, up to the drum's next hit."""

    at: tuple[int, ...]
    window: Tensor


def predicted(
    x: Tensor,
    stems: Tensor,
    models: Tensor,
    onsets: Sequence[Sequence[int]],
    sample_rate: int,
    *,
    hop: int,
    length: float = 0.37,
    rounds: int = 3,
    check: Check = lambda: None,
) -> Tensor:
    """Better stems (J, C, T), which sum to x (C, T), from stems (J, C, T) made by masks.

    models (J, F, N): the stems' powers on the frames of `stft`. onsets: of each stem's hits, in samples; stems without
    at least two are left to the mask. length: how long a hit sounds at most, in seconds.
    """
    n_fft, size = 2 * (models.shape[1] - 1), round(length * sample_rate)
    bands = _bands(models.shape[1], sample_rate, models)
    hits = [_found(stem.mean(0), starts, size, sample_rate) for stem, starts in zip(stems, onsets, strict=True)]
    lead, least = round(LEAD * sample_rate), 1e-9 * float(models.mean()) + 1e-30
    power = models + least
    for _ in range(rounds):
        means, missing = torch.zeros_like(stems), torch.ones(len(stems), len(bands), models.shape[2]).to(models)
        total = power.sum(0)
        for j, found in enumerate(hits):
            check()
            if len(found.at) > 1:
                beside = x - stems[j]
                leak = istft(power[j] / total * stft(beside, n_fft, hop), x.shape[-1], hop)
                own, others, passed = (_cut(sound, found) for sound in (stems[j], beside, leak))
                guess, share = _guess(own, others, passed, found, bands, hop)
                _add(means[j], guess, found)
                missing[j] = _spread(share, found, models.shape[2], lead, hop)
        power = models * torch.einsum("bf,jbn->jfn", bands, missing) + least
        left = stft(x - means.sum(0), n_fft, hop)
        for j, share in enumerate(power / power.sum(0)):
            means[j] += istft(share * left, x.shape[-1], hop)
        stems = means
    return stems


def _guess(
    own: Tensor, beside: Tensor, leak: Tensor, hits: _Hits, bands: Tensor, hop: int
) -> tuple[Tensor, Tensor]:
    """The hits (H, C, L) of a drum as its other hits predict them, and the share of power they miss by band (H, B).

    own: as estimated. beside: what else sounds. leak: what of that the mask lets through.
    """
    n_fft, size = 2 * (bands.shape[1] - 1), own.shape[-1]
    flat, others = own.flatten(1), beside.flatten(1)
    energy = flat @ flat.T
    repeated = (_correlation(energy) > SAME) & (_correlation(others @ others.T) > SAME)
    weights = _weights(energy, repeated)

    def power(sound: Tensor) -> Tensor:
        return torch.stack([stft(one, n_fft, hop).abs().square().sum((0, 2)) @ bands.T for one in sound])

    mine = power(own).clamp(min=1e-20)
    guess = (weights @ flat).view_as(own) * hits.window[:, None]
    useful = (power(own - guess) / mine).median(0).values < USELESS
    guess = istft((useful.to(bands) @ bands)[:, None] * stft(guess, n_fft, hop), size, hop) * hits.window[:, None]
    share = (power(own - guess) / mine).clamp(1e-4, 1.0)
    share = (share * share.median(0).values).sqrt()  # a hit under others holds some of them: trust its drum as well
    passed_on = power((weights @ leak.flatten(1)).view_as(own) * hits.window[:, None]) / mine
    return guess, (share + passed_on).clamp(max=1.0)


def _add(mean: Tensor, pieces: Tensor, hits: _Hits) -> None:
    """Adds the pieces (H, C, L) to a sound (C, T) where they belong."""
    count, size = mean.shape[-1], pieces.shape[-1]
    for at, one in zip(hits.at, pieces, strict=True):
        first, last = max(at, 0), min(at + size, count)
        if last > first:
            mean[:, first:last] += one[:, first - at : last - at]


def _spread(share: Tensor, hits: _Hits, frames: int, lead: int, hop: int) -> Tensor:
    """The shares of the hits (H, B) on the frames where they sound, 1 elsewhere: (B, N)."""
    missing = torch.ones(share.shape[1], frames).to(share)
    for at, long, each in zip(hits.at, hits.window.sum(1).tolist(), share, strict=True):
        first = max(round((at + lead) / hop), 0)
        missing[:, first : first + max(int(long) // hop, 1)] = each[:, None]
    return missing


def _weights(energy: Tensor, repeated: Tensor) -> Tensor:
    """Row i: the weights (H,) by which the other hits predict hit i; 0 for itself and for repetitions of everything."""
    count = len(energy)
    weights = torch.zeros_like(energy)
    loaded = energy + torch.diag(DOUBT * energy.diagonal() + 1e-9 * energy.diagonal().max() + 1e-20)
    for i in range(count):
        use = ~repeated[i]
        use[i] = False
        if bool(use.any()):
            weights[i, use] = torch.linalg.solve(loaded[use][:, use], energy[i, use])
    return weights


def _found(sound: Tensor, onsets: Sequence[int], size: int, sample_rate: int) -> _Hits:
    """The hits of a drum, (T,), laid upon each other to the sample."""
    lead, span, heard = (round(seconds * sample_rate) for seconds in (LEAD, SPAN, HEARD))
    at = [onset - lead for onset in sorted(set(onsets))]
    if len(at) > 1:
        pieces = torch.stack([_piece(sound, one, heard) for one in at])
        at = sorted({one + by for one, by in zip(at, _offsets(*_lags(pieces, span)), strict=True)})
    window = torch.ones(len(at), size).to(sound)
    fade = round(FADE * sample_rate)
    for one, (here, following) in zip(window, itertools.pairwise(at), strict=False):
        end = following - here
        if end < size:
            one[end:] = 0.0
            short = min(fade, end)
            one[end - short : end] = torch.linspace(1.0, 0.0, short + 1)[1:].to(one)
    return _Hits(tuple(at), window)


def _lags(pieces: Tensor, span: int) -> tuple[Tensor, Tensor]:
    """Highest correlation of every two pieces (H, L) within ±span samples, and by how much the second is late."""
    count, size = pieces.shape
    n = 1 << (2 * size - 1).bit_length()
    spectra = torch.fft.rfft(pieces, n)
    norm = pieces.square().sum(1).clamp(min=1e-20).sqrt()
    best, late = torch.zeros(count, count), torch.zeros(count, count, dtype=torch.long)
    for i in range(count):
        products = torch.fft.irfft(spectra * spectra[i].conj(), n)
        value, where = torch.cat((products[:, -span:], products[:, : span + 1]), 1).max(1)
        best[i], late[i] = (value / (norm * norm[i])).cpu(), where.cpu() - span
    return best, late


def _offsets(best: Tensor, late: Tensor) -> list[int]:
    """By how much each hit is late, along the tree of highest correlations from the hit that is most like all."""
    count = len(best)
    offsets, done = [0] * count, [int(best.sum(1).argmax())]
    while len(done) < count:
        left = [j for j in range(count) if j not in done]
        table = best[done][:, left]
        place = int(table.argmax())
        i, j = done[place // len(left)], left[place % len(left)]
        if table.flatten()[place] > ALIKE:
            offsets[j] = offsets[i] + int(late[i, j])
        done.append(j)
    return offsets


def _cut(sound: Tensor, hits: _Hits) -> Tensor:
    """The hits (H, C, L) of a sound (C, T)."""
    return torch.stack([_piece(sound, at, hits.window.shape[1]) for at in hits.at]) * hits.window[:, None]


def _piece(sound: Tensor, at: int, size: int) -> Tensor:
    """Samples at … at + size, zeros outside the sound."""
    piece = sound.new_zeros((*sound.shape[:-1], size))
    first, last = max(at, 0), min(at + size, sound.shape[-1])
    if last > first:
        piece[..., first - at : last - at] = sound[..., first:last]
    return piece


def _correlation(energy: Tensor) -> Tensor:
    norm = energy.diagonal().clamp(min=1e-20).sqrt()
    return energy / (norm[:, None] * norm)


def _bands(bins: int, sample_rate: int, like: Tensor) -> Tensor:
    """Which bins (B, F) belong to each band."""
    f = torch.linspace(0.0, sample_rate / 2, bins)
    of = torch.bucketize(f, torch.tensor(EDGES), right=True)
    return torch.nn.functional.one_hot(of, len(EDGES) + 1).T.to(like)
