"""NMFD as a method: the drums of loops by name, sums, silence, odd songs, cancelling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from separation import separate
from separation.audio.signal import Audio
from separation.errors import Cancelled
from separation.progress import SILENT
from separation.separators import nmfd
from tests.separation.nmf.loops import RATE, drum_loop
from tests.songs import Song, compose

NAMES = ("kick", "snare", "hihat")


def run(audio: Audio, **values: object) -> np.ndarray:
    return nmfd.run(audio, nmfd.NmfdParameters(**values), SILENT)  # type: ignore[arg-type]


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - estimate).sum()))


def test_a_loop_by_name() -> None:
    stems, _ = drum_loop(3.2)
    x = Audio(np.stack((stems.sum(0), 0.5 * stems.sum(0))), RATE)
    found = run(x, iterations=40)
    np.testing.assert_allclose(found.sum(0), x.samples, atol=1e-6)
    assert np.abs(found[3]).max() < 1e-4  # drums alone: there is no rest
    scores = [usdr(true, one[0]) for true, one in zip(stems, found[:3], strict=True)]
    assert min(scores) > 10.0, scores
    np.testing.assert_allclose(found[:, 1], 0.5 * found[:, 0], atol=1e-5)
    np.testing.assert_array_equal(run(x, iterations=40), found)


@pytest.mark.parametrize("loop", ["drumloop_808", "drumloop_funky"])
def test_the_teaching_loops(loop: str, real_song: Callable[[str], dict[str, Audio]]) -> None:
    song = real_song(f"teaching/{loop}")
    stems = separate(song["mixture"], "nmfd")
    scores = {name: usdr(song[name].samples, stems[name].samples) for name in NAMES}
    bounds = {"drumloop_808": 12.0, "drumloop_funky": 9.2}  # funky's hi-hat: with the true magnitudes a mask gets 10.8
    assert min(scores.values()) > bounds[loop], scores


def test_notes_go_to_the_rest(short_song: Song) -> None:
    x = short_song.mixture
    found = run(x, iterations=20)
    np.testing.assert_allclose(found.sum(0), x.samples, atol=1e-6)
    drums, notes = short_song.stems["drums"].samples, short_song.stems["vocals"].samples

    def share(stem: np.ndarray, of: np.ndarray) -> float:
        return float((stem * of).sum() / np.square(of).sum())

    assert share(found[:3].sum(0), drums) > 0.5 and share(found[3], notes) > 0.6
    forced = run(x, iterations=20, drums_only="yes")
    assert np.square(forced[3]).sum() < np.square(found[3]).sum()


def test_a_long_song_is_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    stems, _ = drum_loop(4.0)
    x = Audio(stems.sum(0)[None], RATE)
    whole = run(x, iterations=25)
    for name, value in (("LEARNT", 3.0), ("PIECE", 1.6), ("OVERLAP", 0.2)):
        monkeypatch.setattr(nmfd, name, value)
    pieces = run(x, iterations=25)
    np.testing.assert_allclose(pieces.sum(0), x.samples, atol=1e-6)
    for true, one, other in zip(stems, whole, pieces, strict=False):
        assert usdr(true, other[0]) > usdr(true, one[0]) - 8.0 and usdr(true, other[0]) > 6.0


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 20000)), np.zeros((2, 0)), np.ones((1, 1)), np.full((8, 300), 0.1)],
    ids=["silence", "nothing", "one sample", "eight channels"],
)
@pytest.mark.parametrize("rate", [8000, 48000])
def test_odd_songs(samples: np.ndarray, rate: int) -> None:
    x = Audio(samples.astype(np.float32), rate)
    for drums_only in ("auto", "no"):
        found = run(x, drums_only=drums_only, iterations=3)
        assert found.shape == (4, *samples.shape) and np.isfinite(found).all()
        np.testing.assert_allclose(found.sum(0), x.samples, atol=1e-6)


def test_it_can_be_cancelled_while_it_learns() -> None:
    def stop(done: float, total: float, message: str) -> None:
        if message == "Learning the patterns":
            raise Cancelled

    with pytest.raises(Cancelled):
        separate(compose(2.0).mixture, "nmfd", progress=stop)
