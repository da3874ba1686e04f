"""Atoms go to the source that strokes speak for; those nobody spoke of stay, or go to the one nobody spoke of."""

from __future__ import annotations

import pytest
import torch

from separation.nmf.factors import Factors
from separation.nmf.features import Features, describe
from separation.nmf.painting.evidence import assign_by_strokes, evidence
from separation.nmf.painting.strokes import Grid, Stroke

GRID = Grid(44100, 1024, 256)
NAMES = ("voice", "drums", "other")


def atoms() -> tuple[torch.Tensor, torch.Tensor]:
    """Five atoms, each in a band of its own, 100 bins wide; all sound all the time."""
    W = torch.full((GRID.bins, 5), 1e-9)
    for k in range(5):
        W[100 * k : 100 * k + 100, k] = torch.rand(100, generator=torch.Generator().manual_seed(k)) + 0.1
    return W / W.sum(0), torch.rand(5, 200, generator=torch.Generator().manual_seed(9)) + 0.1


def over(source: str, atom: int, strength: float = 40.0) -> Stroke:
    width = 44100 / 1024
    return Stroke(source, atom * 100 * width, (atom * 100 + 99) * width, 0.2, 0.8, strength)


@pytest.fixture
def described() -> tuple[torch.Tensor, torch.Tensor, Features, torch.Tensor]:
    W, H = atoms()
    return W, H, describe(Factors(W, H), [W @ H], 44100, 256), torch.arange(200)


def test_evidence_is_the_share_under_the_strokes() -> None:
    W, H = atoms()
    strokes = [over("voice", 1), over("drums", 2, -20.0)]
    said = evidence(W, H, strokes, NAMES, GRID, torch.arange(200))
    within = slice(round(0.2 * 44100 / 256), round(0.8 * 44100 / 256) + 1)
    for k, j, sign in ((1, 0, 1.0), (2, 1, -1.0)):
        share = float(H[k, within].sum() / H[k].sum())
        assert float(said[k, j]) == pytest.approx(sign * share, rel=1e-3)
    assert int((said.abs() > 1e-3).sum()) == 2
    late = evidence(W, H, strokes, NAMES, GRID, torch.arange(200) + 1000)  # other frames of the song
    assert not late.any()


def test_strokes_decide_and_clusters_do_elsewhere(
    described: tuple[torch.Tensor, torch.Tensor, Features, torch.Tensor],
) -> None:
    W, H, features, frames = described
    base = torch.tensor([0, 0, 1, 1, 2])
    labels = assign_by_strokes(base, W, H, features, [over("drums", 0)], NAMES, GRID, frames, named=True)
    assert labels.tolist() == [1, 0, 1, 1, 2]
    labels = assign_by_strokes(base, W, H, features, [over("voice", 1, -40.0)], NAMES, GRID, frames, named=True)
    assert labels[1] != 0 and labels[0] == 0
    assert torch.equal(assign_by_strokes(base, W, H, features, [], NAMES, GRID, frames), base)


def test_all_painted_and_one_painted(described: tuple[torch.Tensor, torch.Tensor, Features, torch.Tensor]) -> None:
    W, H, features, frames = described
    base = torch.tensor([2, 2, 2, 1, 0])
    strokes = [over("voice", 4), over("drums", 0), over("other", 2)]
    labels = assign_by_strokes(base, W, H, features, strokes, NAMES, GRID, frames)
    assert labels[[4, 0, 2]].tolist() == [0, 1, 2]
    labels = assign_by_strokes(torch.tensor([0, 0, 1, 1, 1]), W, H, features, [over("a", 3)], ("a", "b"), GRID, frames)
    assert labels[3] == 0 and labels.tolist().count(0) == 1
