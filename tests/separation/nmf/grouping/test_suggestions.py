"""Answers are kept to the letter, what follows from them too, and they teach: the rest gets better."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from separation.errors import ParameterError
from separation.nmf.grouping.affinity import affinity
from separation.nmf.grouping.constraints import Answers, close, constrained, settle
from separation.nmf.grouping.logistic import fit, probabilities
from separation.nmf.grouping.membership import membership, shares
from separation.nmf.grouping.soft import hard
from separation.nmf.grouping.suggestions import Suggestions, suggest
from tests.separation.nmf.grouping.band import Band, band


def ask(one: Band, labels: torch.Tensor, answers: Answers) -> Suggestions:
    return suggest(one.features, affinity(one.features, one.factors.H), hard(labels, 3), answers)


def confused(one: Band, share: float, seed: int) -> torch.Tensor:
    """The truth with a share of the labels replaced at random."""
    random = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(one.truth), generator=random) < share
    return torch.where(wrong, torch.randint(3, one.truth.shape, generator=random), one.truth)


def test_before_any_answer_the_grouping_is_what_is_suggested() -> None:
    one = band()
    found = ask(one, one.truth, Answers())
    assert torch.equal(found.labels, one.truth)
    assert [s.first for s in found.queue] == [int(one.truth[s.atom]) for s in found.queue]
    assert all(s.second != s.first and 1 / 3 < s.certainty < 1 for s in found.queue)
    torch.testing.assert_close(found.shares.sum(1), torch.ones(18, dtype=torch.float64))


def test_the_queue_is_ordered_by_energy_times_doubt() -> None:
    one = band()
    found = ask(one, confused(one, 0.3, 0), Answers(given=((3, 1),)))
    worth = [float(one.features.energy[s.atom]) * (1 - s.certainty) for s in found.queue]
    assert worth == sorted(worth, reverse=True) and sorted(s.atom for s in found.queue) == [
        k for k in range(18) if k != 3
    ]


@pytest.mark.parametrize("seed", range(4))
def test_answering_what_is_asked_teaches_the_rest(seed: int) -> None:
    """The first six in the queue are answered with the truth; the accuracy is measured on the atoms never asked."""
    one = band(10, seed)
    start = confused(one, 0.45, seed)
    answers = Answers()
    before = ask(one, start, answers).labels
    for _ in range(6):
        atom = ask(one, start, answers).queue[0].atom
        answers = answers.say(atom, int(one.truth[atom]))
    rest = torch.tensor([k for k in range(30) if k not in dict(answers.given)])
    after = ask(one, start, answers).labels
    was, now = (float((labels[rest] == one.truth[rest]).double().mean()) for labels in (before, after))
    assert now > was or was == 1.0
    assert now > 0.85


@pytest.mark.parametrize("seed", range(5))
def test_answers_are_kept_whatever_they_are(seed: int) -> None:
    one = band()
    random = np.random.default_rng(seed)
    given = tuple((int(k), int(random.integers(3))) for k in random.choice(6, 3, replace=False))
    free = [int(k) for k in random.permutation(np.arange(6, 18))]
    together = ((free[0], free[1]), (free[1], free[2]), (free[3], given[0][0]))
    apart = ((free[2], free[4]), (free[5], free[6]), (free[6], free[7]), (free[5], free[7]), (free[8], given[1][0]))
    labels = ask(one, confused(one, 0.5, seed), Answers(given, together, apart)).labels
    assert all(int(labels[k]) == j for k, j in given)
    assert all(labels[a] == labels[b] for a, b in together)
    assert all(labels[a] != labels[b] for a, b in apart)


def test_answers_do_not_depend_on_the_order_of_the_atoms() -> None:
    one = band()
    start = confused(one, 0.3, 1)
    order = torch.randperm(18, generator=torch.Generator().manual_seed(2))
    place = {int(k): i for i, k in enumerate(order)}
    answers = Answers(((2, 1), (7, 1)), ((3, 4),), ((5, 15),))
    moved = Answers(
        tuple((place[k], j) for k, j in answers.given),
        tuple((place[a], place[b]) for a, b in answers.together),
        tuple((place[a], place[b]) for a, b in answers.apart),
    )
    here, there = ask(one, start, answers), ask(one.permuted(order), start[order], moved)
    assert torch.equal(there.labels, here.labels[order])
    torch.testing.assert_close(there.shares, here.shares[order], rtol=1e-3, atol=1e-3)


def test_settling_finds_the_way_out() -> None:
    """Three teams that all avoid each other and all want the same source; the surest gets it."""
    scores = torch.log(torch.tensor([[0.6, 0.3, 0.1], [0.8, 0.15, 0.05], [0.7, 0.2, 0.1]], dtype=torch.float64))
    closure = close(Answers(apart=((0, 1), (1, 2), (0, 2))), 3, 3)
    assert int(settle(scores, closure)[1]) == 0
    assert sorted(settle(scores, closure).tolist()) == [0, 1, 2]
    with pytest.raises(ParameterError, match="add a source"):
        settle(scores[:, :2], close(Answers(apart=((0, 1), (1, 2), (0, 2))), 3, 2))


def test_friends_of_friends() -> None:
    closure = close(Answers(((0, 1),), ((0, 1), (1, 2), (4, 5)), ((2, 4),)), 7, 3)
    assert len({int(t) for t in closure.team[:3]}) == 1 and closure.team[4] == closure.team[5]
    A = constrained(torch.full((7, 7), 0.5), closure)
    assert (A[:3, :3] == 1).all() and (A[:3, 4:6] == 0).all() and (A[6, :6] == 0.5).all()
    assert torch.equal(A, A.T)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (Answers(((0, 0), (1, 1)), ((0, 1),)), "take one answer back"),
        (Answers((), ((0, 1), (1, 2)), ((2, 0),)), "take one answer back"),
        (Answers(((0, 2), (1, 2)), (), ((0, 1),)), "take one answer back"),
        (Answers(((0, 3),)), "no source 4"),
        (Answers(((9, 0),)), "no atom 10"),
        (Answers((), ((0, 9),)), "no atom 10"),
    ],
)
def test_contradictions_are_a_sentence(answers: Answers, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        close(answers, 4, 3)


def test_an_answer_can_be_changed_and_taken_back() -> None:
    answers = Answers(((1, 0),), ((1, 2),), ((3, 4),)).say(1, 2).say(5, 0)
    assert answers.given == ((1, 2), (5, 0))
    assert answers.take_back(1) == Answers(((5, 0),), (), ((3, 4),))


def test_the_regression_against_a_general_minimiser() -> None:
    random = torch.Generator().manual_seed(0)
    X = torch.randn(25, 4, generator=random, dtype=torch.float64)
    Y = torch.softmax(3 * torch.randn(25, 3, generator=random, dtype=torch.float64), 1)
    weights = torch.rand(25, generator=random, dtype=torch.float64)

    def loss(flat: np.ndarray) -> float:
        B = torch.from_numpy(flat.reshape(5, 3))
        P = probabilities(X, B)
        penalty = 0.35 * B[:4].square().sum() + 0.0035 * B[4].square().sum()
        return float(penalty - (weights[:, None] * Y * P.log()).sum())

    ours = fit(X, Y, weights, 0.7)
    best = minimize(loss, np.zeros(15), options={"gtol": 1e-8}).fun
    assert loss(ours.numpy().ravel()) <= best * (1 + 1e-5)


def test_the_stems_of_another_method_are_an_opinion() -> None:
    one = band()
    opinion = shares(membership(one.factors, one.stems), 3)
    found = suggest(one.features, affinity(one.features, one.factors.H), opinion, Answers(), 1.0)
    assert torch.equal(found.labels, one.truth)
    assert min(s.certainty for s in found.queue) > 0.6
