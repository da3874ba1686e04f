"""Which solver "auto" is, that the same seed gives the same factors with every solver, and restarts."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from separation.errors import Cancelled, ParameterError
from separation.nmf import Factors, factorise, iterate
from separation.nmf.divergences import AlphaBeta, Divergence
from separation.nmf.factorisation import LONG, PLAIN, STARTS, Constraint, choose
from separation.nmf.penalties.sparsity import Sparsity
from separation.nmf.problem import pose
from separation.nmf.solvers.wishes import NOTHING, Wishes
from separation.nmf.starts.restarts import best_start
from separation.progress import Report
from tests.separation.nmf.test_factorisation import spectrogram

SMALL, LARGE = torch.ones(200, 100), torch.ones(1025, 4096)
LONGEST = torch.ones(3, LONG)


@pytest.mark.parametrize(
    "V,kind,wishes,expected",
    [
        (SMALL, 2.0, NOTHING, "extrapolated-hals"),
        (LARGE, 2.0, NOTHING, "randomised-hals"),
        (torch.ones(64, 1 << 16), 2.0, NOTHING, "extrapolated-hals"),  # large, but too few bins to compress
        (SMALL, 2.0, Wishes(hold_W=torch.ones(200, 2)), "extrapolated"),
        (SMALL, 1.0, Wishes(shape=torch.abs), "mu"),
        (SMALL, 2.0, Wishes(penalties=(Sparsity(1.0),)), "mu"),
        (LONGEST, 1.0, NOTHING, "sag"),
        (LONGEST, 0.0, NOTHING, "sag"),
        (LONGEST, 0.5, NOTHING, "extrapolated"),
        (LONGEST, 1.0, Wishes(hold_H=torch.ones(LONG, 2)), "extrapolated"),
        (LARGE, 1.0, NOTHING, "extrapolated"),
        (LARGE, 0.0, NOTHING, "extrapolated"),
        (SMALL, AlphaBeta(0.5, 0.5), NOTHING, "extrapolated"),
        (SMALL, AlphaBeta(1.0, 1.0), NOTHING, "extrapolated-hals"),
    ],
)
def test_auto_is_what_its_table_says(V: torch.Tensor, kind: Divergence, wishes: Wishes, expected: str) -> None:
    assert choose(pose(V, kind), 2, wishes) == expected
    assert f"| {expected} " in str(choose.__doc__)


def test_auto_by_weights_and_constraints() -> None:
    assert choose(pose(SMALL, 2.0, SMALL), 2, NOTHING) == "extrapolated"
    assert choose(pose(SMALL, 2.0), 2, NOTHING, Constraint(simplex=True)) == "ao-admm"
    V = spectrogram()
    picked = list(islice(iterate(V, 4, divergence=0.0), 30))[-1]
    named = list(islice(iterate(V, 4, divergence=0.0, solver="extrapolated"), 30))[-1]
    assert torch.equal(picked.H, named.H)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("solver", ["mu", "extrapolated", "ao-admm", *PLAIN])
def test_the_same_seed_gives_the_same_factors(solver: str, start: str) -> None:
    V = spectrogram(120, 700).float()
    kind = 2.0 if "hals" in solver else 1.0
    one, again, other = (
        factorise(V, 5, divergence=kind, solver=solver, start=start, iterations=20, tolerance=0.0, coarse=True, seed=s)
        for s in (3, 3, 4)
    )
    torch.testing.assert_close(one.W, again.W, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(one.H, again.H, rtol=1e-6, atol=1e-6 * float(one.H.mean()))
    assert start == "nndsvd" or not torch.allclose(one.W, other.W, rtol=1e-3)


@pytest.mark.parametrize("frames", [100, 1400])
def test_restarts_take_the_lowest_of_their_seeds(frames: int) -> None:
    V = spectrogram(60, frames, rank=8)
    problem = pose(V)
    several = best_start(problem, 8, 5, 4)
    each = [best_start(problem, 8, 5 + i, 1) for i in range(4)]
    losses = [one.loss(V) for one in each]
    assert len(set(losses)) == 4 and several.step == 0 and several.H.shape == (8, frames)
    assert any(torch.equal(several.W, one.W) for one in each)
    if frames == 100:  # no averages there: the losses are those it chose by
        assert several.loss(V) == min(losses)
    fit = factorise(V, 8, restarts=4, seed=5, iterations=10, tolerance=0.0)
    assert fit.losses[0] == pytest.approx(several.loss(V)) and fit.losses[-1] < fit.losses[0]
    again = factorise(V, 8, restarts=4, seed=5, iterations=10, tolerance=0.0)
    torch.testing.assert_close(fit.W, again.W, rtol=1e-6, atol=1e-9)


def test_restarts_and_starts_that_contradict_get_a_sentence() -> None:
    V = spectrogram()
    with pytest.raises(ParameterError, match="random starts"):
        iterate(V, 3, restarts=0)
    with pytest.raises(ParameterError, match="random starts"):
        iterate(V, 3, restarts=3, start="kmeans")
    with pytest.raises(ParameterError, match="random starts"):
        iterate(V, 3, restarts=3, start=Factors(torch.ones(60, 3), torch.ones(3, 50)))
    with pytest.raises(ParameterError, match="nothing for restarts"):
        iterate(V, 3, restarts=3, hold_W=torch.ones(3))
    with pytest.raises(ParameterError, match="no start"):
        iterate(V, 3, start="magic")


def test_what_precedes_the_first_state_can_be_cancelled() -> None:
    class Set:
        def is_set(self) -> bool:
            return True

    report = Report(cancel=Set())
    for options in ({"restarts": 3}, {"coarse": True}, {"start": "kmeans"}):
        with pytest.raises(Cancelled):
            iterate(spectrogram(60, 700), 3, check=report.check, **options)
