"""What repeats: equal to medians written out frame by frame; a loop is kept, what passes over it once is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.errors import Cancelled
from separation.spectral import repetition
from separation.spectral.repetition import repeating


def spectrogram(bins: int = 12, frames: int = 150, seed: int = 0) -> Tensor:
    return torch.rand(bins, frames, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def written_out(V: np.ndarray, most: int, least: float, apart: int) -> np.ndarray:
    """Rafii & Pardo 2012, section 2.2 and 2.3, one frame at a time."""
    unit = V / np.linalg.norm(V, axis=0)
    result = np.zeros_like(V)
    for n in range(V.shape[1]):
        likeness = unit.T @ unit[:, n]
        likeness[n] = 2.0
        peaks = [
            m for m in range(V.shape[1])
            if likeness[m] == likeness[max(m - apart, 0) : m + apart + 1].max() and likeness[m] >= least
        ]  # fmt: skip
        peaks = sorted(peaks, key=lambda m: -likeness[m])[:most]
        result[:, n] = np.minimum(np.sort(V[:, peaks], axis=1)[:, (len(peaks) - 1) // 2], V[:, n])
    return result


@pytest.mark.parametrize(("most", "least", "apart"), [(5, 0.0, 3), (40, 0.85, 2), (1, 0.0, 1), (200, 0.0, 400)])
def test_it_equals_the_medians_written_out(most: int, least: float, apart: int) -> None:
    V = spectrogram()
    found = repeating(V, slice(0, 150), most=most, least=least, apart=apart)
    np.testing.assert_allclose(found.numpy(), written_out(V.numpy(), most, least, apart))
    assert torch.equal(repeating(V, slice(90, 101), most=most, least=least, apart=apart), found[:, 90:101])
    assert torch.allclose(repeating(8 * V, slice(0, 150), most=most, least=least, apart=apart), 8 * found)


def test_a_loop_is_what_repeats() -> None:
    loop = spectrogram(40, 20).repeat(1, 8) + 0.1
    once = torch.zeros_like(loop)
    for k in range(160):
        once[(7 * k + k // 20) % 40, k] = 3.0  # never twice the same over the same part of the loop
    found = repeating(loop + once, slice(0, 160), apart=5)
    assert float((found - loop).abs().median()) < 1e-12 and float((found - loop).norm() / once.norm()) < 0.4


def test_silence_stays_and_a_stop_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not repeating(torch.zeros(5, 30), slice(0, 30), apart=2).any()
    monkeypatch.setattr(repetition, "BLOCK", 1)
    calls: list[int] = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        repeating(spectrogram(), slice(0, 150), check=check)
