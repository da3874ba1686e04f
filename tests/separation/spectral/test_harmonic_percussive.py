"""Medians against NumPy's own, and lines that go where they belong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from separation.spectral.harmonic_percussive import harmonic_percussive_masks, running_median


@pytest.mark.parametrize(("size", "axis"), [(3, 0), (17, 1), (17, 0), (31, 1), (1, 0)])
@pytest.mark.parametrize("shape", [(40, 33), (5, 4), (1, 1)])
def test_the_median_is_numpys(size: int, axis: int, shape: tuple[int, int]) -> None:
    V = torch.from_numpy(np.random.default_rng(0).random(shape, dtype=np.float32))
    width = [(size // 2,) * 2 if a == axis else (0, 0) for a in range(2)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(V.numpy(), width, mode="symmetric"), size, axis)
    np.testing.assert_array_equal(running_median(V, size, axis).numpy(), np.median(windows, -1))


@pytest.mark.parametrize("margin", [1.0, 2.0, 10.0])
def test_masks_sum_to_one_and_lines_go_where_they_belong(margin: float) -> None:
    V = torch.full((200, 200), 1e-3)
    V[60], V[:, 90] = 1.0, 1.0
    masks = harmonic_percussive_masks(V, margin=margin, exponent=4.0)
    torch.testing.assert_close(masks.sum(0), torch.ones(200, 200), rtol=0, atol=1e-6)
    assert masks[0, 60, 10] > 0.99 and masks[1, 150, 90] > 0.99
    assert masks[2].max() < 1e-6 if margin == 1.0 else masks[2, 60, 90] > 0.5  # where they cross, it is neither


def test_silence_and_the_loudest_numbers_stay_finite() -> None:
    V = torch.zeros(50, 50)
    V[:, 25] = 3e4
    assert torch.isfinite(harmonic_percussive_masks(V, margin=10.0, exponent=4.0)).all()
