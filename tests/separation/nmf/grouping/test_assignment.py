"""Every grouping: the same stems whatever the order of the atoms, loudest first, the right ones where it is easy."""

from __future__ import annotations

import pytest
import torch

from separation.errors import Cancelled, ParameterError
from separation.nmf.grouping.assignment import GROUPINGS, group
from separation.parameters import describe
from separation.separators.nmf import NmfParameters
from tests.separation.nmf.grouping.band import RATE, Band, band, right


def labels_of(which: Band, grouping: str, sources: int = 3, seed: int = 0) -> torch.Tensor:
    return group(which.factors, which.features, which.V, sources, RATE, grouping, seed)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_permuted_atoms_same_sources(grouping: str) -> None:
    one = band()
    order = torch.randperm(len(one.truth), generator=torch.Generator().manual_seed(5))
    assert torch.equal(labels_of(one.permuted(order), grouping), labels_of(one, grouping)[order])


@pytest.mark.parametrize("grouping", [g for g in GROUPINGS if g != "percussive"])
def test_loudest_source_first_and_more_sources_than_atoms(grouping: str) -> None:
    one = band(2)
    found = labels_of(one, grouping)
    energy = torch.zeros(3).index_add_(0, found, one.features.energy)
    assert (energy[:-1] >= energy[1:]).all()
    many = labels_of(one, grouping, 12)
    assert int(many.min()) >= 0 and int(many.max()) < 12


@pytest.mark.parametrize(
    ("grouping", "at_least"),
    [("affinity", 1.0), ("ward", 0.85), ("source-filter", 0.85), ("filters", 0.65), ("shift-invariant", 0.7)],
)
def test_a_band_of_three_is_found(grouping: str, at_least: float) -> None:
    one = band()
    assert right(labels_of(one, grouping), one.truth) >= at_least


def test_percussive_makes_two_notes_first() -> None:
    one = band()
    assert torch.equal(labels_of(one, "percussive", 7), (one.truth == 0).long())


def test_an_unknown_grouping_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match="use one of affinity"):
        labels_of(band(2), "magic")


def test_the_method_offers_every_grouping() -> None:
    choices = {d.name: d.choices for d in describe(NmfParameters)}["grouping"]
    assert choices == GROUPINGS


@pytest.mark.parametrize("grouping", ["percussive", "shift-invariant"])
def test_a_stop_is_heard(grouping: str) -> None:
    def stop() -> None:
        raise Cancelled

    one = band()
    with pytest.raises(Cancelled):
        group(one.factors, one.features, one.V, 3, RATE, grouping, check=stop)


def test_the_scale_between_factors_means_nothing() -> None:
    one = band()
    scale = torch.linspace(0.1, 10.0, len(one.truth), dtype=torch.float64)
    factors = type(one.factors)(one.factors.W * scale, one.factors.H / scale[:, None])
    two = Band(factors, one.channels, one.truth, one.stems)
    for grouping in GROUPINGS:
        assert torch.equal(labels_of(two, grouping), labels_of(one, grouping))
