"""The tree of atoms by Ward's criterion (1963): few or many groups, at any number, without computing again.

Two atoms are −log A apart: the sum of their distances that the affinity was made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from separation.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Dendrogram:
    """merges (K − 1, 2): the nodes joined, nearest first; 0 … K − 1 are atoms, K + i is what merge i made.

    heights (K − 1,): how far apart they were, never falling. The louder of the two nodes comes first.
    """

    merges: np.ndarray
    heights: np.ndarray

    @property
    def atoms(self) -> int:
        return len(self.merges) + 1

    def cut(self, groups: int) -> Tensor:
        """Labels (K,) of 1 … K groups. One more group takes atoms out of one group and gives them the next number.

        So labels stay what they were for all other atoms, and the louder part keeps its number.
        Raises ParameterError for a number of groups that K atoms cannot have.
        """
        if not 1 <= groups <= self.atoms:
            raise ParameterError(f"{self.atoms} atoms can form 1 to {self.atoms} groups, not {groups}.")
        label = np.zeros(2 * self.atoms - 1, int)
        for made in range(self.atoms - 2, -1, -1):  # from the root down
            number = self.atoms - 1 - made  # of the new group, if this merge is undone
            first, second = self.merges[made]
            label[first] = label[self.atoms + made]
            label[second] = number if number < groups else label[self.atoms + made]
        return torch.from_numpy(label[: self.atoms])


def ward(A: Tensor, energy: Tensor) -> Dendrogram:
    """The tree of an affinity A (K, K) in (0, 1]; energy (K,) says which atoms are loud."""
    count = len(A)
    if count == 1:
        return Dendrogram(np.zeros((0, 2), int), np.zeros(0))
    gap = -A.double().clamp(min=1e-300).log().numpy()
    np.fill_diagonal(gap, 0.0)
    tree = linkage(squareform(gap, checks=False), "ward")
    loud = np.concatenate((energy.double().numpy(), np.zeros(count - 1)))
    merges = tree[:, :2].astype(int)
    for made, (first, second) in enumerate(merges):
        loud[count + made] = loud[first] + loud[second]
        if loud[second] > loud[first]:
            merges[made] = second, first
    return Dendrogram(merges, tree[:, 2])
