"""Starts are what they promise, and a suggested rank follows the true one."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.errors import ParameterError
from separation.nmf import Factors, iterate
from separation.nmf.rank import suggest_rank
from separation.nmf.starts.boxes import Box, from_boxes
from separation.nmf.starts.combs import combs, tuning_of
from separation.nmf.starts.nndsvd import nndsvd
from separation.spectral.stft import stft
from tests.separation.nmf.test_factorisation import spectrogram


def test_singular_vectors_start_lower_than_chance() -> None:
    V = spectrogram(60, 90)
    first = nndsvd(V, 4)
    assert first.loss(V, 2.0) < 0.3 * next(iterate(V, 4)).loss(V, 2.0)
    assert (first.W > 0).all() and (first.H > 0).all() and not (nndsvd(V, 4, fill=False).W > 0).all()
    U, s, Z = np.linalg.svd(V.numpy())
    bare = nndsvd(V, 4, fill=False)
    np.testing.assert_allclose(torch.outer(bare.W[:, 0], bare.H[0]), s[0] * np.outer(U[:, 0], Z[0]).clip(0), rtol=1e-6)


def test_boxes_become_atoms_of_their_rows() -> None:
    V = spectrogram()
    first = from_boxes(V, [Box(5, 20, 3, 9), Box(0, 60, 10, 50)])
    inside = V[5:20, 3:9].mean(1)
    torch.testing.assert_close(first.W[5:20, 0] / first.W[5, 0], inside / inside[0])
    assert (first.W[:4, 0] == 0).all() and (first.W[21:, 0] == 0).all()
    last = list(islice(iterate(V, 2, start=first), 20))[-1]
    assert (last.W[21:, 0] == 0).all() and last.loss(V) < first.loss(V)
    for box in (Box(5, 5, 0, 9), Box(0, 61, 0, 9), Box(0, 9, -1, 9)):
        with pytest.raises(ParameterError, match="draw it again"):
            from_boxes(V, [box])
    with pytest.raises(ParameterError, match="no sound"):
        from_boxes(torch.zeros(9, 9), [Box(0, 9, 0, 9)])


@pytest.mark.parametrize("tuning", [-0.3, 0.0, 0.2])
def test_combs_name_the_note_that_sounds_and_tuning_is_found(tuning: float) -> None:
    rate, time = 44100, torch.arange(44100) / 44100
    notes, V = (57, 64, 69), []
    for note in notes:
        f0 = 440.0 * 2.0 ** ((note - 69 + tuning) / 12)
        tone = sum(torch.sin(2 * torch.pi * h * f0 * time) / h for h in range(1, 9))
        V.append(stft(tone).abs())
    V = torch.cat(V, 1)
    assert tuning_of(V, rate) == pytest.approx(tuning, abs=0.05)
    W = combs(2049, rate, lowest=48, highest=84, tuning=tuning)
    H = torch.full((37, V.shape[1]), float(V.mean()) * 2049 / 37)
    fit = list(islice(iterate(V, 37, start=Factors(W, H)), 40))[-1]
    assert ((W == 0) == (fit.W == 0)).all()
    for index, note in enumerate(notes):
        frame = int(V.shape[1] * (index + 0.5) / 3)
        assert int((fit.W.sum(0) * fit.H[:, frame]).argmax()) == note - 48


def test_rank_suggested_follows_the_rank() -> None:
    found = []
    for rank in (3, 8):
        random = np.random.default_rng(0)
        V = random.gamma(0.5, 1.0, (80, rank)) @ random.gamma(0.3, 1.0, (rank, 120))
        found.append(suggest_rank(torch.from_numpy(V + 1e-3), 20, strength=0.05))
    assert abs(found[0] - 3) <= 2 and abs(found[1] - 8) <= 3 and found[0] < found[1], found
    with pytest.raises(ParameterError, match="above 0"):
        suggest_rank(spectrogram(), strength=0.0)
