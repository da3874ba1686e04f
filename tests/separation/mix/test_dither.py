from __future__ import annotations

import numpy as np
import pytest

from separation.mix.dither import Dither

STEP = 2.0**-15


def test_what_lies_on_the_steps_is_left_alone() -> None:
    block = np.random.default_rng(0).integers(-32768, 32768, (2, 1000)).astype(np.float32) * np.float32(STEP)
    assert Dither()(block) is block
    assert np.array_equal(Dither()(np.zeros((1, 10))), np.zeros((1, 10)))


def test_the_error_knows_nothing_of_the_sound() -> None:
    """Mean 0 and variance 1/4 step² for every value between two steps: rounding 1/12 and the noise 1/6."""
    for between in (0.0001, 0.25, 0.5, 0.9):
        block = np.full((1, 200_000), (100 + between) * STEP)
        error = (np.rint(Dither()(block) / STEP) * STEP - block) / STEP
        assert abs(error.mean()) < 0.006
        assert error.var() == pytest.approx(0.25, abs=0.006)


def test_the_same_blocks_give_the_same_noise_and_channels_differ() -> None:
    blocks = [np.full((2, 500), 0.3), np.full((2, 500), 0.3)]
    first, second = ([one(b) for b in blocks] for one in (Dither(), Dither()))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1]) and not np.array_equal(first[0][0], first[0][1])
    assert not np.array_equal(Dither(seed=1)(blocks[0]), first[0])
