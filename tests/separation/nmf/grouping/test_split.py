"""Splitting and merging: every frame stays as loud as it was, the fit gets better, and what was glued comes apart."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from separation.errors import ParameterError
from separation.nmf import Factors, factorise
from separation.nmf.grouping.affinity import affinity
from separation.nmf.grouping.merge import merge
from separation.nmf.grouping.silhouette import glue, silhouettes
from separation.nmf.grouping.split import split
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.separation.nmf.grouping.band import band
from tests.songs import compose


def music() -> torch.Tensor:
    song = compose(3.0, 16000)
    return magnitude(stft(torch.tensor(song.mixture.samples), 512, 128)).double()


def noise() -> torch.Tensor:
    return torch.rand(60, 90, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.mark.parametrize("V", [noise(), music()], ids=["random", "musical"])
def test_no_step_of_a_split_raises_the_loss_and_every_frame_keeps_its_level(V: torch.Tensor) -> None:
    fit = factorise(V, 6, iterations=25, seed=1)  # not converged: the promise holds all the same
    factors = Factors(fit.W, fit.H)
    for atom in (0, 3):
        losses = [split(V, factors, atom, steps).loss(V) for steps in range(0, 40)]
        assert abs(losses[0] / factors.loss(V) - 1) < 1e-9  # it starts as the old atom
        assert all(b <= a * (1 + 1e-10) for a, b in pairwise(losses))
        assert losses[-1] < losses[0]
        two = split(V, factors, atom)
        torch.testing.assert_close(two.H[atom] + two.H[-1], factors.H[atom], rtol=1e-10, atol=0)
        torch.testing.assert_close(two.W.sum(0), torch.ones(7, dtype=torch.float64))
        rest = [k for k in range(6) if k != atom]
        assert torch.equal(two.W[:, rest], factors.W[:, rest]) and torch.equal(two.H[rest], factors.H[rest])


def test_two_sounds_glued_into_one_atom_come_apart() -> None:
    one = band()
    hit, note = 0, 14
    glued = merge(one.factors, [hit, note])
    V = one.V
    two = split(V, glued, hit, 100)
    found = two.W[:, [hit, -1]]
    true = one.factors.W[:, [hit, note]]
    alike = torch.nn.functional.cosine_similarity(found[:, :, None], true[:, None, :], dim=0)
    assert max(float(alike.diag().min()), float(alike.flip(1).diag().min())) > 0.9
    assert two.loss(V) < 0.1 * glued.loss(V)


def test_scaling_and_silence() -> None:
    V = noise()
    fit = factorise(V, 4, iterations=20)
    factors = Factors(fit.W, fit.H)
    loud = split(1000 * V, Factors(fit.W * 10, fit.H * 100), 2)
    torch.testing.assert_close(loud.W @ loud.H, 1000 * (split(V, factors, 2).W @ split(V, factors, 2).H))
    H = factors.H.clone()
    H[1] = 0.0
    still = split(V, Factors(factors.W, H), 1)
    assert not still.H[1].any() and not still.H[-1].any() and torch.isfinite(still.W).all()
    with pytest.raises(ParameterError, match="no atom 5 among 4"):
        split(V, factors, 4)


def test_a_merged_atom_is_the_nearest_of_rank_one() -> None:
    one = band()
    pair = [4, 9]
    whole = one.factors.W[:, pair] @ one.factors.H[pair]
    merged = merge(one.factors, pair)
    assert merged.W.shape[1] == 17 and torch.equal(merged.H[9:], one.factors.H[10:])
    made = torch.outer(merged.W[:, 4], merged.H[4])
    torch.testing.assert_close(made.sum(0), whole.sum(0))
    torch.testing.assert_close(made.sum(1), whole.sum(1))
    fit = factorise(whole, 1, iterations=50, solver="mu", tolerance=0.0)
    alone = Factors(merged.W[:, 4:5], merged.H[4:5])
    assert alone.loss(whole) <= Factors(fit.W, fit.H).loss(whole) * (1 + 1e-9)
    for wrong in ([3], [3, 3], [0, 18], [-1, 2]):
        with pytest.raises(ParameterError, match="at least two"):
            merge(one.factors, wrong)


def test_merging_what_was_split_gives_the_activation_back() -> None:
    V = noise()
    fit = factorise(V, 4, iterations=20)
    back = merge(split(V, Factors(fit.W, fit.H), 1), [1, 4])
    torch.testing.assert_close(back.H, fit.H)


def test_silhouettes_against_the_plainest_form() -> None:
    one = band()
    A = affinity(one.features, one.factors.H)
    labels = one.truth.clone()
    labels[0] = 3  # alone
    found = silhouettes(A, labels)
    d = -A.log()
    for k in range(18):
        mine = [i for i in range(18) if labels[i] == labels[k] and i != k]
        if not mine:
            assert found[k] == 0.0
            continue
        a = float(d[k, mine].mean())
        b = min(float(d[k, labels == j].mean()) for j in set(labels.tolist()) - {int(labels[k])})
        assert abs(float(found[k]) - (b - a) / max(a, b)) < 1e-9
    assert not silhouettes(A, torch.zeros(18, dtype=torch.long)).any()


def test_the_atom_that_glues_two_sources_stands_out() -> None:
    one = band()
    wrong = one.truth.clone()
    wrong[14] = 0
    A = affinity(one.features, one.factors.H)
    assert glue(A, wrong, one.features.energy)[0] == 14
    assert glue(A, one.truth, one.features.energy) == ()
