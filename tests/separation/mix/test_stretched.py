from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from separation.audio.signal import Audio
from separation.audio.stretching import stretched_length
from separation.errors import Cancelled
from separation.mix.render import render
from separation.mix.speed import Speed
from separation.mix.state import MixState, Strip
from separation.mix.stretched import Source, stretched, stretched_arrays
from separation.progress import Report
from tests.songs import NAMES, Song

RATE = 44100


def source(samples: np.ndarray, size: int = 30_000) -> Source:
    def blocks() -> Iterator[np.ndarray]:
        return (samples[:, at : at + size] for at in range(0, samples.shape[1], size))

    return blocks


def whole(
    song: np.ndarray | None, stems: dict[str, np.ndarray], speed: Speed, size: int = 30_000, keep: tuple[str, ...] = ()
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    sources = {name: source(samples, size) for name, samples in stems.items()}
    channels = (song if song is not None else next(iter(stems.values()))).shape[0]
    parts = list(
        stretched(
            None if song is None else source(song, size), sources, speed, channels=channels, sample_rate=RATE,
            keep_pitch=keep,
        )
    )  # fmt: skip
    joined = [np.concatenate([p[1][j] for p in parts], axis=1) for j in range(len(stems))]
    return np.concatenate([p[0] for p in parts], axis=1), dict(zip(stems, joined, strict=True))


def clicks(places: list[int], hertz: float, count: int = 88_200) -> np.ndarray:
    sound = np.zeros((2, count), np.float32)
    time = np.arange(4000) / RATE
    for place in places:
        sound[:, place : place + 4000] += (0.5 * np.exp(-time / 0.02) * np.sin(2 * np.pi * hertz * time)).astype("f4")
    return sound


def start(sound: np.ndarray, near: int) -> int:
    """Where the level passes a fifth of the loudest nearby."""
    part = np.abs(sound[0, near - 1500 : near + 1500])
    return near - 1500 + int(np.argmax(part > 0.2 * part.max()))


@pytest.mark.parametrize("speed", [Speed(0.8), Speed(1.0, 4.0), Speed(1.3, -3.0), Speed(0.5, 0.3)])
def test_stems_stay_together(speed: Speed) -> None:
    places = [9000, 31_000, 52_000, 71_000]
    stems = {"drums": clicks(places, 3000), "vocals": clicks(places, 800), "bass": clicks(places, 400)}
    song, parts = whole(None, stems, speed)
    assert song.shape == (2, stretched_length(88_200, speed.tempo))
    for place in places:
        wanted = round(place / speed.tempo)
        found = [start(sound, wanted) for sound in (*parts.values(), song)]
        assert np.abs(np.asarray(found) - start(stems["drums"], place) + place - wanted).max() < 0.005 * RATE
        assert max(found) - min(found) < 0.0015 * RATE  # half a millisecond of it is the slower rise of lower tones


def test_drums_keep_their_pitch_bit_for_bit_and_others_where_they_are_told_to(short_song: Song) -> None:
    stems = {name: short_song.stems[name].samples for name in NAMES}
    _, parts = whole(short_song.mixture.samples, stems, Speed(1.0, 3.0), keep=("bass",))
    assert np.array_equal(parts["drums"], stems["drums"]) and np.array_equal(parts["bass"], stems["bass"])
    assert not np.array_equal(parts["other"], stems["other"])
    slow, higher = (whole(None, {"drums": stems["drums"]}, Speed(0.8, key))[0] for key in (0.0, 5.0))
    assert np.array_equal(slow, higher)


def test_the_natural_speed_is_the_song(short_song: Song) -> None:
    stems = {name: short_song.stems[name].samples for name in NAMES}
    song, parts = whole(short_song.mixture.samples, stems, Speed())
    assert np.array_equal(song, short_song.mixture.samples)
    assert all(np.array_equal(parts[name], stems[name]) for name in NAMES)


@pytest.mark.parametrize("speed", [Speed(0.9, 2.0), Speed(1.25)])
def test_the_size_of_the_blocks_changes_nothing(short_song: Song, speed: Speed) -> None:
    stems = {name: short_song.stems[name].samples for name in NAMES}
    one, other = (whole(short_song.mixture.samples, stems, speed, size) for size in (4567, 100_000))
    assert np.array_equal(one[0], other[0])
    assert all(np.array_equal(one[1][name], other[1][name]) for name in NAMES)


def test_what_the_stems_leave_is_stretched_too_and_a_muted_stem_is_gone(short_song: Song) -> None:
    stems = {name: short_song.stems[name].samples for name in ("drums", "bass")}
    song, parts = whole(short_song.mixture.samples, stems, Speed(0.8))
    muted = render(song, list(parts.values()), MixState((("drums", Strip(mute=True)), ("bass", Strip(mute=True)))))
    rest = short_song.mixture.samples - stems["drums"] - stems["bass"]
    alone, _ = whole(None, {"rest": rest, **stems}, Speed(0.8))
    assert np.abs(song - alone).max() < 1e-5
    assert np.abs(muted - (alone - parts["drums"] - parts["bass"])).max() < 1e-5
    assert muted.std() == pytest.approx(rest.std(), rel=0.15)


def test_shorter_stems_end_in_silence_and_silence_stays() -> None:
    stems = {"bass": clicks([2000], 400, 9000), "other": np.zeros((2, 20_000), np.float32)}
    song, parts = whole(None, stems, Speed(0.5, 2.0))
    assert song.shape == (2, 40_000) and not parts["other"].any()
    assert np.array_equal(song, parts["bass"])


def test_a_song_without_stems(short_song: Song) -> None:
    song, parts = whole(short_song.mixture.samples, {}, Speed(0.8))
    assert parts == {} and song.shape == (2, 110_250)
    assert song.std() == pytest.approx(short_song.mixture.samples.std(), rel=0.1)


@pytest.mark.parametrize("channels", [1, 8])
def test_a_single_sample(channels: int) -> None:
    song, _ = whole(None, {"bass": np.full((channels, 1), 0.5, np.float32)}, Speed(0.25, 2.0))
    assert song.shape == (channels, 4)


def test_arrays_hold_what_flowed(short_song: Song) -> None:
    stems = {name: short_song.stems[name].samples for name in NAMES}
    song, parts = whole(short_song.mixture.samples, stems, Speed(0.9, 2.0))
    arrays, held = stretched_arrays(
        short_song.mixture.samples.T, {name: stem.T for name, stem in stems.items()}, Speed(0.9, 2.0),
        lambda name, frames, channels: np.zeros((frames, channels), np.float32), sample_rate=RATE,
    )  # fmt: skip
    assert np.array_equal(arrays.T, song)
    assert all(np.array_equal(held[name].T, parts[name]) for name in NAMES)


def sharpness(sound: np.ndarray, at: int) -> float:
    """Level in dB of the 10 ms from `at` over that of what is ahead of them."""
    after, before = np.square(sound[:, at : at + 441]).mean(), np.square(sound[:, at - 661 : at - 88]).mean()
    return float(10 * np.log10((after + 1e-9) / (before + 1e-9)))


def test_listening_can_be_cancelled(short_song: Song) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        next(
            stretched(
                None, {"bass": source(short_song.stems["bass"].samples)}, Speed(0.8), channels=2, sample_rate=RATE,
                report=Report(cancel=stop),
            )
        )  # fmt: skip


@pytest.mark.slow
def test_attacks_of_real_drums_survive(real_song: Callable[[str], dict[str, Audio]]) -> None:
    """The 10 ms after a hit are the hit's, and nothing sounds ahead of it."""
    from separation.audio.attacks import find_attacks

    stems = {
        name: audio.samples[:, : 8 * RATE] for name, audio in real_song("musicdelta_rock").items() if name != "mixture"
    }
    drums = stems["drums"]
    hits = [a for a in find_attacks([drums], RATE) if 4000 < a < drums.shape[1] - 4000 and sharpness(drums, a) > 6]
    assert len(hits) > 10
    for tempo in (0.7, 1.4):
        _, parts = whole(None, stems, Speed(tempo, 2.0))
        alike, lost = [], []
        for hit in hits:
            at = round(hit / tempo)
            one, two = drums[:, hit - 100 : hit + 441].sum(0), parts["drums"][:, at - 180 : at + 521].sum(0)
            energies = np.convolve(two**2, np.ones(541), "valid") * (one**2).sum()
            alike.append((np.correlate(two, one, "valid") / np.sqrt(energies + 1e-12)).max())
            lost.append(sharpness(drums, hit) - sharpness(parts["drums"], at))
        assert np.mean(alike) > 0.9
        assert np.mean(lost) < 2
