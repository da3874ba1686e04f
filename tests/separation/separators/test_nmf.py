"""NMF as a method: as many stems as asked for, sums, levels, seeds, silence, tiny songs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.errors import ParameterError
from separation.progress import SILENT
from separation.separators import moments, nmf, shares
from tests.songs import Song, compose


def run(audio: Audio, **values: float | str) -> np.ndarray:
    settled = nmf.NmfParameters(**{"iterations": 30, "rank": 12, **values})  # type: ignore[arg-type]
    return np.concatenate(list(nmf.stream(audio.stream(), settled, SILENT)), axis=2)


def test_it_sums_scales_and_repeats_itself(short_song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    x = short_song.mixture
    stems = run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_array_equal(run(x), stems)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8)), stems / 8, atol=1e-4)
    monkeypatch.setattr(shares, "FRAMES", 11)  # rendered in many pieces
    np.testing.assert_allclose(run(x), stems, atol=1e-4)


@pytest.mark.parametrize("divergence", ["kl", "is", "euclidean"])
def test_a_song_too_long_to_learn_whole(song: Song, divergence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drums, notes = (song.stems[name].samples for name in ("drums", "vocals"))
    x = song.mixture.with_samples(drums + notes)
    whole = run(x, sources=2, rank=16, divergence=divergence)
    monkeypatch.setattr(nmf, "LEARNT", 192)  # of 345 frames
    monkeypatch.setattr(moments, "MOMENT", 16)
    stems = run(x, sources=2, rank=16, divergence=divergence)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    np.testing.assert_allclose(run(x.with_samples(x.samples / 8), sources=2, rank=16, divergence=divergence),
                               stems / 8, atol=1e-4)  # fmt: skip
    if divergence == "kl":

        def error(stems: np.ndarray) -> float:
            table = [[np.square(s - t).sum() / np.square(t).sum() for t in (drums, notes)] for s in stems]
            return float(min(table[0][0] + table[1][1], table[0][1] + table[1][0]))

        assert error(stems) < error(whole) + 0.2


def test_a_sound_that_passes_only_once(short_song: Song) -> None:
    x, settled = short_song.mixture, nmf.NmfParameters(iterations=30, rank=12)
    once = replace(x.stream(), again=None)
    np.testing.assert_array_equal(np.concatenate(list(nmf.stream(once, settled, SILENT)), axis=2), run(x))


def test_names_follow_the_number_of_sources() -> None:
    stems = separate(compose(1.0).mixture, "nmf", device="cpu", sources=3, rank=8, iterations=5)
    assert list(stems) == ["source 1", "source 2", "source 3"]


def test_two_clear_sources_are_found(song: Song) -> None:
    drums, notes = (song.stems[name].samples for name in ("drums", "vocals"))
    stems = run(song.mixture.with_samples(drums + notes), sources=2, rank=16, iterations=60)
    errors = [[np.square(s - t).sum() / np.square(t).sum() for t in (drums, notes)] for s in stems]
    assert min(errors[0][0] + errors[1][1], errors[0][1] + errors[1][0]) < 0.6


@pytest.mark.parametrize("divergence", ["is", "euclidean"])
def test_the_other_divergences_run(divergence: str) -> None:
    x = compose(1.0).mixture
    np.testing.assert_allclose(run(x, divergence=divergence).sum(0), x.samples, atol=2e-6)


@pytest.mark.parametrize("count", [1, 5000])
def test_silence_and_tiny_songs(count: int) -> None:
    assert not run(Audio(np.zeros((2, count), np.float32), 44100)).any()
    x = Audio(np.full((1, count), 0.1, np.float32), 8000)
    np.testing.assert_allclose(run(x).sum(0), x.samples, atol=1e-6)


@pytest.mark.parametrize("grouping", ["ward", "source-filter", "filters", "shift-invariant", "percussive"])
def test_every_grouping_gives_the_stems_it_names_and_an_exact_sum(short_song: Song, grouping: str) -> None:
    stems = separate(short_song.mixture, "nmf", device="cpu", rank=8, iterations=10, sources=3, grouping=grouping)
    assert list(stems) == [f"source {j + 1}" for j in range(2 if grouping == "percussive" else 3)]
    np.testing.assert_allclose(stems.sum(), short_song.mixture.samples, atol=1e-7)
    silent = Audio(np.zeros((1, 5000), np.float32), 8000)
    assert not run(silent, grouping=grouping).any()
    assert run(Audio(np.full((1, 300), 0.1, np.float32), 8000), grouping=grouping).shape[2] == 300


@pytest.mark.parametrize("wish", [{"sparsity": 1.0}, {"continuity": 1.0}, {"harmonic": True}, {"piano": True},
                                  {"perceptual": True}])  # fmt: skip
def test_wishes_about_the_atoms(wish: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    x = compose(1.0, 22050).mixture
    wish = {"iterations": 12, **wish}
    stems = run(x, **wish)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert not np.allclose(stems, run(x, iterations=12), atol=1e-4)
    for count, rate in ((1, 44100), (5000, 8000)):
        tiny = Audio(np.full((1, count), 0.1, np.float32), rate)
        np.testing.assert_allclose(run(tiny, **wish).sum(0), tiny.samples, atol=1e-6)
    monkeypatch.setattr(nmf, "LEARNT", 24)  # of 44 frames: the rest is heard with the same wishes
    monkeypatch.setattr(moments, "MOMENT", 8)
    np.testing.assert_allclose(run(x, **wish).sum(0), x.samples, atol=2e-6)


def test_consistent_stems_add_up_too(short_song: Song) -> None:
    x = short_song.mixture
    stems, masked = run(x, reconstruction="consistent"), run(x)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert not np.allclose(stems, masked, atol=1e-4)
    assert not run(Audio(np.zeros((2, 5000), np.float32), 44100), reconstruction="consistent").any()


def test_a_floor_lets_a_little_of_everything_through(short_song: Song) -> None:
    x = short_song.mixture
    stems, low = run(x, exponent=4.0), run(x, exponent=4.0, floor=-14.0)
    np.testing.assert_allclose(low.sum(0), x.samples, atol=2e-6)
    least = 10 ** (-14 / 20)
    np.testing.assert_allclose(low, least * x.samples + (1 - 4 * least) * stems, atol=1e-4)


@pytest.mark.parametrize(
    "wish",
    [
        {"start": "kmeans"}, {"start": "best-of-four"}, {"start": "nndsvd", "divergence": "euclidean"},
        {"solver": "sag"}, {"solver": "joint", "divergence": "is"},
        {"solver": "randomised-hals", "divergence": "euclidean"},
        {"solver": "ao-admm"}, {"rank": 0}, {"together": 2}, {"together": 3, "divergence": "euclidean"},
    ],
)  # fmt: skip
def test_starts_and_solvers(wish: dict) -> None:
    x = compose(1.0, 22050).mixture
    stems = run(x, **wish)
    np.testing.assert_allclose(stems.sum(0), x.samples, atol=2e-6)
    assert not np.allclose(stems, run(x), atol=1e-4)
    for count, rate in ((1, 44100), (5000, 8000)):
        tiny = Audio(np.full((1, count), 0.1, np.float32), rate)
        np.testing.assert_allclose(run(tiny, **wish).sum(0), tiny.samples, atol=1e-6)


def test_solvers_that_the_method_offers_exist_and_contradictions_get_a_sentence() -> None:
    from separation.nmf.factorisation import SOLVERS

    assert set(nmf.SOLVERS) == set(SOLVERS) - {"smooth-is"}
    x = compose(1.0, 22050).mixture
    for sentence, wish in (
        ("euclidean", {"solver": "hals"}),
        ("cannot keep a constraint", {"solver": "mu", "together": 2}),
        ("free atoms", {"harmonic": True, "solver": "mu"}),
        ("free atoms", {"piano": True, "start": "kmeans"}),
    ):
        with pytest.raises(ParameterError, match=sentence):
            run(x, **wish)
