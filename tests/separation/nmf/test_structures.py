"""Harmonic atoms: the step is that of the paper, the loss falls, the notes of a chord song come out."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf import Factors, factorise, iterate
from separation.nmf.penalties.continuity import Continuity
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.penalties.sparsity import Sparsity
from separation.nmf.structures.harmonic import Harmonic, harmonic
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.songs import Song

RATE = 8000


def hertz(notes: list[int]) -> Tensor:
    return 440.0 * 2.0 ** ((torch.tensor(notes, dtype=torch.float64) - 69.0) / 12.0)


def chords(notes: list[list[int]], seconds: float = 0.5) -> Tensor:
    """Magnitudes (257, N) of chords one after the other, with partials that do not fall evenly."""
    time, parts = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE, []
    for chord in notes:
        tone = torch.zeros_like(time)
        for f0 in hertz(chord).tolist():
            for h in range(1, min(9, int(RATE / 2 / f0))):
                tone += torch.sin(2 * torch.pi * h * f0 * time + h * h) * (0.5 + (h % 3)) / h
        parts.append(tone * torch.exp(-time / 0.4))
    return stft(torch.cat(parts), 1024, 256).abs()


def small(free: int = 1) -> tuple[Tensor, Harmonic]:
    V = chords([[60, 64], [62], [60, 67]])
    return V / V.mean(), harmonic(V.shape[0], RATE, hertz([60, 62, 64, 67]), bands=4, free=free)


def test_combs_are_narrow_and_their_bands_add_up_to_all_partials() -> None:
    C = harmonic(513, RATE, hertz([60]), bands=5).combs[..., 0].T
    torch.testing.assert_close(C.sum(0), torch.ones(5))
    f0, width = float(hertz([60])[0]), RATE / 1024
    for m in range(5):
        for f in torch.nonzero(C[:, m]).flatten().tolist():
            assert abs(f * width / f0 - round(f * width / f0)) * f0 <= 2.0 * width
    centroids = (torch.arange(513)[:, None] * C).sum(0)
    assert bool((centroids.diff() > 0).all())
    stiff = harmonic(513, RATE, hertz([60]), bands=1, stiffness=0.01).combs[0, :, 0]
    assert stiff[round(10 * f0 * 2.0**0.5 / width)] > 0.0 and stiff[round(10 * f0 / width)] == 0.0


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0, 3.0])
def test_one_step_is_that_of_the_paper(beta: float) -> None:
    V, structure = small()
    first, second = islice(iterate(V, 5, divergence=beta, structure=structure, solver="mu"), 2)
    x, C = V.numpy(), structure.combs.movedim(0, 1).double().numpy()
    W, H = first.W.double().numpy(), first.H.double().numpy()
    E = [np.linalg.lstsq(C[:, :, k], W[:, k], rcond=None)[0] for k in range(4)]
    g = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1.0
    x = np.maximum(x, 1e-9 * x.mean()) if beta == 0 else x
    Y = W @ H + 1e-12 * x.mean()
    H = H * ((W.T @ (x * Y ** (beta - 2))) / (W.T @ Y ** (beta - 1))) ** g
    Y = W @ H + 1e-12 * x.mean()
    P, Q = x * Y ** (beta - 2), Y ** (beta - 1)
    for k in range(4):
        above = np.array([sum(C[f, m, k] * (P[f] @ H[k]) for f in range(len(x))) for m in range(4)])
        below = np.array([sum(C[f, m, k] * (Q[f] @ H[k]) for f in range(len(x))) for m in range(4)])
        W[:, k] = C[:, :, k] @ (E[k] * (above / below) ** g)
    W[:, 4] *= ((P @ H[4]) / (Q @ H[4])) ** g
    np.testing.assert_allclose(second.H, H, rtol=2e-4)
    np.testing.assert_allclose(second.W, W, rtol=2e-3, atol=1e-6 * W.max())


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("penalties", [[], [Sparsity(0.2)], [Continuity(1.0)]])
def test_the_objective_falls_on_music_and_on_noise(short_song: Song, penalties: list, beta: float) -> None:
    music = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy()), 1024, 512)).double()
    noise = torch.rand(513, 60, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    structure = harmonic(513, 44100, hertz(list(range(48, 73, 3))), free=2)
    for V in (music / music.mean(), noise):
        states = islice(iterate(V, 11, divergence=beta, structure=structure, penalties=penalties, solver="mu"), 31)
        whole = [s.loss(V, beta) + sum(p.value(s.W, s.H.T) for p in penalties) for s in states]
        assert np.all(np.diff(whole) <= 1e-7 * whole[0]) and whole[-1] < whole[0]


def test_momentum_and_smooth_steps_know_structures_too() -> None:
    V, structure = small()
    V = V.double()
    ends = [list(islice(iterate(V, 5, structure=structure, solver=s), 41))[-1].loss(V) for s in ("mu", "extrapolated")]
    assert ends[1] < ends[0]
    wish = Smooth(2.0)
    states = list(islice(iterate(V, 5, structure=structure, divergence="is", penalties=[wish]), 31))
    whole = [s.loss(V, 0.0) + wish.value(s.W, s.H.T) for s in states]
    assert np.all(np.diff(whole) <= 1e-9 * whole[0])
    inside = structure.atoms(structure.inside(states[-1].W))
    torch.testing.assert_close(inside, states[-1].W, rtol=1e-5, atol=1e-9)


def test_the_notes_of_a_chord_song_come_out() -> None:
    played = [[48, 55, 64], [53, 60, 69], [43, 59, 62], [52, 55, 72]]
    V = chords(played, 1.0)
    notes = list(range(40, 80))
    structure = harmonic(V.shape[0], RATE, hertz(notes))
    fit = factorise(V, len(notes), structure=structure, penalties=[Sparsity(0.1)], iterations=100)
    for index, chord in enumerate(played):
        frame = round(V.shape[1] * (index + 0.4) / len(played))
        loudest = fit.H[:, frame].argsort(descending=True)[: len(chord)]
        assert {notes[k] for k in loudest.tolist()} == set(chord)


def test_held_atoms_stay_exactly_and_work_can_go_on() -> None:
    V, structure = small()
    state = list(islice(iterate(V, 5, structure=structure, solver="mu"), 6))[-1]
    held = torch.tensor([True, False, False, False, True])
    for solver in ("mu", "extrapolated"):
        after = list(islice(iterate(V, 5, structure=structure, start=state, hold_W=held, solver=solver), 11))[-1]
        assert torch.equal(after.W[:, held], state.W[:, held]) and not torch.equal(after.W[:, 1], state.W[:, 1])
        fixed = list(islice(iterate(V, 5, structure=structure, start=state, hold_H=torch.ones(5, 1)), 5))[-1]
        assert torch.equal(fixed.H, state.H)
    straight = list(islice(iterate(V, 5, structure=structure, solver="mu"), 12))[-1]
    resumed = list(islice(iterate(V, 5, structure=structure, start=state, solver="mu"), 7))[-1]
    torch.testing.assert_close(resumed.W, straight.W, rtol=1e-3, atol=1e-5)


def test_what_makes_no_sense_gets_a_sentence() -> None:
    V, structure = small()
    with pytest.raises(ParameterError, match="5 atoms of 513 bins, not 3"):
        iterate(V, 3, structure=structure)
    with pytest.raises(ParameterError, match="leave one of them out"):
        iterate(V, 5, structure=structure, shape=lambda W: W)
    with pytest.raises(ParameterError, match="structures"):
        iterate(V, 5, structure=structure, divergence=2.0, solver="hals")
    part = torch.zeros_like(next(iterate(V, 5)).W, dtype=torch.bool)
    part[:9, 0] = True
    with pytest.raises(ParameterError, match="whole or not at all"):
        iterate(V, 5, structure=structure, hold_W=part)
    for wrong in (torch.tensor([0.0]), torch.tensor([5000.0]), torch.tensor([])):
        with pytest.raises(ParameterError, match="below half the rate"):
            harmonic(513, RATE, wrong)
    few = next(iterate(V[:, :2], 5, structure=structure))  # known atoms may outnumber the frames
    assert isinstance(few, Factors) and few.H.shape == (5, 2)
