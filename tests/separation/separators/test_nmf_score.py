"""NMF by a score as a method: a stem per instrument, far better than unguided, aligned when the tempo is another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.errors import InputError, ParameterError
from separation.progress import SILENT
from separation.separators import nmf_score
from tests.separation.nmf.playing import RATE, duet, play, write

SECONDS = 6.0


def run(audio: Audio, **values: int | float | str | bool) -> np.ndarray:
    settled = nmf_score.ScoreParameters(**{"iterations": 30, **values})  # type: ignore[arg-type]
    return np.concatenate(list(nmf_score.stream(audio.stream(), settled, SILENT)), axis=2)


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def mean(truth: Mapping[str, np.ndarray], stems: np.ndarray) -> float:
    return float(np.mean([sdr(one, stem) for one, stem in zip(truth.values(), stems, strict=False)]))


@pytest.fixture(scope="module")
def played() -> tuple[Audio, dict[str, np.ndarray]]:
    truth = play(duet(SECONDS), SECONDS)
    return Audio(sum(truth.values()), RATE), truth


def test_it_is_far_better_than_unguided(played: tuple[Audio, dict[str, np.ndarray]], tmp_path: Path) -> None:
    x, truth = played
    write(tmp_path / "a.mid", duet(SECONDS))
    stems = separate(x, "nmf-score", device="cpu", score=str(tmp_path / "a.mid"))
    assert tuple(stems) == ("piano", "flute", "rest")
    np.testing.assert_allclose(stems.sum(), x.samples, atol=2e-6)
    guided = mean(truth, np.stack([stems["piano"].samples, stems["flute"].samples]))
    plain = np.stack([one.samples for one in separate(x, "nmf", device="cpu", sources=2).values()])
    assert guided > max(mean(truth, plain), mean(truth, plain[::-1])) + 6.0 and guided > 10.0


def test_a_score_in_another_tempo(played: tuple[Audio, dict[str, np.ndarray]], tmp_path: Path) -> None:
    x, truth = played
    knots, bent = np.linspace(0, SECONDS, 5), np.array([0.4, 2.0, 5.0, 6.1, 9.0])
    write(tmp_path / "a.mid", duet(SECONDS))
    write(tmp_path / "b.mid", duet(SECONDS).moved(lambda s: float(np.interp(s, knots, bent))))
    right = mean(truth, run(x, score=str(tmp_path / "a.mid"), align=False))
    aligned, wrong = (mean(truth, run(x, score=str(tmp_path / "b.mid"), align=on)) for on in (True, False))
    assert aligned > right - 1.5 and wrong < right - 5.0


def test_a_song_too_long_to_learn_whole(
    played: tuple[Audio, dict[str, np.ndarray]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, truth = played
    write(tmp_path / "a.mid", duet(SECONDS))
    monkeypatch.setattr(nmf_score, "LEARNT", 3)  # of 5 tiles
    monkeypatch.setattr(nmf_score, "FRAMES", 64)
    stems = run(x, score=str(tmp_path / "a.mid"))
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert mean(truth, stems) > 8.0


def test_what_is_not_in_the_score_goes_to_the_rest(
    played: tuple[Audio, dict[str, np.ndarray]], tmp_path: Path
) -> None:
    x, truth = played
    random = np.random.default_rng(0)
    hits = np.zeros(x.frames)
    for k in range(1, 11):
        hits[k * 12000 : k * 12000 + 3000] += random.standard_normal(3000) * np.exp(-np.arange(3000) / 500) * 0.2
    write(tmp_path / "a.mid", duet(SECONDS))
    stems = run(Audio((x.samples + hits).astype(np.float32), RATE), score=str(tmp_path / "a.mid"))
    assert sdr(hits[None], stems[2]) > 5.0 and mean(truth, stems) > 7.0


@pytest.mark.parametrize(("channels", "rate", "count"), [(1, 8000, 1), (1, 8000, 5000), (8, 44100, 3000)])
def test_silence_and_tiny_songs(channels: int, rate: int, count: int, tmp_path: Path) -> None:
    write(tmp_path / "a.mid", duet(SECONDS))
    score = str(tmp_path / "a.mid")
    assert not run(Audio(np.zeros((channels, count), np.float32), rate), score=score).any()
    random = np.random.default_rng(0)
    x = Audio(0.1 * random.standard_normal((channels, count)).astype(np.float32), rate)
    stems = run(x, score=score)
    assert stems.shape == (3, channels, count)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=1e-6)


def test_without_a_score_it_says_what_to_give(tmp_path: Path) -> None:
    x = Audio(np.zeros((1, 9000), np.float32), 44100)
    with pytest.raises(ParameterError, match="give a MIDI file, --set score="):
        separate(x, "nmf-score", device="cpu")
    with pytest.raises(InputError, match="cannot be read"):
        separate(x, "nmf-score", device="cpu", score=str(tmp_path / "absent.mid"))
