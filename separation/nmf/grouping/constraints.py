"""What a person said about atoms: this one is that source, these two belong together, those two do not.

Answers are closed under what follows from them: friends of friends are friends, and who is apart from one is apart
from all its friends (Wagstaff et al., “Constrained k-means clustering with background knowledge”, ICML 2001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from separation.errors import ParameterError

Pair = tuple[int, int]


@dataclass(frozen=True)
class Answers:
    """given: (atom, source). together, apart: pairs of atoms. All counted from 0."""

    given: tuple[Pair, ...] = ()
    together: tuple[Pair, ...] = ()
    apart: tuple[Pair, ...] = ()

    def say(self, atom: int, source: int) -> Answers:
        """With this atom given to this source, whatever was said of it before."""
        return replace(self, given=(*(pair for pair in self.given if pair[0] != atom), (atom, source)))

    def take_back(self, atom: int) -> Answers:
        """Without any answer about this atom."""
        return Answers(
            tuple(pair for pair in self.given if pair[0] != atom),
            tuple(pair for pair in self.together if atom not in pair),
            tuple(pair for pair in self.apart if atom not in pair),
        )


@dataclass(frozen=True, eq=False)
class Closure:
    """team (K,): number of the atoms' team, those that must stay together. source (T,): of each team, −1 where free.

    apart (T, T): True where two teams may not be in one source.
    """

    team: Tensor
    source: Tensor
    apart: Tensor


def close(answers: Answers, atoms: int, sources: int) -> Closure:
    """All that follows from the answers. Raises ParameterError where they contradict each other."""
    for atom in (k for pair in (*answers.together, *answers.apart) for k in pair):
        _check(atom, atoms)
    leader = list(range(atoms))

    def lead(k: int) -> int:
        while leader[k] != k:
            k = leader[k]
        return k

    for one, two in answers.together:
        first, second = sorted((lead(one), lead(two)))
        leader[second] = first
    names = sorted({lead(k) for k in range(atoms)})
    team = torch.tensor([names.index(lead(k)) for k in range(atoms)])
    source = torch.full((len(names),), -1)
    for atom, named in answers.given:
        _check(atom, atoms)
        if not 0 <= named < sources:
            raise ParameterError(f"There is no source {named + 1} among {sources}.")
        if int(source[team[atom]]) not in (-1, named):
            raise ParameterError(f"Atom {atom + 1} is in a team that has another source: take one answer back.")
        source[team[atom]] = named
    apart = (source[:, None] != source) & (source[:, None] >= 0) & (source >= 0)
    for one, two in answers.apart:
        first, second = int(team[one]), int(team[two])
        if first == second or (int(source[first]) >= 0 and int(source[first]) == int(source[second])):
            raise ParameterError(
                f"Atoms {one + 1} and {two + 1} are said to be together and apart: take one answer back."
            )
        apart[first, second] = apart[second, first] = True
    return Closure(team, source, apart)


def constrained(A: Tensor, closure: Closure) -> Tensor:
    """The affinity A (K, K) with 1 for atoms that are together and 0 for atoms that are apart."""
    team, source = closure.team, closure.source[closure.team]
    together = (team[:, None] == team) | ((source[:, None] == source) & (source >= 0))
    A = torch.where(together, 1.0, A)
    return torch.where(closure.apart[team][:, team], 0.0, A)


def settle(scores: Tensor, closure: Closure) -> Tensor:
    """Labels (K,) with high scores (K, J), log-probabilities, that keep every answer.

    Teams that have to avoid others choose in the order of how sure they are, and go back where nothing is left.
    Raises ParameterError when more teams are apart from each other than there are sources.
    """
    teams = len(closure.source)
    total = scores.new_zeros(teams, scores.shape[1]).index_add_(0, closure.team, scores)
    label = torch.where(closure.source >= 0, closure.source, total.argmax(1))
    tied = [t for t in range(teams) if closure.source[t] < 0 and bool(closure.apart[t].any())]
    best = total.topk(min(2, scores.shape[1]), 1).values
    tied.sort(key=lambda t: float(best[t, -1] - best[t, 0]))
    wishes = {t: torch.argsort(total[t], descending=True, stable=True).tolist() for t in tied}
    enemies = {t: [int(e) for e in closure.apart[t].nonzero()] for t in tied}
    chosen = {t: int(closure.source[t]) for t in range(teams) if closure.source[t] >= 0}
    if not _choose(0, tied, wishes, enemies, chosen):
        raise ParameterError("More atoms are apart from each other than there are sources: add a source.")
    for t in tied:
        label[t] = chosen[t]
    return label[closure.team]


def _choose(
    at: int, tied: list[int], wishes: dict[int, list[int]], enemies: dict[int, list[int]], chosen: dict[int, int]
) -> bool:
    if at == len(tied):
        return True
    team = tied[at]
    taken = {chosen[e] for e in enemies[team] if e in chosen}
    for source in wishes[team]:
        if source not in taken:
            chosen[team] = source
            if _choose(at + 1, tied, wishes, enemies, chosen):
                return True
            del chosen[team]
    return False


def _check(atom: int, atoms: int) -> None:
    if not 0 <= atom < atoms:
        raise ParameterError(f"There is no atom {atom + 1} among {atoms}.")
