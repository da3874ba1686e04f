from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from separation import catalogue, separate
from separation.audio.signal import Audio, Stream
from separation.errors import Cancelled, CheckpointError, DeviceError, MethodError, ParameterError
from separation.method import Method
from separation.parameters import Parameters, parameter
from separation.progress import Report
from separation.separator import plan, separate_stream
from tests.songs import Song, compose


@dataclass(frozen=True)
class HalfParameters(Parameters):
    share: float = parameter(0.5, minimum=0.0, maximum=1.0, help="Share of the first stem.")


def halves(stream: Stream, parameters: HalfParameters, report: Report) -> Iterator[np.ndarray]:
    """Cuts its input into blocks of its own size, as real methods do."""
    whole, done = stream.collect().samples, 0
    for start in range(0, whole.shape[1], 3000):
        block = whole[:, start : start + 3000]
        done += block.shape[1]
        report(done, whole.shape[1], "halving")
        yield np.stack([parameters.share * block, np.zeros_like(block)])


HALF = Method(
    id="half", title="Half", summary="A test.", family="classic", stems=("first", "rest"), rest="rest",
    source="none", licence="MIT", parameters=HalfParameters, stream=halves,
)  # fmt: skip


def sums_to(stems: dict[str, Audio], mixture: Audio) -> float:
    total = np.sum([a.samples for a in stems.values()], axis=0, dtype=np.float64)
    return float(np.abs(total - mixture.samples).max())


@pytest.mark.parametrize("rate", [None, 22050, 48000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_rate_channels_and_length_come_back_and_the_sum_is_the_mixture(rate: int | None, channels: int) -> None:
    mixture = compose(1.0, 44100, channels).mixture
    stems = separate(mixture, replace(HALF, sample_rate=rate))
    assert list(stems) == ["first", "rest"]
    assert all(a.samples.shape == mixture.samples.shape and a.sample_rate == 44100 for a in stems.values())
    assert sums_to(dict(stems), mixture) < 1e-6
    inner = slice(500, -500)
    error = np.abs(stems["first"].samples - 0.5 * mixture.samples)[:, inner].max()
    assert error < (1e-7 if rate is None else 0.25 if rate == 22050 else 0.05)  # the song has sound up to half its rate


def test_a_method_that_wants_the_whole_song_gets_it() -> None:
    def run(audio: Audio, parameters: HalfParameters, report: Report) -> np.ndarray:
        return np.stack([audio.samples * parameters.share, audio.samples])

    mixture = compose(0.5).mixture
    stems = separate(mixture, replace(HALF, stream=None, run=run), share=0.25)
    assert np.allclose(stems["rest"].samples, 0.75 * mixture.samples, atol=1e-6)


def test_blocks_of_any_size_give_the_same_stems() -> None:
    mixture = compose(1.0).mixture
    settled = plan(replace(HALF, sample_rate=32000), device="cpu")
    one, many = (
        np.concatenate(list(separate_stream(mixture.stream(size), settled, Report())), axis=2)
        for size in (1 << 20, 777)
    )
    assert one.shape == many.shape and np.abs(one - many).max() < 1e-6


def test_one_sample_is_a_song_too() -> None:
    for rate in (None, 22050):
        stems = separate(Audio(np.full((2, 1), 0.5, np.float32), 44100), replace(HALF, sample_rate=rate))
        assert stems["rest"].samples.shape == (2, 1)
        assert np.allclose(stems.sum(), 0.5)


def test_values_that_are_not_numbers_do_not_leave() -> None:
    def broken(stream: Stream, parameters: Parameters, report: Report) -> Iterator[np.ndarray]:
        yield np.full((2, *stream.collect().samples.shape), np.nan, np.float32)

    with pytest.raises(MethodError, match="not numbers"):
        separate(compose(0.2).mixture, replace(HALF, stream=broken))


def test_wrong_wishes_are_refused_before_any_work() -> None:
    song = compose(0.1).mixture
    with pytest.raises(MethodError, match="hybrid"):
        separate(song, "no-such-method")
    with pytest.raises(ParameterError, match="share"):
        separate(song, HALF, rank=2)
    with pytest.raises(DeviceError, match="cuda:77"):
        separate(song, HALF, device="cuda:77")
    with pytest.raises(CheckpointError):
        separate(song, replace(HALF, checkpoints=("no-such-checkpoint",)))


def test_the_same_seed_gives_the_same_stems(short_song: Song) -> None:
    first, second = (separate(short_song.mixture, "nmf", seed=3, iterations=5) for _ in range(2))
    assert all(np.allclose(first[n].samples, second[n].samples, atol=1e-6) for n in first)


@pytest.mark.parametrize("method", ["nmf", "hpss"])
def test_cancel_is_obeyed_within_a_second(method: str, song: Song) -> None:
    stop = threading.Event()
    moments: list[float] = []

    def listen(done: float, total: float, message: str) -> None:
        if not moments:
            moments.append(time.process_time())
            stop.set()

    long = song.mixture.with_samples(np.tile(song.mixture.samples, (1, 8)))
    with pytest.raises(Cancelled):
        separate(long, method, progress=listen, cancel=stop)
    # in this process's own time, so that a busy machine is not mistaken for a late answer
    assert time.process_time() - moments[0] < (os.cpu_count() or 1)


@pytest.mark.parametrize("method", [id for id in catalogue.ids() if not catalogue.find(id).needs])
@pytest.mark.parametrize("name", ["musicdelta_reggae", "mdn_funk"])
@pytest.mark.slow
def test_every_method_takes_a_real_song_apart(
    method: str, name: str, real_song: Callable[[str], dict[str, Audio]]
) -> None:
    mixture = real_song(name)["mixture"]
    part = mixture.with_samples(mixture.samples[:, : 6 * mixture.sample_rate])
    try:
        stems = separate(part, method)
    except CheckpointError as missing:
        pytest.skip(str(missing))
    assert sums_to(dict(stems), part) < 1e-6
    whole = float((part.samples**2).sum())
    heard = [name for name, a in stems.items() if float((a.samples**2).sum()) > 1e-3 * whole]
    assert len(heard) >= (1 if method == "spleeter" and name == "mdn_funk" else 2)  # a song without a voice


def test_signal_models_stay_off_processors_without_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("separation.devices.resolve", lambda device: "mps")
    monkeypatch.setattr("separation.separator.require", lambda checkpoint: None)
    assert plan("nmf").parameters.device == plan("hpss").parameters.device == "cpu"
    assert plan("spleeter").parameters.device == "mps"
