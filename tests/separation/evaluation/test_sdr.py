from __future__ import annotations

import numpy as np
import pytest

from separation.evaluation.bss_eval import bss_eval
from separation.evaluation.sdr import csdr, si_sdr, usdr
from separation.evaluation.spectral_distance import spectral_distance


def noise(seed: int, length: int = 4000) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, length)).astype(np.float32)


def test_a_known_error_has_a_known_ratio() -> None:
    s = noise(1)
    assert usdr(s, 0.9 * s) == pytest.approx(20, abs=1e-4)
    assert usdr(s, 0 * s) == pytest.approx(0, abs=1e-6)
    assert usdr(0 * s, 0 * s) == 0.0
    assert si_sdr(s, 0.5 * s + 3.0) > 100  # neither level nor offset counts
    error = noise(2)
    s0, e0 = (each - each.mean(1, keepdims=True) for each in (s, error))
    e0 = e0 - (e0.ravel() @ s0.ravel()) / (s0.ravel() @ s0.ravel()) * s0
    wanted = 10 * np.log10((s0**2).sum() / (0.01 * (e0**2).sum()))
    assert si_sdr(s0, s0 + 0.1 * e0) == pytest.approx(wanted, abs=1e-3)
    assert np.isnan(si_sdr(0 * s, s))


def test_the_median_over_seconds_is_that_of_bss_eval() -> None:
    s, found = noise(3), noise(3) + 0.3 * noise(4)
    s[:, 1000:2000] = 0
    scores = bss_eval(s[None].astype(float), found[None].astype(float), window=1000, hop=1000, taps=3)
    assert csdr(s, found, 1000) == pytest.approx(scores.median()["sdr"][0], abs=1e-9)
    assert np.isnan(csdr(0 * s, s, 1000))


def test_spectra_of_the_same_sound_are_alike_and_gain_is_seen() -> None:
    s = noise(5, 20000)
    assert spectral_distance(s, s) == 0.0
    assert spectral_distance(s, 0.5 * s) == pytest.approx(6.02, abs=0.01)
    assert spectral_distance(s, noise(6, 20000)) > 3
