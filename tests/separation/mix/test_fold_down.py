"""The fold-down meter: nothing is −∞, one step is one step, missing sound counts."""

from __future__ import annotations

import numpy as np
import pytest

from separation.mix.fold_down import fold_down_db, told


def test_the_meter_reads_the_largest_error() -> None:
    random = np.random.default_rng(0)
    mono = np.rint(random.uniform(-0.4, 0.4, 1000) * 2**23) / 2**23
    sides = np.rint(random.uniform(-0.4, 0.4, 1000) * 2**23) / 2**23
    stereo = np.stack([mono + sides, mono - sides])
    assert fold_down_db([(stereo, mono)]) == float("-inf")
    assert fold_down_db([]) == float("-inf")
    wrong = stereo.copy()
    wrong[1, 500] += 2**-23
    assert fold_down_db([(stereo, mono), (wrong, mono)]) == pytest.approx(20 * np.log10(2**-24))
    assert fold_down_db([(stereo[:, :999], mono)]) == pytest.approx(20 * np.log10(abs(mono[999])))
    assert fold_down_db([(np.zeros((2, 0)), np.array([0.5]))]) == pytest.approx(-6.02, abs=0.01)


def test_it_speaks() -> None:
    assert "−∞" in told(float("-inf"))
    assert "at most −90.3 dBFS" in told(-90.31)
