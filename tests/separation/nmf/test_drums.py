"""Drums by convolutive NMF: the names patterns get, the hits they find, and what repeated hits tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from separation.nmf.convolutive import Patterns
from separation.nmf.drums import Kit, _told, learn_drums, name_drums
from separation.nmf.repeats import predicted
from separation.nmf.starts.drum_patterns import NAMES, drum_start
from separation.spectral.masks import ratio
from separation.spectral.stft import istft, stft
from tests.separation.nmf.loops import RATE, drum_loop

N_FFT, HOP, LENGTH = 1024, 256, 24


def usdr(truth: Tensor, estimate: Tensor) -> float:
    return float(10 * torch.log10(truth.square().sum() / (truth - estimate).square().sum()))


@pytest.mark.parametrize("rate", [44100, 22050, 48000])
@pytest.mark.parametrize("kind", [{}, {"deep": True}], ids=["soft", "deep"])
def test_every_start_is_what_it_is_called(rate: int, kind: dict[str, bool]) -> None:
    W, names = drum_start(N_FFT // 2 + 1, rate, HOP, LENGTH, **kind)
    torch.testing.assert_close(W.sum((0, 1)), torch.ones(len(names)))
    drums = name_drums(W, rate, HOP)
    assert tuple(drum.name for drum in drums) == names and set(names) == set(NAMES)
    assert all(0.5 <= drum.certainty <= 1.0 for drum in drums)


def test_numbers_beside_the_name() -> None:
    W = torch.zeros(20, 513, 2)
    W[0, 1, 0] = 1.0  # one low bin, gone at once
    W[:, :, 1] = 1.0  # white, and steady
    low, white = name_drums(W, RATE, HOP)
    assert low.name == "kick" and low.certainty == 1.0 and low.low == 1.0 and low.high == 0.0
    assert low.centroid == pytest.approx(RATE / 1024, rel=1e-3) and low.decay == pytest.approx(HOP / RATE)
    assert white.flatness == pytest.approx(1.0) and white.decay == pytest.approx(20 * HOP / RATE)
    assert low.flatness < 0.01 and white.high == pytest.approx(1 - 5000 / 22050, abs=0.01)


def test_a_pattern_is_renamed_only_when_it_sounds_with_its_new_drum() -> None:
    names = ("kick", "kick", "snare", "hihat")
    W, H = torch.full((8, 513, 4), 1e-6), torch.full((4, 200), 1e-6)
    W[0, 1, 0] = W[0, 300, 1] = W[0, 50, 2] = W[0, 310, 3] = 1.0  # the second is bright, as only a hi-hat is
    H[0, ::40] = H[2, 20::40] = H[3, ::10] = 1.0
    H[1, ::40] = 1.0
    assert _told(Patterns(W, H), names, RATE, HOP) == names  # the click of a kick
    H[1] = H[3]
    assert _told(Patterns(W, H), names, RATE, HOP) == ("kick", "hihat", "snare", "hihat")


def test_on_a_border_nothing_is_certain() -> None:
    W = torch.zeros(1, 2206, 1)
    W[0, 20] = 1.0  # 200 Hz
    assert name_drums(W, RATE, HOP)[0].certainty == pytest.approx(0.5, abs=0.01)


@pytest.fixture(scope="module")
def learnt() -> tuple[Tensor, Tensor, Kit, tuple[tuple[int, ...], ...]]:
    """True stems (3, T), their mixture (1, T), the kit learnt on it, and the true onsets."""
    stems, onsets = drum_loop(4.0)
    x = torch.from_numpy(stems.sum(0))[None]
    kit = learn_drums(stft(x, N_FFT, HOP)[0].abs(), RATE, HOP, length=LENGTH, iterations=60)
    return torch.from_numpy(stems), x, kit, onsets


def test_it_finds_the_hits(learnt: tuple[Tensor, Tensor, Kit, tuple[tuple[int, ...], ...]]) -> None:
    _, _, kit, onsets = learnt
    for found, true in zip(kit.onsets(RATE, HOP), onsets, strict=True):
        missed = [t for t in true if min(abs(t - f) for f in found) > 0.02 * RATE]
        assert len(missed) <= 0.1 * len(true)


def test_repeats_go_beyond_what_masks_can(learnt: tuple[Tensor, Tensor, Kit, tuple[tuple[int, ...], ...]]) -> None:
    stems, x, kit, onsets = learnt
    spectrum, models = stft(x, N_FFT, HOP), kit.models()
    masked = istft(ratio(models, 1.5)[:, None] * spectrum, x.shape[1], HOP)
    better = predicted(x, masked, models.square(), onsets, RATE, hop=HOP)
    torch.testing.assert_close(better.sum(0), x, rtol=0, atol=1e-5)
    ideal = istft(ratio(stft(stems, N_FFT, HOP).abs(), 2.0) * spectrum, x.shape[1], HOP)
    gains = [usdr(true, new[0]) - usdr(true, old[0]) for true, new, old in zip(stems, better, masked, strict=True)]
    assert min(gains) > -1.0 and max(gains) > 3.0
    assert usdr(stems[1], better[1, 0]) > usdr(stems[1], ideal[1])


def test_what_repeats_as_a_whole_teaches_nothing() -> None:
    """Two identical bars: no hit may be predicted from its copy, mistakes and all."""
    random = np.random.default_rng(0)
    bar = torch.from_numpy(random.standard_normal(RATE // 2).astype(np.float32))
    bar *= torch.exp(-torch.arange(len(bar)) / 4000.0)
    x = torch.cat((bar, bar))[None]
    masked = torch.stack((0.7 * x, 0.3 * x))
    models = torch.stack([stft(s, N_FFT, HOP)[0].abs().square() for s in masked])
    again = predicted(x, masked, models, [[600, 600 + RATE // 2]] * 2, RATE, hop=HOP)
    wiener = torch.stack([0.49 * x, 0.09 * x]) / 0.58
    torch.testing.assert_close(again, wiener, rtol=0, atol=1e-3)


def test_stems_without_hits_are_masked_and_shift_and_scale_do_not_matter() -> None:
    stems, onsets = drum_loop(2.0)
    truth = torch.from_numpy(stems)[:, None]
    x, models = truth.sum(0), stft(truth, N_FFT, HOP)[:, 0].abs().square()
    none = predicted(x, truth, models, [(), (), ()], RATE, hop=HOP)
    masks = models / models.sum(0).clamp(min=1e-20)
    torch.testing.assert_close(none, istft(masks[:, None] * stft(x, N_FFT, HOP), x.shape[1], HOP), rtol=0, atol=1e-4)
    once = predicted(x, truth, models, onsets, RATE, hop=HOP)
    soft = predicted(x / 64, truth / 64, models / 4096, onsets, RATE, hop=HOP)
    torch.testing.assert_close(soft * 64, once, rtol=0, atol=1e-4)
