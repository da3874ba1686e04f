"""The local re-solve: better where a person painted, untouched elsewhere, no jump, exact sums, undo by keeping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.audio.signal import Audio
from separation.errors import Cancelled, InputError
from separation.nmf import Factors, factorise
from separation.nmf.features import describe
from separation.nmf.grouped import Grouped, grouped, lent
from separation.nmf.grouping.assignment import group
from separation.nmf.painting.maps import unpainted
from separation.nmf.painting.painted import loss, states
from separation.nmf.painting.resolve import crossfade, region, resolve, shares
from separation.nmf.painting.strokes import Grid, Stroke, rasterise
from separation.nmf.starts.stems import from_stems
from separation.spectral.masks import magnitude, ratio
from separation.spectral.stft import istft, stft
from tests.separation.nmf.painting import person
from tests.songs import Song

GRID = Grid(44100, 4096, 1024)
NAMES = ("vocals", "drums", "bass", "other")


def spectrum(samples: np.ndarray) -> Tensor:
    return stft(torch.from_numpy(np.array(samples)), GRID.n_fft, GRID.hop)


def unguided(V: Tensor, X: Tensor, truth: Mapping[str, np.ndarray], rank: int = 32) -> Grouped:
    """Plain NMF, its groups named in the way that is best for it."""
    fit = factorise(V, rank, coarse=True, iterations=60)
    features = describe(Factors(fit.W, fit.H), [side.abs() for side in X], GRID.sample_rate)
    labels = group(Factors(fit.W, fit.H), features, V, len(truth), GRID.sample_rate, "affinity")
    factors = grouped(fit.W, fit.H, labels, len(truth))
    masks = shares(factors, unpainted(len(truth), *V.shape))
    stems = [sound(mask, X, next(iter(truth.values())).shape[1]) for mask in masks]
    score = np.array([[sdr(one, stem) for stem in stems] for one in truth.values()])
    from scipy.optimize import linear_sum_assignment

    order = linear_sum_assignment(-score)[1]
    names = np.argsort(order)
    return grouped(fit.W, fit.H, torch.from_numpy(names)[labels], len(truth))


def sound(mask: Tensor, X: Tensor, length: int) -> np.ndarray:
    return istft(mask * X, length, GRID.hop).numpy()


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    error = np.square(truth.astype(np.float64) - estimate).sum()
    return float(10 * np.log10((np.square(truth.astype(np.float64)).sum() + 1e-7) / (error + 1e-7)))


def gain(truth: Mapping[str, np.ndarray], count: int = 8) -> tuple[float, float]:
    """Mean SDR of the stems before and after painting, where it was painted."""
    mixture = np.sum(list(truth.values()), axis=0)
    X, names = spectrum(mixture), tuple(truth)
    V = magnitude(X)
    strokes = person(truth, GRID, count)
    maps = rasterise(strokes, names, GRID, 0, V.shape[1])
    factors = unguided(V, X, truth)
    here = np.zeros(mixture.shape[1], bool)
    for stroke in strokes:
        here[int(stroke.start_s * GRID.sample_rate) : int(stroke.end_s * GRID.sample_rate)] = True
    means = []
    for masks in (shares(factors, unpainted(len(names), *V.shape)), shares(resolve(V, lent(factors), maps), maps)):
        stems = [sound(mask, X, mixture.shape[1])[:, here] for mask in masks]
        means.append(np.mean([sdr(truth[name][:, here], stem) for name, stem in zip(names, stems, strict=True)]))
    return float(means[0]), float(means[1])


@pytest.fixture(scope="module")
def place(song: Song) -> tuple[Tensor, Grouped, Tensor]:
    """V, factors and spectrum of a song that drums and voice are told apart in, more or less."""
    truth = {name: song.stems[name].samples[:, : 4 * 44100] for name in NAMES}
    X = spectrum(np.sum(list(truth.values()), axis=0))
    V = magnitude(X)
    return V, unguided(V, X, truth, 16), X


def test_strokes_make_the_painted_place_better(song: Song) -> None:
    before, after = gain({name: song.stems[name].samples[:, : 4 * 44100] for name in NAMES})
    assert after > before + 0.8


@pytest.mark.parametrize("name", ["musicdelta_rock", "musicdelta_reggae"])
def test_on_real_music(name: str, real_song: Callable[[str], dict[str, Audio]]) -> None:
    stems = real_song(name)
    truth = {n: stems[n].samples[:, 44100 * 2 : 44100 * 7] for n in NAMES}
    before, after = gain(truth)
    assert after > before + 1.0


def test_outside_nothing_moves_and_the_ends_do_not_jump(place: tuple[Tensor, Grouped, Tensor]) -> None:
    V, factors, X = place
    copies = factors.W.clone(), factors.H.clone(), V.clone()
    old = shares(factors, unpainted(4, *V.shape))
    strokes = [Stroke("vocals", 400, 3000, 2.2, 2.7)]
    first, last = region(*GRID.frames_of(2.2, 2.7), V.shape[1], 43)
    maps = rasterise(strokes, NAMES, GRID, first, last)
    new = resolve(V[:, first:last], factors.part(first, last), maps)
    masks = old.clone()
    masks[..., first:last] = crossfade(old[..., first:last], shares(new, maps), 20, 20)
    assert torch.equal(masks[..., :first], old[..., :first]) and torch.equal(masks[..., last:], old[..., last:])
    assert torch.equal(masks[..., first], old[..., first]) and torch.equal(masks[..., last - 1], old[..., last - 1])
    steps = (masks - old).abs().diff(dim=-1).abs().mean((0, 1))
    assert float(steps[max(first - 3, 0) : first + 3].max()) < 0.02 < float((masks - old).abs().max())
    torch.testing.assert_close(masks.sum(0), torch.ones_like(V), atol=3e-7, rtol=0)
    length = 4 * 44100
    whole = sum(sound(mask, X, length) for mask in masks)
    torch.testing.assert_close(torch.from_numpy(whole), istft(X, length, GRID.hop), atol=2e-6, rtol=0)
    # undo keeps the old value: nothing that was given was written to
    assert torch.equal(copies[0], factors.W) and torch.equal(copies[1], factors.H) and torch.equal(copies[2], V)
    kept = factors.with_part(first, new)
    assert torch.equal(kept.H[:, :first], factors.H[:, :first]) and torch.equal(kept.H[:, last:], factors.H[:, last:])
    assert torch.equal(resolve(V[:, first:last], factors.part(first, last), maps).H, new.H)
    assert torch.equal(shares(factors, unpainted(4, *V.shape)), old)


def test_it_goes_on_from_where_it_was_and_never_fits_worse(place: tuple[Tensor, Grouped, Tensor]) -> None:
    V, factors, _ = place
    maps = rasterise([Stroke("drums", 200, 9000, 1.0, 2.0)], NAMES, GRID, 0, V.shape[1])
    seen = []
    for iterations in (1, 5, 15, 40):
        seen.append(loss(V, resolve(V, factors, maps, iterations), maps))
    assert seen == sorted(seen, reverse=True)
    held = list(islice(states(V, factors, maps, hold_W=True), 200))[-1]
    assert seen[2] < loss(V, held, maps) * 1.05  # fifteen steps are nearly all the way


def test_painted_bins_go_to_the_painted_source(place: tuple[Tensor, Grouped, Tensor]) -> None:
    V, factors, _ = place
    stroke = Stroke("bass", 1000, 2000, 1.0, 2.0, 60.0, 0.0)  # where the bass has nothing yet
    maps = rasterise([stroke], NAMES, GRID, 0, V.shape[1])
    masks = shares(resolve(V, lent(factors), maps), maps)
    inside = masks[2, 94:184, 45:85]
    loud = V[94:184, 45:85] > 0.1 * V[94:184, 45:85].max()
    assert float(inside[loud].mean()) > 0.9


def test_the_stems_of_another_method_stay_as_good_where_nothing_was_painted(song: Song) -> None:
    truth = [song.stems[name].samples[:, : 4 * 44100] for name in NAMES]
    V = magnitude(spectrum(np.sum(truth, axis=0)))
    stems = torch.stack([magnitude(spectrum(x)) for x in truth])
    leak = stems.clone()
    leak[0, 200:, 60:100] += stems[1, 200:, 60:100]  # the drums leak into the voice for a second, above 2 kHz
    leak[1, 200:, 60:100] = 0.0
    start = from_stems(leak, 8)
    strokes = [Stroke("drums", 2200, 20000, 60 * 1024 / 44100, 100 * 1024 / 44100)]
    maps = rasterise(strokes, NAMES, GRID, 0, V.shape[1])
    old, right = ratio(leak), ratio(stems)
    new = shares(resolve(V, start, maps), maps, carried=(leak + 1e-4 * V, start))
    torch.testing.assert_close(new.sum(0), torch.ones_like(V), atol=3e-7, rtol=0)

    def error(masks: Tensor, rows: slice, columns: slice) -> float:
        return float(((masks - right)[:, rows, columns] * V[rows, columns]).abs().sum() / V[rows, columns].sum())

    assert error(new, slice(210, 1800), slice(62, 98)) < 0.3 * error(old, slice(210, 1800), slice(62, 98))
    assert error(new, slice(0, 2049), slice(120, 170)) < 0.15  # as good as it was, nearly, far from the stroke
    with pytest.raises(InputError, match="stems × bins × frames"):
        from_stems(V)


def test_silence_stays_and_cancel_ends_it(place: tuple[Tensor, Grouped, Tensor]) -> None:
    V, factors, _ = place
    maps = unpainted(4, *V.shape)
    assert resolve(V * 0, factors, maps) is factors
    silent = from_stems(torch.zeros(3, 20, 10), 4)
    assert silent.sizes == (4, 4, 4) and torch.isfinite(silent.W).all()

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        resolve(V, factors, maps, check=check)
