"""Shares of atoms: whatever they are, the models sum to WH; labels are a special case, to the bit."""

from __future__ import annotations

import pytest
import torch

from separation.errors import ParameterError
from separation.nmf.grouping.soft import hard, models, normalised
from tests.separation.nmf.grouping.band import band


def test_any_shares_sum_to_the_model() -> None:
    one = band()
    G = normalised(torch.rand(18, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    torch.testing.assert_close(G.sum(1), torch.ones(18, dtype=torch.float64))
    made = models(one.factors, G)
    torch.testing.assert_close(made.sum(0), one.V, rtol=1e-12, atol=0)
    plain = sum(G[k, 2] * torch.outer(one.factors.W[:, k], one.factors.H[k]) for k in range(18))
    torch.testing.assert_close(made[2], plain, rtol=1e-12, atol=0)


def test_labels_are_shares_of_one() -> None:
    one = band()
    made = models(one.factors, hard(one.truth, 4))
    for j in range(3):
        mine = one.truth == j
        assert torch.equal(made[j], one.factors.W[:, mine] @ one.factors.H[mine])
    assert not made[3].any()


def test_what_cannot_be_shares_is_a_sentence() -> None:
    with pytest.raises(ParameterError, match="Atom 2 belongs to no source"):
        normalised(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    for wrong in (torch.tensor([[-1.0, 2.0]]), torch.tensor([[float("nan"), 1.0]]), torch.ones(3)):
        with pytest.raises(ParameterError, match="not negative"):
            normalised(wrong)
