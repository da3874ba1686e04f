from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from separation.audio.signal import Audio
from separation.stems import SILENCE_DB, Stems, complete, integers, level_db, quantise


def test_complete_makes_the_sum_the_mixture() -> None:
    random = np.random.default_rng(0)
    mixture = random.uniform(-1, 1, (2, 5000)).astype(np.float32)
    block = random.uniform(-1, 1, (4, 2, 5000)).astype(np.float32)
    before = block.copy()
    done = complete(block, mixture, rest=3)
    assert np.abs(done.sum(axis=0, dtype=np.float64) - mixture).max() < 2e-7
    assert np.array_equal(done[:3], block[:3]) and np.array_equal(block, before)


@given(bits=st.sampled_from([16, 24]), seed=st.integers(0, 999), stems=st.integers(2, 6), loud=st.floats(0.1, 4.0))
def test_integer_stems_sum_exactly_even_when_they_clip(bits: int, seed: int, stems: int, loud: float) -> None:
    random = np.random.default_rng(seed)
    mixture = integers(random.uniform(-1, 1, (2, 200)), bits)
    block = random.uniform(-loud, loud, (stems, 2, 200))
    whole = quantise(block, mixture, rest=seed % stems, bits=bits)
    assert np.array_equal(whole.sum(axis=0, dtype=np.int64), mixture)
    assert whole.min() >= -(1 << (bits - 1)) and whole.max() < 1 << (bits - 1)


@pytest.mark.parametrize("bits", [16, 24])
def test_samples_of_a_file_come_back_as_its_integers(bits: int) -> None:
    whole = np.random.default_rng(1).integers(-(1 << (bits - 1)), 1 << (bits - 1), 1000)
    assert np.array_equal(integers((whole / (1 << (bits - 1))).astype(np.float32), bits), whole)


def test_stems_are_an_ordered_mapping_that_adds_up() -> None:
    a, b = (Audio(np.full((1, 4), v, np.float32), 8000) for v in (0.25, 0.5))
    stems = Stems({"vocals": a, "rest": b})
    assert list(stems) == ["vocals", "rest"] and stems["rest"] is b
    assert np.array_equal(stems.sum(), np.full((1, 4), 0.75))


def test_levels() -> None:
    assert level_db(0.0, 1.0) == pytest.approx(SILENCE_DB)
    assert level_db(1e-9, 1.0) == pytest.approx(-90.0)
    assert level_db(0.0, 0.0) == pytest.approx(SILENCE_DB)
