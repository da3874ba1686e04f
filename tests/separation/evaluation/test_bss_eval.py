"""BSS Eval against its definition: filters by plain least squares on shifted copies, energies in the time domain."""

from __future__ import annotations

import numpy as np
import pytest

from separation.errors import InputError
from separation.evaluation.bss_eval import Scores, bss_eval


def sounds(seed: int, length: int = 900, sources: int = 2, channels: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    steps, noise = rng.standard_normal((2, sources, channels, length))
    x = 0.1 * np.cumsum(steps, 2) + noise
    blend = np.eye(sources) + 0.2 * rng.random((sources, sources))
    y = np.einsum("ij,jct->ict", blend, x)
    y[:, :, 2:] += 0.3 * y[:, :, :-2]
    return x, y + 0.1 * rng.standard_normal(y.shape)


def shifted(x: np.ndarray, taps: int) -> np.ndarray:
    """(C · taps, T + taps − 1): every channel of x (C, T) with every delay."""
    rows = np.zeros((len(x) * taps, x.shape[1] + taps - 1))
    for c, channel in enumerate(x):
        for k in range(taps):
            rows[c * taps + k, k : k + len(channel)] = channel
    return rows


def plain(x: np.ndarray, y: np.ndarray, taps: int, window: int, hop: int, framewise: bool) -> Scores:
    sources, _, length = x.shape
    count = (length - window) // hop + 1
    result = np.full((4, sources, count), np.nan)

    def solve(inputs: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Filters (inputs · taps, C)."""
        padded = np.pad(target, ((0, 0), (0, taps - 1)))
        return np.linalg.lstsq(shifted(inputs, taps).T, padded.T, rcond=None)[0]

    for w in range(count):
        part = slice(w * hop, w * hop + window)
        learn = part if framewise else slice(0, length)
        for j in range(sources):
            every = x.reshape(-1, length)
            own = (shifted(x[j][:, part], taps).T @ solve(x[j][:, learn], y[j][:, learn])).T
            all_ = (shifted(every[:, part], taps).T @ solve(every[:, learn], y[j][:, learn])).T
            s, found = (np.pad(each[j][:, part], ((0, 0), (0, taps - 1))) for each in (x, y))
            for row, (above, below) in enumerate(
                ((s, found - s), (s, own - s), (own, all_ - own), (all_, found - all_))
            ):
                result[row, j, w] = 10 * np.log10((above**2).sum() / (below**2).sum())
    return Scores(*result)


@pytest.mark.parametrize("framewise", [False, True])
@pytest.mark.parametrize(("window", "hop"), [(900, 900), (300, 300), (301, 150)])
def test_equal_to_the_definition(framewise: bool, window: int, hop: int) -> None:
    x, y = sounds(1)
    found = bss_eval(x, y, window=window, hop=hop, framewise=framewise, taps=7)
    wanted = plain(x, y, 7, window, hop, framewise)
    for name in ("sdr", "isr", "sir", "sar"):
        assert np.allclose(getattr(found, name), getattr(wanted, name), atol=1e-6), name


def test_long_sounds_are_gathered_from_pieces() -> None:
    x, y = sounds(2, length=7000)
    found, wanted = bss_eval(x, y, taps=5), plain(x, y, 5, 7000, 7000, False)
    assert np.allclose(found.sar, wanted.sar, atol=1e-6) and np.allclose(found.sir, wanted.sir, atol=1e-6)


def test_a_filtered_source_has_spatial_errors_only() -> None:
    x, _ = sounds(3, length=4000)
    x[:, :, -20:] = 0  # so that no filtered tail is cut off
    y = x.copy()
    y[:, :, 3:] += 0.5 * x[:, :, :-3]
    scores = bss_eval(x, y, taps=16)
    assert (scores.isr < 10).all() and (scores.sir > 60).all() and (scores.sar > 60).all()


def test_sources_that_are_copies_of_each_other_make_no_noise() -> None:
    x, y = sounds(4, length=3000, channels=1)
    doubled = np.concatenate((x, x), 1)  # two channels alike: the matrix is singular
    found = bss_eval(doubled, np.concatenate((y, y), 1), taps=16)
    assert np.allclose(found.sir, bss_eval(x, y, taps=16).sir, atol=1e-3)


def test_silence_has_no_figures() -> None:
    x, y = sounds(5, length=1000)
    x[1, :, :500] = 0
    scores = bss_eval(x, y, window=500, hop=500, taps=5)
    assert np.isnan(scores.sdr[:, 0]).all() and np.isfinite(scores.sdr[:, 1]).all()
    assert np.isfinite(scores.median()["sdr"]).all()
    x[1] = 0
    scores = bss_eval(x, y, window=500, hop=500, taps=5)
    assert np.isfinite(scores.sdr[0]).all() and np.isnan(scores.median()["sar"][1])
    assert np.isnan(bss_eval(0 * x, y, taps=5).sdr).all()


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="one shape"):
        bss_eval(np.ones((2, 1, 9)), np.ones((2, 1, 8)))
    with pytest.raises(InputError):
        bss_eval(np.ones((2, 1, 0)), np.ones((2, 1, 0)))
