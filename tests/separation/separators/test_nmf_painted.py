"""Painted NMF as a method: strokes help, names come from the file, sums are exact, long songs fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.errors import InputError
from separation.nmf.painting import maps
from separation.nmf.painting.strokes import Grid, Painting, Stroke, save
from separation.progress import SILENT
from separation.separators import nmf_painted
from separation.separators.excerpts import TILE
from tests.separation.nmf.painting import person
from tests.songs import Song

NAMES = ("vocals", "drums", "bass", "other")
GRID = Grid(44100, 4096, 1024)


def run(audio: Audio, **values: int | float | str) -> np.ndarray:
    settled = nmf_painted.PaintedParameters(**{"rank": 8, "iterations": 20, **values})  # type: ignore[arg-type]
    return np.concatenate(list(nmf_painted.stream(audio.stream(), settled, SILENT)), axis=2)


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


@pytest.fixture(scope="module")
def painted(song: Song, tmp_path_factory: pytest.TempPathFactory) -> tuple[Audio, dict[str, np.ndarray], Path]:
    truth = {name: song.stems[name].samples[:, : 4 * 44100] for name in NAMES}
    path = tmp_path_factory.mktemp("strokes") / "strokes.json"
    save(path, Painting(NAMES, tuple(person(truth, GRID))))
    return Audio(np.sum(list(truth.values()), axis=0), 44100), truth, path


def test_strokes_name_the_stems_and_make_them_better(painted: tuple[Audio, dict[str, np.ndarray], Path]) -> None:
    x, truth, path = painted
    stems = separate(x, "nmf-painted", device="cpu", strokes=str(path), rank=8)
    assert tuple(stems) == NAMES
    np.testing.assert_allclose(stems.sum(), x.samples, atol=2e-6)
    guided = np.mean([sdr(truth[name], stems[name].samples) for name in NAMES])
    plain = run(x, rank=8)
    table = np.array([[sdr(truth[name], one) for one in plain] for name in NAMES])
    from scipy.optimize import linear_sum_assignment

    best = table[linear_sum_assignment(-table)].mean()
    assert guided > best + 2.0
    np.testing.assert_allclose(plain.sum(0), x.samples, atol=2e-6)
    again = run(x, strokes=str(path), iterations=40)
    np.testing.assert_allclose(again, [stems[name].samples for name in NAMES], atol=2e-6)  # the same seed


def test_one_painted_source_and_the_rest(painted: tuple[Audio, dict[str, np.ndarray], Path], tmp_path: Path) -> None:
    x, truth, _ = painted
    strokes = tuple(one for one in person(truth, GRID) if one.source == "drums")
    save(tmp_path / "a.json", Painting(("drums", "other"), strokes))
    stems = separate(x, "nmf-painted", device="cpu", strokes=str(tmp_path / "a.json"), rank=16)
    assert sdr(truth["drums"], stems["drums"].samples) > sdr(truth["drums"], x.samples) + 2.0


def test_a_song_too_long_to_learn_whole(
    painted: tuple[Audio, dict[str, np.ndarray], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, truth, path = painted
    monkeypatch.setattr(nmf_painted, "LEARNT", 2)  # of 3 tiles
    stems = run(x, strokes=str(path))
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert np.mean([sdr(truth[name], one) for name, one in zip(NAMES, stems, strict=True)]) > 1.0


def test_painted_places_are_learnt_on_and_others_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TILE == maps.TILE  # each tile of the song is one of its maps
    monkeypatch.setattr(nmf_painted, "LEARNT", 20)
    painting = Painting(("a", "b"), (Stroke("a", 100, 200, 300.0, 303.0),))
    chosen = sorted(nmf_painted.wanted(painting, GRID, 600 * 44100))
    assert len(chosen) == 20 and {int(301 * 44100 / 1024) // 64} <= set(chosen)
    assert chosen[0] < 10 and chosen[-1] > 350 and max(np.diff(chosen)) < 40


@pytest.mark.parametrize(("channels", "rate", "count"), [(1, 8000, 1), (1, 8000, 5000), (8, 44100, 3000)])
def test_silence_and_tiny_songs(channels: int, rate: int, count: int, tmp_path: Path) -> None:
    save(tmp_path / "a.json", Painting(("a", "b", "c"), (Stroke("a", 100, 2000, 0.0, 30.0),)))
    strokes = str(tmp_path / "a.json")
    assert not run(Audio(np.zeros((channels, count), np.float32), rate), strokes=strokes).any()
    random = np.random.default_rng(0)
    x = Audio(0.1 * random.standard_normal((channels, count)).astype(np.float32), rate)
    stems = run(x, strokes=strokes)
    assert stems.shape == (3, channels, count)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=1e-6)


def test_strokes_that_are_none_get_a_sentence(tmp_path: Path) -> None:
    x = Audio(np.zeros((1, 9000), np.float32), 44100)
    with pytest.raises(InputError, match="cannot be read"):
        separate(x, "nmf-painted", device="cpu", strokes=str(tmp_path / "absent.json"))
