"""Shift-invariant NMF: plain loops, descent, a transposed song moves H only, two instruments playing scales part."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from separation.errors import InputError, ParameterError
from separation.nmf.factorisation import factorise
from separation.nmf.shifted import Shifted, along, begin, states, toeplitz
from separation.spectral.constantq import LogAxis
from separation.spectral.stft import stft
from tests.songs import compose


def small(depth: int = 1, seed: int = 0) -> tuple[torch.Tensor, Shifted]:
    random = torch.Generator().manual_seed(seed)
    V = torch.rand(8, 9, generator=random, dtype=torch.float64).pow(3)
    W = torch.rand(2, depth, 8, generator=random, dtype=torch.float64)
    H = torch.rand(2, 4, 9, generator=random, dtype=torch.float64)
    return V, Shifted(W / W.sum((1, 2), keepdim=True), H)


def plain(W: torch.Tensor, H: torch.Tensor) -> np.ndarray:
    K, D, B = W.shape
    P, N = H.shape[1:]
    model = np.zeros((B, N))
    for k, t, p, b, n in itertools.product(range(K), range(D), range(P), range(B), range(N)):
        if b >= p and n >= t:
            model[b, n] += float(W[k, t, b - p] * H[k, p, n - t])
    return model


@pytest.mark.parametrize("depth", [1, 3])
def test_a_step_is_that_of_plain_loops(depth: int) -> None:
    V, start = small(depth)
    np.testing.assert_allclose(start.model().numpy(), plain(start.W, start.H))
    sparsity = 0.05
    state = next(itertools.islice(states(V, start, sparsity=sparsity), 1, None))
    W, H = start.W.numpy(), start.H.numpy()
    (K, D, B), (P, N) = W.shape, H.shape[1:]
    length = np.sqrt(np.square(W).sum((1, 2)))
    ratio = V.numpy() / plain(start.W, start.H)
    above, below = np.zeros_like(H), np.zeros_like(H) + sparsity * length[:, None, None]
    for k, t, p, b, n in itertools.product(range(K), range(D), range(P), range(B), range(N)):
        if b >= p and n >= t:
            above[k, p, n - t] += W[k, t, b - p] * ratio[b, n]
            below[k, p, n - t] += W[k, t, b - p]
    H = H * above / below
    ratio = V.numpy() / plain(start.W, torch.from_numpy(H))
    above, below = np.zeros_like(W), np.zeros_like(W)
    for k, t, p, b, n in itertools.product(range(K), range(D), range(P), range(B), range(N)):
        if b >= p and n >= t:
            above[k, t, b - p] += H[k, p, n - t] * ratio[b, n]
            below[k, t, b - p] += H[k, p, n - t]
    bend = (sparsity * H.sum((1, 2)) / length)[:, None, None]  # bend w² + below w − w₀ above = 0
    W = (np.sqrt(np.square(below) + 4 * bend * W * above) - below) / (2 * bend)
    np.testing.assert_allclose(state.model().numpy(), plain(torch.from_numpy(W), torch.from_numpy(H)), rtol=1e-6)
    np.testing.assert_allclose(state.W.sum((1, 2)).numpy(), 1.0)


def test_toeplitz_and_its_transpose() -> None:
    random = torch.Generator().manual_seed(4)
    W, table = (torch.rand(shape, generator=random, dtype=torch.float64) for shape in ((3, 7), (7, 3, 5)))
    wide = toeplitz(W, 5).reshape(7, 3, 5)
    for b, k, p in itertools.product(range(7), range(3), range(5)):
        assert float(wide[b, k, p]) == (float(W[k, b - p]) if b >= p else 0.0)
    torch.testing.assert_close((wide * table).sum(), (W * along(table)).sum())


@pytest.mark.parametrize("sparsity", [0.0, 0.5])
@pytest.mark.parametrize("which", ["random", "deep", "musical"])
def test_fit_and_penalty_never_rise(which: str, sparsity: float) -> None:
    if which == "musical":
        samples = torch.tensor(compose(2.0, sample_rate=16000).mixture.samples)
        axis = LogAxis.of(16000, low=55.0, per_octave=12)
        V = axis.magnitude(stft(samples, axis.n_fft, 512)).mean(0).double()
        start = begin(*V.shape, atoms=3, shifts=40, per_octave=12, level=float(V.mean()))
    else:
        V, start = small(2 if which == "deep" else 1)
    losses = [state.loss(V, sparsity) for state in itertools.islice(states(V, start, sparsity=sparsity), 41)]
    assert all(b <= a + 1e-9 * abs(a) for a, b in itertools.pairwise(losses))
    assert losses[-1] < losses[0]


def test_transposing_the_song_moves_h_only() -> None:
    random = torch.Generator().manual_seed(2)
    W = torch.zeros(1, 1, 40, dtype=torch.float64)
    W[0, 0, :12] = torch.rand(12, generator=random, dtype=torch.float64)
    H = torch.zeros(1, 20, 15, dtype=torch.float64)
    for n in range(15):
        H[0, 3 + n % 7, n] = 1.0
    low = Shifted(W, H).model()
    high = torch.cat([torch.zeros(5, 15, dtype=torch.float64), low[:-5]])
    first, second = (
        next(itertools.islice(states(V, Shifted(W, torch.ones_like(H)), hold_W=True), 300, None)) for V in (low, high)
    )
    assert torch.equal(first.W, second.W)
    torch.testing.assert_close(second.H[0, 5:], first.H[0, :-5], atol=1e-3, rtol=0.0)
    assert float(second.H[0, :5].max()) < 1e-3
    # learnt from nothing, the atom of the moved song is the same one too
    again = Shifted(torch.ones_like(W) / 40, torch.rand(H.shape, generator=random, dtype=torch.float64))
    moved = Shifted(again.W, again.H.roll(5, 1))
    one, two = (next(itertools.islice(states(V, s), 150, None)) for V, s in ((low, again), (high, moved)))
    assert one.loss(low) < 0.1 * again.loss(low) and two.loss(high) < 0.1 * moved.loss(high)


def scales() -> tuple[np.ndarray, np.ndarray, int]:
    """A soft, hollow instrument and a bright one, each playing its own scale, 3 s."""
    rate = 16000
    time = np.arange(3 * rate) / rate

    def play(midi: list[int], length: float, sizes: list[float]) -> np.ndarray:
        note = np.array(midi)[(time / length).astype(int) % len(midi)]
        f0 = 440.0 * 2 ** ((note - 69) / 12)
        fade = np.minimum(1.0, 20 * np.minimum(time % length, length - time % length) / length)
        return fade * sum(a * np.sin(2 * np.pi * h * np.cumsum(f0) / rate) for h, a in enumerate(sizes, 1) if a)

    hollow = play([60, 62, 64, 65, 67, 69, 71, 72], 0.25, [1.0, 0.0, 0.5, 0.0, 0.25, 0.0, 0.1])
    bright = play([79, 77, 74, 72, 71, 69, 67, 65, 64, 62], 0.3, [0.3, 0.6, 0.5, 0.6, 0.5, 0.4])
    return hollow / hollow.std(), bright / bright.std(), rate


def separation(models: list[torch.Tensor], truths: list[torch.Tensor], V: torch.Tensor) -> float:
    """The worse of two sources' SDR in dB, of masked magnitudes, in the better order."""
    total = sum(models) + 1e-9

    def score(order: tuple[int, ...]) -> float:
        found = (V * models[j] / total for j in order)
        return min(float(10 * torch.log10(t.square().sum() / (t - f).square().sum()))
                   for t, f in zip(truths, found, strict=True))  # fmt: skip

    return max(score(order) for order in itertools.permutations(range(2)))


