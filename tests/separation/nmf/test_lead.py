"""The singer before an accompaniment: each step equals plain loops, the loss never rises, a voice is followed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from separation.errors import InputError, ParameterError
from separation.nmf.singer.lead import Lead, begin, states
from separation.nmf.singer.voice import bumps, lobe, sources
from separation.spectral.stft import stft
from tests.songs import compose

ALL = frozenset({"H_F0", "H_G", "H_P", "gains", "W_M", "H_M"})


def small(channels: int = 2, seed: int = 0) -> tuple[torch.Tensor, Lead]:
    random = torch.Generator().manual_seed(seed)
    V = torch.rand(channels, 9, 7, generator=random, dtype=torch.float64).pow(3) + 1e-3
    W_F0, W_G = torch.rand(7, 4, generator=random), torch.rand(7, 3, generator=random)
    start = begin(V, W_F0, W_G, filters=2, rank=3, seed=seed)
    return V, replace(start, gains=torch.linspace(0.7, 1.3, channels, dtype=torch.float64))


def musical() -> tuple[torch.Tensor, Lead]:
    samples = torch.tensor(compose(2.0, sample_rate=16000).mixture.samples)
    V = stft(samples, 512, 128).abs().square().mT.double()
    start = begin(V, sources(512, 16000, per_semitone=2).combs, bumps(512, 16000, 12), filters=4, rank=8)
    return V, start


def after(V: torch.Tensor, start: Lead, steps: int, **options: float | frozenset[str]) -> Lead:
    return next(itertools.islice(states(V, start, **options), steps, None))  # type: ignore[arg-type]


@pytest.mark.parametrize("which", ["random", "mono", "musical"])
def test_the_loss_never_rises(which: str) -> None:
    V, start = musical() if which == "musical" else small(1 if which == "mono" else 2)
    losses = [state.loss(V) for state in itertools.islice(states(V, start), 41)]
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(losses))
    assert losses[-1] < 0.8 * losses[0]


def test_the_quick_power_gets_further_in_as_many_steps() -> None:
    V, start = musical()
    assert after(V, start, 15, power=1.0).loss(V) < after(V, start, 15).loss(V)


def test_single_precision_goes_the_same_way() -> None:
    V, start = musical()
    single = begin(V.float(), start.W_F0, start.W_G, filters=4, rank=8)
    torch.testing.assert_close(after(V.float(), single, 10).voice().double(), after(V, start, 10).voice(),
                               rtol=2e-2, atol=1e-4 * float(V.mean()))  # fmt: skip


def plain(V: np.ndarray, s: dict[str, np.ndarray], moved: str) -> np.ndarray:
    """One factor's step, written as sums over everything."""
    C, N, F = V.shape

    def model(n: int, f: int) -> tuple[float, float]:
        pitched = sum(s["W_F0"][f, u] * s["H_F0"][n, u] for u in range(s["W_F0"].shape[1]))
        formed = sum(
            s["W_G"][f, p] * s["H_G"][p, r] * s["H_P"][n, r]
            for p in range(s["W_G"].shape[1]) for r in range(s["H_G"].shape[1])
        )  # fmt: skip
        return float(pitched), float(formed)

    above, below = np.zeros_like(s[moved]), np.zeros_like(s[moved])
    for c, n, f in itertools.product(range(C), range(N), range(F)):
        pitched, formed = model(n, f)
        S = s["gains"][c] * pitched * formed + sum(s["W_M"][c, f, k] * s["H_M"][n, k] for k in range(3))
        slope = {}  # dS / d(entry)
        if moved == "H_F0":
            slope = {(n, u): s["gains"][c] * s["W_F0"][f, u] * formed for u in range(4)}
        elif moved == "H_P":
            slope = {(n, r): s["gains"][c] * pitched * (s["W_G"][f] @ s["H_G"][:, r]) for r in range(2)}
        elif moved == "H_G":
            slope = {(p, r): s["gains"][c] * pitched * s["W_G"][f, p] * s["H_P"][n, r]
                     for p in range(3) for r in range(2)}  # fmt: skip
        elif moved == "gains":
            slope = {(c,): pitched * formed}
        elif moved == "W_M":
            slope = {(c, f, k): s["H_M"][n, k] for k in range(3)}
        elif moved == "H_M":
            slope = {(n, k): s["W_M"][c, f, k] for k in range(3)}
        for place, d in slope.items():
            above[place] += d * V[c, n, f] / S**2
            below[place] += d / S
    return s[moved] * np.sqrt(above / below)


