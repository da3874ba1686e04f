"""Which source an atom belongs to, how sure that is, and which atom to ask a person about next.

A logistic regression learns the sources from the person's answers and, with less trust, from an automatic grouping. It
sees the atoms' features and their places in the spectral embedding of the affinity, in which atoms that are together
by the answers have affinity 1 and atoms that are apart 0. Then the answers are kept to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from separation.nmf.features import Features
from separation.nmf.grouping.affinity import standard
from separation.nmf.grouping.constraints import Answers, close, constrained, settle
from separation.nmf.grouping.logistic import fit, probabilities
from separation.nmf.grouping.spectral import embedding

TRUST = 0.1  # in an automatic grouping's opinion of an atom; in an answer: 1. So certainties come true on real songs
RIDGE, NEARBY = 3.0, 0.5  # of the regression; weight of the embedding beside the features


@dataclass(frozen=True)
class Suggestion:
    """An atom's likeliest source, the runner-up, and the probability of the first; all counted from 0."""

    atom: int
    first: int
    second: int
    certainty: float


@dataclass(frozen=True, eq=False)
class Suggestions:
    """labels (K,): the source of every atom, answers kept. shares (K, J): probabilities, rows sum to one.

    queue: the atoms without an answer, those first where most energy is in doubt.
    """

    labels: Tensor
    shares: Tensor
    queue: tuple[Suggestion, ...]


def columns(features: Features) -> Tensor:
    """What the regression sees of the features: (K, 20), float64, each column with mean 0 and deviation 1."""
    numbers = (
        features.harmonicity, features.percussiveness, features.position, features.flatness,
        (features.energy + 1e-6).log(), (features.centroid + 1.0).log(), (features.decay + 1e-3).log(),
        (features.pitch + 20.0).log(),
    )  # fmt: skip
    return standard(torch.cat((features.timbre.double(), torch.stack([n.double() for n in numbers], 1)), 1))


def suggest(
    features: Features, A: Tensor, opinion: Tensor, answers: Answers, trust: float = TRUST
) -> Suggestions:
    """What to think of every atom after some answers.

    A (K, K): the affinity. opinion (K, J): shares that sum to one, what an automatic grouping says (`hard(labels, J)`)
    or another method's stems (`shares(membership(…), 3)`), sources numbered as the answers are. trust: in the opinion,
    beside 1 in an answer; 1 for the stems of a good network.
    Raises ParameterError where the answers contradict each other.
    """
    atoms, sources = opinion.shape
    opinion = opinion.double()
    closure = close(answers, atoms, sources)
    said = closure.source[closure.team]
    known = said >= 0
    near = embedding(constrained(A.double(), closure))[1][:, 1 : sources + 1] * atoms**0.5
    X = torch.cat((columns(features), NEARBY * near, opinion), 1)
    truth = torch.nn.functional.one_hot(said.clamp(min=0), sources).double()
    targets = torch.where(known[:, None], truth, opinion)
    P = probabilities(X, fit(X, targets, torch.where(known, 1.0, trust), RIDGE))
    scores = torch.where(known[:, None], truth, P).clamp(min=1e-12).log()
    labels = settle(scores, closure)
    shares = torch.where(known[:, None], truth, _together(scores, closure.team))
    return Suggestions(labels, shares, _queue(labels, shares, known, features.energy))


def _together(scores: Tensor, team: Tensor) -> Tensor:
    """Atoms that must stay together think alike: the geometric mean of their probabilities."""
    teams = int(team.max()) + 1
    total = scores.new_zeros(teams, scores.shape[1]).index_add_(0, team, scores)
    size = torch.bincount(team, minlength=teams)[:, None]
    return torch.softmax(total / size, 1)[team]


def _queue(labels: Tensor, shares: Tensor, known: Tensor, energy: Tensor) -> tuple[Suggestion, ...]:
    certainty = shares.gather(1, labels[:, None])[:, 0]
    second = shares.scatter(1, labels[:, None], -1.0).argmax(1)
    worth = torch.where(known, -1.0, energy.double() * (1.0 - certainty))
    order = torch.argsort(worth, descending=True, stable=True)[: int((~known).sum())]
    rows = zip(order.tolist(), labels[order].tolist(), second[order].tolist(), certainty[order].tolist(), strict=True)
    return tuple(Suggestion(*row) for row in rows)
