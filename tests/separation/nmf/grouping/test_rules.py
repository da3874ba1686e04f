"""The rules by themselves, against the plainest way to compute them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from separation.errors import InputError, ParameterError
from separation.nmf.grouping import percussive
from separation.nmf.grouping.affinity import affinity
from separation.nmf.grouping.dendrogram import ward
from separation.nmf.grouping.membership import disagreements, membership, shares
from separation.nmf.grouping.percussive import hits_by_features, percussive_share
from separation.nmf.grouping.shift_invariant import by_instruments, distances, log_spectra
from separation.nmf.grouping.spectral import spectral, suggest_sources
from tests.separation.nmf.grouping.band import RATE, band


def blocks(sizes: list[int], inside: float = 0.8, outside: float = 0.05) -> torch.Tensor:
    label = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    noise = torch.rand(len(label), len(label), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    A = torch.where(label[:, None] == label, inside, outside) * (0.8 + 0.2 * (noise + noise.T) / 2)
    return A.fill_diagonal_(1.0)


@pytest.mark.parametrize("sizes", [[9, 9], [4, 6, 5], [7, 5, 9, 6], [6] * 6, [5] * 8])
def test_the_eigengap_counts_blocks(sizes: list[int]) -> None:
    A = blocks(sizes)
    assert suggest_sources(A) == len(sizes)
    labels = spectral(A, len(sizes))
    assert [len(set(part.tolist())) for part in labels.split(sizes)] == [1] * len(sizes)
    assert len(set(labels.tolist())) == len(sizes)


def test_few_atoms_few_sources() -> None:
    assert [suggest_sources(blocks([1] * k)) for k in (1, 2)] == [1, 2]
    assert suggest_sources(blocks([5] * 10), most=6) <= 6


def test_cuts_of_the_tree_are_nested_and_keep_their_numbers() -> None:
    one = band()
    features = one.features
    tree = ward(affinity(features, one.factors.H), features.energy)
    before = tree.cut(1)
    assert not before.any()
    for groups in range(2, tree.atoms + 1):
        after = tree.cut(groups)
        assert set(after.tolist()) == set(range(groups))
        moved = after != before
        assert (after[moved] == groups - 1).all() and len(set(before[moved].tolist())) == 1
        stayed = (before == before[moved][0]) & ~moved
        assert float(features.energy[stayed].sum()) >= float(features.energy[moved].sum()) - 1e-6
        before = after
    assert (np.diff(tree.heights) >= -1e-12).all()
    for wrong in (0, tree.atoms + 1):
        with pytest.raises(ParameterError, match="can form 1 to"):
            tree.cut(wrong)
    assert ward(torch.ones(1, 1), torch.ones(1)).cut(1).tolist() == [0]


def test_membership_is_the_inner_product_and_adds_up_over_pieces() -> None:
    one = band(2)
    table = membership(one.factors, one.stems)
    W, H = one.factors.W.numpy(), one.factors.H.numpy()
    plain = [[(np.outer(W[:, k], H[k]) * V.numpy()).sum() for V in one.stems] for k in range(6)]
    np.testing.assert_allclose(table, plain, rtol=1e-9)
    pieces = sum(
        membership(type(one.factors)(one.factors.W, one.factors.H[:, part]), [V[:, part] for V in one.stems])
        for part in (slice(0, 100), slice(100, None))
    )
    torch.testing.assert_close(pieces, table)
    assert torch.equal(table.argmax(1), one.truth)
    torch.testing.assert_close(shares(table).sum(1), torch.ones(6, dtype=torch.float64))
    assert (shares(torch.zeros(2, 4)) == 0.25).all()
    cubes = (table / 7) ** 3
    torch.testing.assert_close(shares(table, 3), cubes / cubes.sum(1, keepdim=True))
    with pytest.raises(InputError, match="take the transform"):
        membership(one.factors, [one.stems[0][:, 1:]])


def test_disagreements_come_by_what_is_at_stake() -> None:
    one = band(2)
    table = membership(one.factors, one.stems)
    assert disagreements(table, one.truth) == ()
    wrong = (one.truth + 1) % 3
    found = disagreements(table, wrong)
    stake = table.amax(1) - table.gather(1, wrong[:, None])[:, 0]
    assert sorted(found) == list(range(6)) and list(found) == sorted(range(6), key=lambda k: -float(stake[k]))


def test_hits_and_notes_by_both_rules() -> None:
    one = band()
    share = percussive_share(one.factors, one.V)
    assert share[one.truth == 0].min() > 0.55 and share[one.truth > 0].max() < 0.3
    assert torch.equal(hits_by_features(one.features), (one.truth == 0).long())


def test_medians_in_pieces_are_the_medians_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    one = band()
    whole = percussive_share(one.factors, one.V)
    monkeypatch.setattr(percussive, "FRAMES", 37)
    torch.testing.assert_close(percussive_share(one.factors, one.V), whole)


def test_distances_over_shifts_are_the_plain_ones() -> None:
    L = torch.rand(14, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = distances(L, 7)
    unit = (L / L.norm(dim=0)).numpy()
    for k in range(5):
        for m in range(5):
            best = max(sum(unit[b, k] * unit[b - s, m] for b in range(14) if 0 <= b - s < 14) for s in range(-3, 4))
            assert abs(float(found[k, m]) - (1 - best)) < 1e-9


def test_instruments_are_told_apart_by_shape_not_pitch() -> None:
    """Two instruments, each in eight random pitches that overlap: only the shape of the spectrum tells them apart."""
    random = torch.Generator().manual_seed(3)
    rows, atoms, truth = 72, [], []
    for source, steps in enumerate(([0, 12, 19, 24, 28], [0, 7, 17, 22])):
        for _ in range(8):
            w = torch.full((rows,), 1e-3, dtype=torch.float64)
            start = int(torch.randint(30, (1,), generator=random))
            for n, step in enumerate(steps):
                w[start + step] += 1.0 / (1 + n)
            atoms.append(w)
            truth.append(source)
    labels = by_instruments(torch.stack(atoms, 1), 2)
    agreement = float((labels == torch.tensor(truth)).double().mean())
    assert max(agreement, 1 - agreement) == 1.0


def test_an_octave_is_twelve_rows() -> None:
    one = band()
    W = torch.zeros(513, 2, dtype=torch.float64)
    W[50, 0] = W[100, 1] = 1.0
    rows = log_spectra(W, RATE).argmax(0)
    assert int(rows[1] - rows[0]) == 12
    assert torch.isfinite(log_spectra(one.factors.W, RATE)).all()