@pytest.mark.parametrize("moved", sorted(ALL))
def test_each_step_is_the_plain_one(moved: str) -> None:
    V, start = small()
    start = replace(start, step=1 if moved == "gains" else 0)
    held = ALL - {moved}
    state = after(V, start, 1, held=held)
    arrays = {name: getattr(start, name).numpy() for name in ("W_F0", "W_G", *ALL)}
    arrays[moved] = plain(V.numpy(), arrays, moved)
    expected = replace(start, **{moved: torch.from_numpy(arrays[moved])})
    torch.testing.assert_close(state.gains[0] * state.voice(), expected.gains[0] * expected.voice())
    for c in range(2):
        torch.testing.assert_close(state.gains[c] * state.voice(), expected.gains[c] * expected.voice())
        torch.testing.assert_close(state.accompaniment(c), expected.accompaniment(c))


def test_zeros_of_the_melody_stay_and_levels_follow_the_song() -> None:
    V, start = small()
    mask = torch.rand(start.H_F0.shape, generator=torch.Generator().manual_seed(5)) > 0.5
    start = replace(start, H_F0=start.H_F0.masked_fill(mask, 0.0))
    state = after(V, start, 5)
    assert torch.equal(state.H_F0 == 0.0, mask)
    louder = after(V * 64, begin(V * 64, start.W_F0, start.W_G, filters=2, rank=3), 8)
    softer = after(V, begin(V, start.W_F0, start.W_G, filters=2, rank=3), 8)
    torch.testing.assert_close(louder.voice(), 64 * softer.voice())


def test_frames_may_come_in_any_order() -> None:
    V, start = small()
    order = torch.randperm(V.shape[1], generator=torch.Generator().manual_seed(2))
    turned = replace(start, H_F0=start.H_F0[order], H_P=start.H_P[order], H_M=start.H_M[order])
    torch.testing.assert_close(after(V[:, order], turned, 6).voice(), after(V, start, 6).voice()[order])


def test_combs_stand_on_their_partials_and_bumps_add_up_to_one() -> None:
    made = sources(2048, 44100, lowest=100.0, highest=400.0)
    assert made.hertz[0] == 100.0 and made.hertz[-1] <= 400.0 and made.combs.shape == (1025, len(made.hertz))
    torch.testing.assert_close(made.combs.sum(0), torch.ones(len(made.hertz)))
    u = 40
    for h in (1, 2, 5):
        partial = float(made.hertz[u]) * h / 44100 * 2048
        around = made.combs[round(partial) - 3 : round(partial) + 4, u]
        assert abs(int(around.argmax()) - 3) <= 1
    torch.testing.assert_close(bumps(2048, 44100).sum(1), torch.ones(1025))
    for bins in (0.0, 0.3, 1.0, 1.6):  # a Hann window's transform, against its own sum
        t = np.arange(-512, 512)
        seen = abs((np.cos(np.pi * t / 1024) ** 2 * np.exp(-2j * np.pi * bins * t / 1024)).sum() / 512) ** 2
        assert float(lobe(torch.tensor(bins, dtype=torch.float64))) == pytest.approx(seen, abs=1e-6)


def test_what_cannot_be_is_refused() -> None:
    V, start = small()
    with pytest.raises(ParameterError, match="do not fit"):
        begin(V, start.W_F0[:5], start.W_G)
    with pytest.raises(ParameterError, match="lowest note"):
        sources(2048, 44100, lowest=900.0, highest=300.0)
    with pytest.raises(InputError, match="all zeros"):
        begin(torch.zeros_like(V), start.W_F0, start.W_G)
