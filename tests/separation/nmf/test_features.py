"""Features have the values that follow from how an atom was made: combs, noise, hits that decay."""

from __future__ import annotations

import math

import pytest
import torch

from separation.nmf import Factors
from separation.nmf.features import Features, describe

RATE, BINS, FRAMES = 44100, 2049, 400
WIDTH = RATE / 2 / (BINS - 1)


def comb(f0: float, partials: int = 10) -> torch.Tensor:
    """A Hann window's main lobe around every partial, as an FFT shows it."""
    bins = torch.arange(BINS, dtype=torch.float64)
    w = torch.zeros(BINS, dtype=torch.float64)
    for h in range(1, partials + 1):
        off = (bins - h * f0 / WIDTH).clamp(-2, 2)
        w += torch.cos(math.pi * off / 4).square() / h
    return w


def of(w: torch.Tensor, h: torch.Tensor | None = None, hop: int | None = None) -> Features:
    h = torch.ones(FRAMES, dtype=torch.float64) if h is None else h
    return describe(Factors(w[:, None], h[None]), [w[:, None] * h], RATE, hop)


@pytest.mark.parametrize("f0", [82.41, 110.0, 233.1, 440.0, 783.0, 1500.0])
def test_the_pitch_of_a_comb(f0: float) -> None:
    found = of(comb(f0))
    assert abs(1200 * math.log2(float(found.pitch) / f0)) < 10.0  # cents; a bin is 220 cents wide at 82 Hz
    assert found.harmonicity > 0.6


def test_one_partial_is_its_own_fundamental() -> None:
    assert abs(float(of(comb(440.0, 1)).pitch) - 440.0) < 3.0


def test_noise() -> None:
    found = of(torch.ones(BINS, dtype=torch.float64))
    assert found.pitch == 0.0 and found.harmonicity < 0.05
    assert abs(float(found.flatness) - 1.0) < 1e-5 and abs(float(found.crest) - 1.0) < 1e-5
    assert abs(float(found.centroid) - RATE / 4) < 1.0
    random = torch.rand(BINS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert abs(float(of(random).flatness) - 2 / math.e) < 0.02  # of uniform numbers: exp(E ln u) / E u
    assert of(comb(220.0)).flatness < 0.1 and of(comb(220.0)).crest > 50.0


@pytest.mark.parametrize("frames", [4.0, 20.0])
def test_the_decay_of_hits(frames: float) -> None:
    h = torch.zeros(FRAMES, dtype=torch.float64)
    h[10:] = torch.exp(-torch.arange(FRAMES - 10) / frames)
    expected = frames * math.log(2) * 1024 / RATE
    found = of(torch.ones(BINS, dtype=torch.float64), h)
    assert abs(float(found.decay) / expected - 1) < 0.03
    assert abs(float(of(torch.ones(BINS, dtype=torch.float64), h, 512).decay) / expected - 0.5) < 0.02
    steady = of(torch.ones(BINS, dtype=torch.float64))
    assert abs(float(steady.decay) - FRAMES / 2 * 1024 / RATE) < 0.05  # a box's autocorrelation is a triangle
    assert found.percussiveness > 5 * steady.percussiveness


def test_one_line_one_value() -> None:
    w = torch.zeros(BINS, dtype=torch.float64)
    w[100] = 3.0
    found = of(w)
    assert abs(float(found.centroid) - 100 * WIDTH) < 0.1 and abs(float(found.crest) - BINS) < 0.1


def test_an_atom_that_never_sounds_has_finite_features() -> None:
    found = of(torch.zeros(BINS, dtype=torch.float64), torch.zeros(FRAMES, dtype=torch.float64))
    for name in Features.__dataclass_fields__:
        assert torch.isfinite(getattr(found, name)).all(), name
