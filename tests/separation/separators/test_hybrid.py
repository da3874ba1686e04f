"""The four-stem method: its rhythm section always; the whole where the network's weights are here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from separation import checkpoints, separate
from separation.audio.signal import Audio
from separation.progress import SILENT
from separation.separators import hybrid
from tests.songs import Song, compose

NAMES = ["vocals", "drums", "bass", "other"]


def rhythm(samples: np.ndarray, size: int = 1 << 18) -> np.ndarray:
    blocks = (samples[:, i : i + size] for i in range(0, samples.shape[1], size))
    return np.concatenate(list(hybrid.rhythm(blocks, 44100, hybrid.HybridParameters(), SILENT)), axis=2)


@pytest.fixture
def weights() -> None:
    if any(checkpoints.status(name) != checkpoints.READY for name in hybrid.METHOD.checkpoints):
        pytest.skip("the network's weights are not here: unbraid models import")


def test_rhythm_sums_and_does_not_depend_on_the_blocks(song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hybrid, "FRAMES", 120)
    monkeypatch.setattr(hybrid, "AROUND", 20)
    x = song.mixture.samples
    stems = rhythm(x)
    np.testing.assert_allclose(stems.sum(0), x, atol=3e-6)
    np.testing.assert_allclose(rhythm(x, size=7001), stems, atol=1e-5)


def test_rhythm_finds_the_parts_of_the_synthetic_song(song: Song) -> None:
    parts = [song.stems[name].samples for name in NAMES[1:]]
    mixture = np.sum(parts, axis=0)
    for estimate, truth in zip(rhythm(mixture), parts, strict=True):
        gain = np.square(mixture - truth).sum() / np.square(estimate - truth).sum()
        assert gain > 2.0  # 3 dB better than the mixture itself


@pytest.mark.parametrize("count", [1, 3000, 44100])
def test_silence_stays_silent(count: int) -> None:
    assert not rhythm(np.zeros((2, count), np.float32)).any()


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (8000, 1)])
def test_the_whole_method(weights: None, rate: int, channels: int) -> None:
    x = compose(3.0, rate, channels).mixture
    stems = separate(x, "hybrid", device="cpu")
    assert list(stems) == NAMES
    assert all(stem.samples.shape == x.samples.shape and stem.sample_rate == rate for stem in stems.values())
    np.testing.assert_allclose(stems.sum(), x.samples, atol=1e-6)
    silent = separate(Audio(np.zeros((1, 5000), np.float32), 44100), "hybrid", device="cpu")
    assert not any(stem.samples.any() for stem in silent.values())


@pytest.mark.slow
def test_a_real_song(weights: None, real_song: Callable[[str], dict[str, Audio]]) -> None:
    truth = real_song("musicdelta_rock")
    stems = separate(truth["mixture"], "hybrid", device="cpu")
    for name in NAMES:
        error = np.square(stems[name].samples - truth[name].samples).sum()
        assert error < 0.5 * np.square(truth[name].samples).sum(), name  # better than 3 dB
