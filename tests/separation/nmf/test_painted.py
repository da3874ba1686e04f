"""Painted NMF: the loss never rises, a plain float64 reference agrees, maps are sparse and exact."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.errors import InputError, ParameterError
from separation.nmf import iterate
from separation.nmf.grouped import Grouped, grouped, lent
from separation.nmf.painting.maps import TILE, Maps, maps_of, unpainted
from separation.nmf.painting.painted import Anchor, loss, models, states
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.songs import Song

SIZES = (3, 0, 2, 4)


def noise(bins: int = 40, frames: int = 150, seed: int = 1) -> torch.Tensor:
    random = np.random.default_rng(seed)
    V = random.gamma(0.5, 1.0, (bins, 6)) @ random.gamma(0.3, 1.0, (6, frames))
    return torch.from_numpy(V + 0.01 * random.random((bins, frames)))


def penalties(bins: int, frames: int, seed: int = 3) -> torch.Tensor:
    """Rough brush strokes for three of the four sources, in some of the tiles."""
    L = torch.zeros(len(SIZES), bins, frames, dtype=torch.float64)
    L[0, bins // 4 : bins // 2, TILE - 9 : TILE + 20] = 3.0
    L[2, bins // 3 : bins // 2, 5:30] = torch.rand(bins // 2 - bins // 3, 25, dtype=torch.float64) * 8
    L[3, :, -20:] = 1.0
    return L


def start(V: torch.Tensor, sizes: tuple[int, ...] = SIZES) -> Grouped:
    first = next(iterate(V, sum(sizes), seed=5))
    return Grouped(first.W, first.H, sizes)


def test_one_step_is_that_of_the_weighted_rules() -> None:
    V = noise()
    L = penalties(*V.shape)
    first, second = islice(states(V, start(V), maps_of(L)), 2)
    W, H, v = first.W.numpy().copy(), first.H.numpy().copy(), V.numpy()
    M = np.exp(-L.numpy())

    def ratio() -> np.ndarray:
        model = np.zeros_like(v)
        for s, place in enumerate(first.places):
            model += M[s] * (W[:, place] @ H[place])
        return v / model

    R, H_new = ratio(), H.copy()
    for s, place in enumerate(first.places):
        H_new[place] = H[place] * (W[:, place].T @ (M[s] * R)) / (W[:, place].T @ M[s])
    H = H_new
    R = ratio()
    for s, place in enumerate(first.places):
        W[:, place] *= ((M[s] * R) @ H[place].T) / (M[s] @ H[place].T)
    np.testing.assert_allclose(second.H.numpy(), H, rtol=1e-9)
    np.testing.assert_allclose(second.W.numpy(), W, rtol=1e-9)
    assert second.step == 1
    for s, place in enumerate(first.places):
        np.testing.assert_allclose(models(second, maps_of(L))[s].numpy(), M[s] * (W[:, place] @ H[place]), rtol=1e-9)


def musical(song: Song) -> torch.Tensor:
    return magnitude(stft(torch.from_numpy(song.mixture.samples[:, :30000].copy()), 512, 256))


@pytest.mark.parametrize("kind", ["noise", "song", "float32"])
@pytest.mark.parametrize("hold", ["free", "held", "anchored"])
def test_the_loss_never_rises(kind: str, hold: str, short_song: Song) -> None:
    V = noise() if kind != "song" else musical(short_song).double()
    V = V.float() if kind == "float32" else V
    first, maps = start(V), maps_of(penalties(*V.shape))
    anchor = Anchor(first.W, first.H.sum(1)) if hold == "anchored" else None
    made = islice(states(V, first, maps, hold_W=hold == "held", anchor=anchor), 40)
    losses = [loss(V, state, maps, anchor) for state in made]
    assert np.all(np.diff(losses) <= (1e-10 if V.dtype == torch.float64 else 1e-6) * losses[0])
    assert losses[-1] < 0.95 * losses[0]


def test_without_paint_it_is_plain_nmf() -> None:
    V = noise()
    plain = list(islice(iterate(V, sum(SIZES), seed=5, solver="mu"), 6))[-1]
    mine = list(islice(states(V, start(V), unpainted(len(SIZES), *V.shape)), 6))[-1]
    torch.testing.assert_close(mine.W, plain.W, rtol=1e-8, atol=1e-14)
    torch.testing.assert_close(mine.H, plain.H, rtol=1e-8, atol=1e-14)


def test_scaled_in_scaled_out_and_zeros_stay() -> None:
    V, first = noise(), start(noise())
    W = first.W.clone()
    W[:7, 2] = 0.0
    maps = maps_of(penalties(*V.shape))
    one = list(islice(states(V, Grouped(W, first.H, SIZES), maps), 20))[-1]
    many = list(islice(states(1e6 * V, Grouped(W, 1e6 * first.H, SIZES), maps), 20))[-1]
    torch.testing.assert_close(many.W, one.W, rtol=1e-6, atol=1e-12)
    torch.testing.assert_close(many.H, 1e6 * one.H, rtol=1e-6, atol=1e-3)
    assert (one.W[:7, 2] == 0.0).all() and (one.W[7:, 2] > 0.0).any()


def test_held_atoms_stay_and_anchored_ones_move_less() -> None:
    V, first = noise(), start(noise())
    maps = maps_of(penalties(*V.shape))
    held = list(islice(states(V, first, maps, hold_W=True), 10))[-1]
    assert torch.equal(held.W, first.W)
    moves = []
    for mass in (0.0, 1.0, 100.0, 1e9):
        last = list(islice(states(V, first, maps, anchor=Anchor(first.W, mass * first.H.sum(1))), 10))[-1]
        moves.append(float((last.W - first.W).norm()))
    assert moves == sorted(moves, reverse=True) and moves[-1] < 1e-6 * moves[0]


def test_sources_and_atoms_in_another_order_are_the_same_model() -> None:
    V, L = noise(), penalties(*noise().shape)
    first = start(V)
    order = [2, 3, 0, 1]
    parts = [first.places[s] for s in order]
    other = Grouped(
        torch.cat([first.W[:, p] for p in parts], 1), torch.cat([first.H[p] for p in parts]),
        tuple(SIZES[s] for s in order),
    )  # fmt: skip
    one = list(islice(states(V, first, maps_of(L)), 8))[-1]
    two = list(islice(states(V, other, maps_of(L[order])), 8))[-1]
    torch.testing.assert_close(models(two, maps_of(L[order])), models(one, maps_of(L))[order], rtol=1e-8, atol=1e-12)


def test_maps_are_kept_only_where_something_was_painted() -> None:
    L = torch.zeros(2, 30, 5 * TILE)
    L[1, 10:13, TILE + 3] = 2.0
    maps = maps_of(L)
    assert list(maps.tiles) == [1]
    tile = maps.tiles[1]
    assert (tile.low, tile.high) == (10, 13) and tile.M[0] is None and tile.M[1] is not None
    assert tile.M[1].shape == (TILE, 3) and float(tile.M[1].min()) == pytest.approx(np.exp(-2.0))
    cut = list(maps.pieces(TILE - 2, TILE + 4))
    assert [(p.start, p.stop) for p, _ in cut] == [(TILE - 2, TILE), (TILE, TILE + 4)] and cut[0][1] is None


def test_grouping_sorts_atoms_and_a_part_can_be_put_back() -> None:
    V = noise()
    first = next(iterate(V, 4, seed=0))
    both = grouped(first.W, first.H, [1, 0, 1, 2], 4)
    assert both.sizes == (1, 2, 1, 0)
    torch.testing.assert_close(both.W @ both.H, first.W @ first.H)
    part = both.part(10, 20)
    put = both.with_part(10, Grouped(part.W, 2 * part.H, part.sizes))
    assert torch.equal(put.H[:, 10:20], 2 * both.H[:, 10:20]) and torch.equal(put.H[:, 20:], both.H[:, 20:])
    assert torch.equal(both.H[:, 10:20], part.H)  # the old ones are as they were: undo keeps them


def test_lent_atoms_are_the_same_model() -> None:
    first = start(noise())
    both = lent(first, 0.1)
    assert both.sizes == (9,) * 4 and torch.allclose(both.W @ both.H, first.W @ first.H, rtol=1e-12)
    own = models(both, unpainted(4, 40, 150))[0]
    want = 0.9 * first.W[:, :3] @ first.H[:3] + 0.1 / 3 * first.W[:, 3:] @ first.H[3:]
    torch.testing.assert_close(own, want, rtol=1e-10, atol=1e-12)
    with pytest.raises(ParameterError, match="two sources"):
        lent(Grouped(first.W, first.H, (9,)))


def test_what_does_not_fit_gets_a_sentence() -> None:
    V, first = noise(), start(noise())
    with pytest.raises(ParameterError, match="same transform"):
        next(states(V[:, :50], first, unpainted(4, 40, 150)))
    with pytest.raises(ParameterError, match="maps of 3 sources"):
        next(states(V, first, unpainted(3, 40, 150)))
    with pytest.raises(InputError, match="all zeros"):
        next(states(V * 0, first, unpainted(4, 40, 150)))
    with pytest.raises(ParameterError, match="not negative"):
        maps_of(-torch.ones(1, 3, 3))
    with pytest.raises(ParameterError, match="needs one of the sources"):
        grouped(first.W, first.H, [0] * 8 + [9], 4)
    with pytest.raises(ParameterError, match="do not fit"):
        Grouped(first.W, first.H, (1, 2))
    with pytest.raises(ParameterError, match="not negative"):
        next(states(V, Grouped(first.W, -first.H, SIZES), Maps(4, 40, 150, {})))
