"""Perceptual weights: the curves are the standards', each region counts as its loudness, quiet voices get atoms."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from separation.audio.loudness import k_weighting
from separation.errors import ParameterError
from separation.nmf import iterate
from separation.nmf.loudness import a_weighting, loudness_weights
from separation.nmf.penalties.smooth import Smooth
from separation.nmf.penalties.sparsity import Sparsity
from separation.spectral.masks import magnitude
from separation.spectral.stft import stft
from tests.songs import Song


def test_the_curves_are_those_of_the_standards() -> None:
    hertz = np.array([31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000])
    nominal = [-39.4, -26.2, -16.1, -8.6, -3.2, 0.0, 1.2, 1.0, -1.1, -6.6]  # IEC 61672-1, table 3
    exact = 1000 * 10 ** (np.round(10 * np.log10(hertz / 1000)) / 10)
    np.testing.assert_allclose(20 * np.log10(a_weighting(exact)), nominal, atol=0.06)
    level = 20 * np.log10(k_weighting(np.array([997.0, 20.0, 10000.0]), 48000))
    assert level[0] == pytest.approx(0.691, abs=0.01)  # BS.1770: 997 Hz at full scale reads −3.01 LUFS
    assert level[1] < -10 and level[2] == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("beta", [0.0, 1.0, 2.0])
def test_what_counts_is_the_loudness(beta: float) -> None:
    V = torch.full((513, 40), 1e-9, dtype=torch.float64)
    V[100:140], V[300:340] = 1.0, 0.01  # even, so that smoothing changes nothing inside
    G = loudness_weights(V, 44100, divergence=beta, curve="none", frames=1)
    counts = G * V**beta
    assert float(counts[120, 5] / counts[320, 5]) == pytest.approx(100**0.6, rel=0.2)
    assert float((G * V.clamp(min=1e-3) ** beta).sum()) == pytest.approx(float((V.clamp(min=1e-3) ** beta).sum()))
    torch.testing.assert_close(loudness_weights(1e6 * V, 44100, divergence=beta, curve="none", frames=1), G)


def test_smoothing_follows_a_plain_loop() -> None:
    V = torch.rand(129, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.1
    G = loudness_weights(V, 16000, divergence=1.0, curve="a", frames=3)
    x, width = V.numpy(), 8000 / 128
    band = np.stack([x[max(0, f - h) : f + h + 1].mean(0) for f in range(129)
                     for h in [int(np.round((24.7 + 0.108 * f * width) / 2 / width))]])  # fmt: skip
    smooth = np.stack([band[:, max(0, n - 1) : n + 2].mean(1) for n in range(20)], 1)
    gain = np.maximum(a_weighting(np.arange(129) * width), 1e-3)[:, None]
    expected = (gain * smooth) ** 0.6 / smooth
    np.testing.assert_allclose(G.numpy(), expected * x.sum() / (expected * x).sum(), rtol=1e-9)


def test_a_quiet_voice_gets_atoms_beside_a_loud_bass() -> None:
    random = np.random.default_rng(0)
    V = np.full((300, 200), 1e-5)
    V[:40] += random.gamma(0.5, 1.0, (40, 8)) @ random.gamma(0.3, 1.0, (8, 200))
    V[100:200] += 0.01 * random.gamma(0.5, 1.0, (100, 3)) @ random.gamma(0.3, 1.0, (3, 200))
    x = torch.from_numpy(V / V.mean())
    errors = []
    for weights in (None, loudness_weights(x, 16000)):
        fit = list(islice(iterate(x, 8, weights=weights), 101))[-1]
        errors.append(float((x - fit.W @ fit.H)[100:200].norm() / x[100:200].norm()))
    assert errors[1] < 0.5 * errors[0], errors


def test_it_goes_with_penalties_and_the_objective_falls(short_song: Song) -> None:
    V = magnitude(stft(torch.from_numpy(short_song.mixture.samples.copy()), 1024, 512)).double()
    V = V / V.mean()
    first = next(iterate(V, 5))
    hold_W, hold_H = torch.tensor([True, False, False, False, False]), torch.zeros_like(first.H, dtype=torch.bool)
    hold_H[2, :9] = True
    for beta, penalty in ((1.0, Sparsity(0.5)), (0.0, Smooth(2.0))):
        G = loudness_weights(V, 44100, divergence=beta)
        options = dict(divergence=beta, penalties=[penalty], weights=G, hold_W=hold_W, hold_H=hold_H, start=first)
        states = list(islice(iterate(V, 5, **options), 31))
        whole = [float((G * _loss(V, s.W @ s.H, beta)).sum()) + penalty.value(s.W, s.H.T) for s in states]
        assert np.all(np.diff(whole) <= 1e-7 * whole[0]) and whole[-1] < whole[0]
        assert torch.equal(states[-1].W[:, 0], first.W[:, 0]) and torch.equal(states[-1].H[2, :9], first.H[2, :9])


def _loss(V: torch.Tensor, Y: torch.Tensor, beta: float) -> torch.Tensor:
    V = V.clamp(min=1e-9 * float(V.mean())) if beta == 0 else V
    return torch.xlogy(V, V / Y) - V + Y if beta == 1.0 else V / Y - (V / Y).log() - 1.0


def test_silence_and_unknown_curves() -> None:
    assert torch.isfinite(loudness_weights(torch.zeros(33, 4), 8000)).all()
    with pytest.raises(ParameterError, match="no curve of the ear"):
        loudness_weights(torch.ones(33, 4), 8000, curve="z")
