"""Stiff strings: B of synthetic tones is found within ten percent, alone and within chords; such combs fit better."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import ParameterError
from separation.nmf import iterate
from separation.nmf.penalties.sparsity import Sparsity
from separation.nmf.structures.harmonic import harmonic
from separation.nmf.structures.pianos import states
from separation.nmf.structures.strings import String, string_of, typical_stiffness
from separation.spectral.stft import stft

RATE = 22050


def tone(note: float, B: float, seconds: float, random: np.random.Generator) -> Tensor:
    """A struck string: partials that die the sooner the higher they are."""
    time = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    string, x, h = String(440.0 * 2.0 ** ((note - 69.0) / 12.0), B), torch.zeros_like(time), 1
    while h < 40 and (f := string.hertz(h)) < RATE / 2:
        decay = torch.exp(-time * (1.0 + 0.3 * h))
        x += decay * torch.sin(2 * math.pi * f * time + random.uniform(0, 6.28)) * h**-1.2 * random.uniform(0.3, 1.0)
        h += 1
    return x


def test_what_is_typical_is_that_of_the_paper() -> None:
    assert typical_stiffness(60) == pytest.approx(3.3e-4, rel=0.1)
    assert typical_stiffness(100) > 1e-2 > typical_stiffness(80) > typical_stiffness(50) < typical_stiffness(22)


@pytest.mark.parametrize("note", [36, 45, 54, 63, 72, 81, 90])
def test_the_stiffness_of_a_tone_is_found(note: int) -> None:
    random = np.random.default_rng(note)
    for _ in range(3):
        B, cents = typical_stiffness(note) * math.exp(random.uniform(-0.6, 0.6)), random.uniform(-8, 8)
        x = tone(note + cents / 100, B, 1.0, random)
        x = x + 1e-4 * torch.from_numpy(random.standard_normal(len(x)))
        V = stft(x, 2048, 1024).abs() if note > 50 else stft(x, 8192, 2048).abs()
        start = String(440.0 * 2.0 ** ((note - 69) / 12), typical_stiffness(note))
        found = string_of(V.mean(1), RATE, start)
        assert abs(found.B / B - 1.0) < 0.1 and found.partials >= 3
        assert abs(1200 * math.log2(found.f0 / start.f0) - cents) < 1.0


def test_where_nothing_is_heard_it_stays_typical() -> None:
    start = String(440.0, 7e-4)
    assert string_of(torch.zeros(1025), RATE, start) == start
    assert string_of(torch.ones(1025), RATE, start) == start
    low = String(20.0, 1e-4)  # its partials lie within one main lobe
    assert string_of(torch.rand(1025, generator=torch.Generator().manual_seed(0)), RATE, low) == low
    with pytest.raises(ParameterError, match="a row of three bins"):
        string_of(torch.ones(4, 4), RATE, start)


def test_strings_are_found_within_chords_and_fit_better() -> None:
    random, chords = np.random.default_rng(5), [[48, 64, 71], [53, 60, 69], [50, 57, 66], [55, 62, 71]]
    true = {note: typical_stiffness(note) * math.exp(random.uniform(-0.5, 0.5)) for c in chords for note in c}
    x = torch.cat([torch.stack([tone(n, true[n], 0.7, random) for n in c]).sum(0) for c in chords])
    V = stft(x.float(), 4096, 1024).abs()
    V = V / V.mean()
    notes = list(range(46, 74))
    options = {"penalties": [Sparsity(0.1)], "solver": "mu"}
    found = list(islice(states(V, RATE, notes, free=1, **options), 81))
    assert [piano.factors.step for piano in found] == list(range(81))
    strings = dict(zip(notes, found[-1].strings, strict=True))
    for note, B in true.items():
        assert abs(strings[note].B / B - 1.0) < 0.1 and strings[note].partials >= 10, note
    hertz = torch.tensor([440.0 * 2.0 ** ((n - 69) / 12) for n in notes], dtype=torch.float64)
    plain = harmonic(V.shape[0], RATE, hertz, free=1)
    fit = list(islice(iterate(V, len(notes) + 1, structure=plain, **options), 81))[-1]
    losses = [piano.factors.loss(V) for piano in found]
    assert losses[-1] < 0.9 * fit.loss(V)
    assert np.all(np.diff(losses[41:]) <= 1e-3 * losses[41])  # measured for the last time


def test_contradictions_get_a_sentence() -> None:
    V = torch.rand(129, 20)
    with pytest.raises(ParameterError, match="leave out other structures"):
        next(states(V, 8000, [60], shape=lambda W: W))
