"""The real network on the synthetic song and, where they are here, on real ones; skipped without its weights."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from separation import checkpoints
from separation.audio.signal import Audio, Stream
from separation.errors import Cancelled
from separation.progress import Report
from separation.separators.spleeter import CHECKPOINTS, METHOD, SpleeterParameters
from tests.songs import Song

pytestmark = pytest.mark.skipif(
    any(checkpoints.status(c) != checkpoints.READY for c in CHECKPOINTS),
    reason="the network's weights are not here (unbraid models import)",
)


def separated(audio: Audio, size: int = 1 << 18, **parameters: float) -> np.ndarray:
    assert METHOD.stream
    blocks = list(METHOD.stream(audio.stream(size), SpleeterParameters(**parameters), Report()))  # type: ignore[arg-type]
    return np.concatenate(blocks, axis=2)


def usdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    error = truth.astype(np.float64) - estimate
    return float(10 * np.log10((truth.astype(np.float64) ** 2).sum() / (error**2).sum()))


@pytest.mark.parametrize("frames", [1, 1000, 44100 + 13])
def test_every_sample_comes_back_and_the_sum_is_the_song(short_song: Song, frames: int) -> None:
    mixture = short_song.mixture.with_samples(short_song.mixture.samples[:, :frames])
    stems = separated(mixture)
    assert stems.shape == (2, 2, frames)
    assert stems.dtype == np.float32
    assert np.abs(stems.sum(0) - mixture.samples).max() < 1e-6


def test_block_size_does_not_matter(short_song: Song) -> None:
    assert np.abs(separated(short_song.mixture) - separated(short_song.mixture, size=777)).max() < 1e-5


def test_mono_stays_mono_and_equals_the_same_sound_on_both_sides(short_song: Song) -> None:
    mono = short_song.mixture.with_samples(short_song.mixture.samples[:1])
    both = short_song.mixture.with_samples(np.repeat(mono.samples, 2, axis=0))
    alone = separated(mono)
    assert alone.shape == (2, 1, mono.frames)
    assert np.abs(alone[:, 0] - separated(both).mean(axis=1)).max() < 1e-5


def test_what_others_do_between_two_blocks_is_not_in_inference_mode(short_song: Song) -> None:
    import torch

    assert METHOD.stream
    for _ in METHOD.stream(short_song.mixture.stream(), SpleeterParameters(), Report()):
        assert not torch.is_inference_mode_enabled()


def test_silence_gives_silence() -> None:
    assert np.abs(separated(Audio(np.zeros((2, 5000), np.float32), 44100))).max() == 0


@pytest.mark.slow
def test_overlapping_pieces_join_and_sum(song: Song) -> None:
    long = song.mixture.with_samples(np.tile(song.mixture.samples, (1, 3))[:, : 20 * 44100])
    plain, overlapped = separated(long), separated(long, overlap=0.25)
    assert overlapped.shape == plain.shape
    assert np.abs(overlapped.sum(0) - long.samples).max() < 1e-6
    assert usdr(plain[1], overlapped[1]) > 10  # the same separation, but for the borders


def test_a_stop_is_obeyed_within_a_second(song: Song) -> None:
    stop = threading.Event()

    def endless() -> Iterator[np.ndarray]:
        while True:
            yield song.mixture.samples

    assert METHOD.stream
    stream = METHOD.stream(Stream(endless(), 44100, 2, 10**9), SpleeterParameters(), Report(cancel=stop))
    next(stream)
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        for _ in stream:
            assert time.monotonic() - started < 60, "the stop was not heard"
    timer.join()


def test_progress_grows_to_the_end(short_song: Song) -> None:
    seen: list[float] = []
    report = Report(lambda done, total, _: seen.append(done / total))
    assert METHOD.stream
    list(METHOD.stream(short_song.mixture.stream(), SpleeterParameters(), report))
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.slow
def test_the_voice_of_a_real_song(real_song: Callable[[str], dict[str, Audio]]) -> None:
    stems = real_song("musicdelta_reggae")
    voice = separated(stems["mixture"])[0]
    assert usdr(stems["vocals"].samples, voice) > 13.2  # 13.36 measured
