"""Features tell hits from notes and left from right; grouping does not depend on the order of the atoms."""

from __future__ import annotations

import torch

from separation.nmf import Factors
from separation.nmf.assignment import assign
from separation.nmf.features import describe

RATE, BINS, FRAMES = 8000, 257, 120


def atoms() -> tuple[Factors, list[torch.Tensor]]:
    """Four noisy hits in the middle, four steady harmonic notes on the right, and the two channels they make."""
    generator = torch.Generator().manual_seed(0)
    W, H = [], []
    for k in range(4):
        W.append(0.5 + torch.rand(BINS, generator=generator))
        H.append(torch.zeros(FRAMES))
        H[-1][k::20] = 1.0
    for k in range(4):
        note = torch.zeros(BINS)
        note[(16 + 3 * k) :: 16 + 3 * k] = 1.0
        W.append(note + 1e-3)
        H.append(0.3 + torch.sin(torch.arange(FRAMES) / 25.0 + 0.1 * k) ** 2)
    factors = Factors(torch.stack(W, 1), torch.stack(H))
    hits, notes = factors.W[:, :4] @ factors.H[:4], factors.W[:, 4:] @ factors.H[4:]
    return factors, [hits + 0.2 * notes, hits + notes]


def test_features_tell_hits_from_notes_and_sides() -> None:
    factors, channels = atoms()
    found = describe(factors, channels, RATE)
    assert found.percussiveness[:4].min() > 3 * found.percussiveness[4:].max()
    assert found.harmonicity[4:].min() > 3 * found.harmonicity[:4].max()
    assert found.position[4:].min() > found.position[:4].max() + 0.1
    assert abs(float(found.energy.sum()) - 1.0) < 1e-5
    assert describe(factors, channels[:1], RATE).position.abs().max() == 0.0


def test_atoms_that_belong_together_come_together() -> None:
    factors, channels = atoms()
    labels = assign(describe(factors, channels, RATE), factors.H, 2)
    assert len(set(labels[:4].tolist())) == 1 and len(set(labels[4:].tolist())) == 1 and labels[0] != labels[4]


def test_permuted_atoms_same_sources() -> None:
    factors, channels = atoms()
    labels = assign(describe(factors, channels, RATE), factors.H, 3)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(5))
    shuffled = Factors(factors.W[:, order], factors.H[order])
    assert torch.equal(assign(describe(shuffled, channels, RATE), shuffled.H, 3), labels[order])


def test_scaling_one_atom_between_its_factors_changes_nothing() -> None:
    factors, channels = atoms()
    scale = torch.linspace(0.1, 10.0, 8)
    scaled = Factors(factors.W * scale, factors.H / scale[:, None])
    one, two = describe(factors, channels, RATE), describe(scaled, channels, RATE)
    for name in ("energy", "harmonicity", "percussiveness", "timbre", "position"):
        torch.testing.assert_close(getattr(one, name), getattr(two, name), rtol=1e-3, atol=1e-4)


def test_loudest_source_first_and_more_sources_than_atoms() -> None:
    factors, channels = atoms()
    found = describe(factors, channels, RATE)
    labels = assign(found, factors.H, 3)
    energy = torch.zeros(3).index_add_(0, labels, found.energy)
    assert (energy[:-1] >= energy[1:]).all()
    assert set(assign(found, factors.H, 12).tolist()) <= set(range(12))
