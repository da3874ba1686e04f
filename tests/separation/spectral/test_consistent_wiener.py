"""Consistent Wiener filtering: the dense solution, its limits, and what it gains where variances are true."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators.shares import stems_by_shares
from separation.spectral.consistent_wiener import consistent, consistent_wiener, strayed
from separation.spectral.masks import magnitude
from separation.spectral.stft import Patch, istft, stft
from tests.songs import Song

N_FFT, HOP = 8, 2


def tiny(count: int) -> tuple[Tensor, Tensor]:
    """X (5, 7) and variances (J, 5, 7)."""
    generator = torch.Generator().manual_seed(count)
    X = stft(torch.randn(12, generator=generator, dtype=torch.float64), N_FFT, HOP)
    return X, torch.rand(count, *X.shape, generator=generator, dtype=torch.float64) ** 3 + 1e-3


def flat(S: Tensor) -> np.ndarray:
    return torch.view_as_real(S.contiguous()).flatten().numpy()


def dense(like: Tensor) -> np.ndarray:
    """I − G as a matrix over real and imaginary parts, column by column."""
    columns = []
    for at in range(2 * like.numel()):
        unit = torch.zeros(2 * like.numel(), dtype=torch.float64)
        unit[at] = 1.0
        columns.append(flat(strayed(torch.view_as_complex(unit.reshape(*like.shape, 2)), HOP)))
    return np.stack(columns, 1)


def counts(like: Tensor) -> np.ndarray:
    """How often each entry stands in the whole spectrum: DC and Nyquist once, all others twice."""
    twice = torch.full(like.shape, 2.0, dtype=torch.float64)
    twice[0] = twice[-1] = 1.0
    return twice[..., None].expand(*like.shape, 2).flatten().numpy()


def cost(S: Tensor, X: Tensor, v: Tensor, weight: float) -> float:
    stray, away = strayed(S, HOP), S - v / v.sum(0) * X
    twice = torch.full((X.shape[0], 1), 2.0)
    twice[0] = twice[-1] = 1.0
    return float((twice * (away.abs().square() / v + weight / 2 * stray.abs().square())).sum())


def test_what_strays_is_an_orthogonal_part_that_no_sound_has() -> None:
    X, _ = tiny(2)
    P, once = dense(X), counts(X)
    np.testing.assert_allclose(P @ P, P, atol=1e-12)
    np.testing.assert_allclose(once[:, None] * P, (once[:, None] * P).T, atol=1e-12)
    assert float(strayed(X, HOP).abs().max()) < 1e-12 and float(strayed(X[:, 2:6], HOP).abs().max()) < 1e-12


@pytest.mark.parametrize("weight", [0.1, 10.0, 1e3])
def test_two_stems_are_those_of_the_paper(weight: float) -> None:
    X, v = tiny(2)
    found = consistent_wiener(X, v, weight, HOP, steps=500, tolerance=1e-12)
    likely = np.repeat((1 / v[0] + 1 / v[1]).flatten().numpy(), 2)  # Λ
    S = np.linalg.solve(np.diag(likely) + weight * dense(X), likely * flat(v[0] / v.sum(0) * X))
    np.testing.assert_allclose(flat(found.stems[0]), S, atol=1e-8)
    torch.testing.assert_close(found.stems.sum(0), X)


@pytest.mark.parametrize("weight", [0.1, 10.0])
def test_more_stems_are_the_dense_solution_with_their_sum_held(weight: float) -> None:
    X, v = tiny(3)
    size, P, once = 2 * X.numel(), dense(X), counts(X)
    wiener = v / v.sum(0) * X
    A, b = np.zeros((4 * size, 4 * size)), np.zeros(4 * size)
    for j in range(3):
        rows = slice(j * size, (j + 1) * size)
        A[rows, rows] = once[:, None] * (np.diag(np.repeat(1 / v[j].flatten().numpy(), 2)) + weight / 2 * P)
        A[rows, 3 * size :] = A[3 * size :, rows] = np.eye(size)
        b[rows] = once / np.repeat(v[j].flatten().numpy(), 2) * flat(wiener[j])
    b[3 * size :] = flat(X)
    S = np.linalg.solve(A, b)[: 3 * size].reshape(3, -1)
    found = consistent_wiener(X, v, weight, HOP, steps=500, tolerance=1e-12)
    np.testing.assert_allclose(np.stack([flat(s) for s in found.stems]), S, atol=1e-8)


def test_the_cost_falls_with_every_step_and_the_sum_stays() -> None:
    X, v = tiny(4)
    costs = []
    for steps in range(31):
        stems = consistent_wiener(X, v, 5.0, HOP, steps=steps, tolerance=0.0).stems
        torch.testing.assert_close(stems.sum(0), X, rtol=0, atol=1e-12)
        costs.append(cost(stems, X, v, 5.0))
    assert np.all(np.diff(costs) <= 1e-9 * costs[0]) and costs[-1] < 0.9 * costs[0]


def test_none_of_it_is_wiener_and_all_of_it_is_a_sound() -> None:
    X, v = tiny(3)
    wiener = v / v.sum(0) * X
    assert torch.equal(consistent_wiener(X, v, 0.0, HOP).stems, wiener)
    torch.testing.assert_close(consistent_wiener(X, v, 1e-9, HOP).stems, wiener, atol=1e-6, rtol=0)
    left = [float(strayed(wiener, HOP).norm())]
    for weight in (1e2, 1e4, 1e6):
        stems = consistent_wiener(X, v, weight, HOP, steps=3000, tolerance=1e-12).stems
        left.append(float(strayed(stems, HOP).norm()))
    assert left[1] < left[0] and left[2] < 0.1 * left[1] and left[3] < 0.02 * left[2] and left[3] < 1e-3 * left[0]


def test_scaling_scales_and_single_precision_will_do() -> None:
    X, v = tiny(3)
    one = consistent_wiener(X, v, 2.0, HOP, steps=200, tolerance=1e-9).stems
    loud = consistent_wiener(1e3 * X, 1e6 * v, 2e-6, HOP, steps=200, tolerance=1e-9).stems
    torch.testing.assert_close(loud / 1e3, one)
    single = consistent_wiener(X.to(torch.complex64), v.float(), 2.0, HOP, steps=50, tolerance=1e-5).stems
    torch.testing.assert_close(single.to(one), one, rtol=1e-3, atol=1e-3)


def sdr(truth: Tensor, found: Tensor) -> float:
    return float(10 * torch.log10(truth.square().sum(-1) / (truth - found).square().sum(-1)).mean())


def gain(truth: Tensor) -> float:
    """What is gained in dB over the Wiener filter with the true variances of mono stems (J, T)."""
    S = stft(truth)
    masked, better = (
        sdr(truth, istft(torch.cat([p.spectrum[:, 0] for p in stems], -1), truth.shape[-1]))
        for stems in (pieces(S, strength) for strength in (0.0, 0.1))
    )
    return better - masked


def pieces(S: Tensor, strength: float, frames: int = 64) -> Iterator[Patch]:
    X, v = S.sum(0, keepdim=True), S.abs().square()
    parts = ((Patch(X[..., at : at + frames]), v[..., at : at + frames]) for at in range(0, X.shape[-1], frames))
    return consistent(parts, strength=strength)


def test_it_is_better_where_the_variances_are_true(short_song: Song) -> None:
    assert gain(torch.stack([torch.from_numpy(s.samples[0].copy()) for s in short_song.stems.values()])) > 1.5


@pytest.mark.parametrize("name", ["musicdelta_rock", "musicdelta_reggae"])
def test_it_is_better_on_real_songs_where_the_variances_are_true(
    name: str, real_song: Callable[[str], dict[str, Audio]]
) -> None:
    stems = real_song(name)
    del stems["mixture"]
    assert gain(torch.stack([torch.from_numpy(s.samples[0, 400_000:550_000].copy()) for s in stems.values()])) > 1.0


def test_pieces_are_about_the_whole(short_song: Song) -> None:
    S = stft(torch.stack([torch.from_numpy(s.samples[0].copy()) for s in short_song.stems.values()]))
    whole, cut = (torch.cat([p.spectrum[:, 0] for p in pieces(S, 0.3, n)], -1) for n in (1000, 20))
    torch.testing.assert_close(cut.sum(0), S.sum(0), rtol=0, atol=1e-4)
    wiener = torch.cat([p.spectrum[:, 0] for p in pieces(S, 0.0)], -1)
    assert float((whole - cut).norm()) < 0.3 * float((whole - wiener).norm())


@pytest.mark.parametrize("count", [0, 1, 700, 30000])
@pytest.mark.parametrize("level", [0.0, 0.3])
def test_stems_add_up_by_way_of_the_methods(count: int, level: float) -> None:
    random = np.random.default_rng(0)
    x = (level * random.standard_normal((2, count))).astype(np.float32)

    def models(patch: Patch) -> Callable[[slice], Tensor]:
        V = magnitude(patch.spectrum)
        tilt = torch.linspace(0.0, 1.0, V.shape[0])[:, None]
        return lambda place: torch.stack((V * tilt, V * (1.0 - tilt), V))[..., place]

    for reconstruction in ("mask", "consistent"):
        blocks = list(stems_by_shares(
            [x], models, 512, 128, exponent=2.0, length=count, device="cpu", report=SILENT,
            reconstruction=reconstruction,
        ))  # fmt: skip
        stems = np.concatenate(blocks, 2)
        assert stems.shape == (3, 2, count) and np.isfinite(stems).all()
        np.testing.assert_allclose(stems.sum(0), x, atol=2e-6)
        assert level or not stems.any()
