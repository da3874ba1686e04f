"""The log-frequency axis: tones on their rows, one shape for every pitch, windows as computed plainly, the way back."""

from __future__ import annotations

import math

import pytest
import torch

from separation.errors import ParameterError
from separation.spectral.constantq import LogAxis
from separation.spectral.stft import stft

RATE = 22050
AXIS = LogAxis.of(RATE, low=55.0, high=9000.0, per_octave=36)


def tone(hertz: float, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE).float()


def middle(samples: torch.Tensor) -> torch.Tensor:
    """(B,) in the middle of a sound."""
    V = AXIS.magnitude(stft(samples, AXIS.n_fft, 512))
    return V[:, V.shape[1] // 2]


def test_a_tone_lands_on_its_row_over_six_octaves_at_one_level() -> None:
    for row in range(12, 12 + 6 * 36, 9):
        V = middle(tone(float(AXIS.hertz[row])))
        assert int(V.argmax()) == row
        assert float(V[row]) == pytest.approx(0.5, rel=0.02)


def test_every_pitch_has_the_same_shape_where_the_windows_are_not_cut() -> None:
    shapes = []
    for row in (60, 96, 150, 200):
        V = middle(tone(float(AXIS.hertz[row])))
        shapes.append(V[row - 10 : row + 11])
    for shape in shapes[1:]:
        torch.testing.assert_close(shape, shapes[0], atol=0.01, rtol=0.0)


def test_rows_are_those_of_windowed_sums_computed_plainly() -> None:
    samples = torch.randn(RATE, generator=torch.Generator().manual_seed(3))
    hop, frame = 512, 20
    V = AXIS.magnitude(stft(samples, AXIS.n_fft, hop))
    for row in (0, 40, 111, 200, len(AXIS.hertz) - 1):
        hertz = float(AXIS.hertz[row])
        size = min(34.0 * RATE / hertz, AXIS.n_fft)
        total, weight = 0j, 0.0
        for t in range(-AXIS.n_fft // 2, AXIS.n_fft // 2):
            if abs(t) < size / 2:
                w = math.cos(math.pi * t / size) ** 2
                angle = -2 * math.pi * hertz * t / RATE
                total += float(samples[frame * hop + t]) * w * complex(math.cos(angle), math.sin(angle))
                weight += w
        assert float(V[row, frame]) == pytest.approx(abs(total) / weight, rel=0.02, abs=2e-4)


def test_ones_stay_ones_and_shares_still_add_up() -> None:
    table = AXIS.on_bins(2048)
    assert table.shape == (1025, len(AXIS.hertz)) and bool((table >= 0).all())
    torch.testing.assert_close(table @ torch.ones(len(AXIS.hertz), 3), torch.ones(1025, 3))
    masks = torch.rand(4, len(AXIS.hertz), 5, generator=torch.Generator().manual_seed(1))
    masks = masks / masks.sum(0)
    torch.testing.assert_close((table @ masks).sum(0), torch.ones(1025, 5))


def test_a_mask_comes_back_at_its_frequency() -> None:
    table = AXIS.on_bins(2048)
    mask = ((AXIS.hertz > 500) & (AXIS.hertz < 2000)).float()[:, None]
    back = (table @ mask)[:, 0]
    hertz = torch.arange(1025) * RATE / 2048
    assert bool((back[(hertz > 530) & (hertz < 1900)] > 0.99).all())
    assert bool((back[(hertz < 470) | (hertz > 2100)] < 0.01).all())


def test_channels_silence_and_an_axis_that_cannot_be() -> None:
    spectrum = stft(torch.zeros(2, 300), AXIS.n_fft, 512)
    assert AXIS.magnitude(spectrum).shape[:2] == (2, len(AXIS.hertz)) and not AXIS.magnitude(spectrum).any()
    assert float(LogAxis.of(8000).hertz[-1]) <= 3600.0
    with pytest.raises(ParameterError, match="lowest frequency"):
        LogAxis.of(8000, low=5000.0)