def test_two_instruments_playing_scales_part_and_plain_nmf_cannot() -> None:
    hollow, bright, rate = scales()
    axis = LogAxis.of(rate, low=110.0, high=7000.0, per_octave=36)
    V, A, B = (
        axis.magnitude(stft(torch.tensor(x).float(), axis.n_fft, 512)) for x in (hollow + bright, hollow, bright)
    )
    start = begin(*V.shape, atoms=2, shifts=120, per_octave=36, level=float(V.mean()))
    state = next(itertools.islice(states(V, start, sparsity=0.5), 60, None))
    apart = separation([state.model(k) for k in range(2)], [A, B], V)
    fit = factorise(V, 2, iterations=60)
    together = separation([fit.W[:, k : k + 1] * fit.H[k] for k in range(2)], [A, B], V)
    assert apart > 10.0 and together < 4.0


def test_zeros_levels_and_what_is_refused() -> None:
    V, start = small()
    mask = torch.rand(start.H.shape, generator=torch.Generator().manual_seed(1)) > 0.6
    state = next(itertools.islice(states(V, Shifted(start.W, start.H.masked_fill(mask, 0.0))), 4, None))
    assert torch.equal(state.H == 0.0, mask)
    louder = next(itertools.islice(states(64 * V, Shifted(start.W, 64 * start.H)), 6, None))
    torch.testing.assert_close(louder.model(), 64 * next(itertools.islice(states(V, start), 6, None)).model())
    with pytest.raises(ParameterError, match="do not fit"):
        next(states(V[:, :4], start))
    with pytest.raises(InputError, match="none negative"):
        next(states(-V, start))
    with pytest.raises(InputError, match="none negative"):
        next(states(V * math.nan, start))
    with pytest.raises(ParameterError, match="may be moved"):
        begin(10, 5, atoms=2, shifts=11)
