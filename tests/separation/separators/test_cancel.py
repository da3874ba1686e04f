"""A stop is obeyed within a second, whatever a method is doing, and progress says how far it really is."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from separation import checkpoints, separate
from separation.audio.signal import Audio
from separation.catalogue import find, ids
from separation.errors import Cancelled
from tests.songs import compose


@pytest.fixture(scope="module")
def minute() -> Audio:
    """60 s of stereo."""
    song = compose(8.0).mixture
    return song.with_samples(np.tile(song.samples, (1, 8))[:, : 60 * 44100])


def part(minute: Audio, method: str) -> Audio:
    """What takes about six seconds, eight seconds of sound at least."""
    seconds = min(60.0, max(8.0, 6.0 * find(method).speed))
    return minute.with_samples(minute.samples[:, : round(seconds * minute.sample_rate)])


def ready(method: str) -> str:
    if any(checkpoints.status(name) != checkpoints.READY for name in find(method).checkpoints):
        pytest.skip("the network's weights are not here: unbraid models import")
    return method


@pytest.mark.slow
@pytest.mark.parametrize("method", [id for id in ids() if not find(id).needs])
def test_progress_grows_evenly_and_a_stop_is_heard_anywhere(
    method: str, minute: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("separation.progress.INTERVAL", 0.0)  # every report, however fast this machine is
    shares: list[float] = []
    song = part(minute, method)
    started = time.monotonic()
    separate(song, ready(method), device="cpu", progress=lambda d, t, _: shares.append(d / t))
    took = time.monotonic() - started
    assert shares == sorted(shares) and shares[-1] == 1.0 and max(np.diff([0.0, *shares])) < 0.35
    for when in (0.02, 0.3, 0.6, 0.9):
        stop, asked = threading.Event(), [0.0]

        def ask(stop: threading.Event = stop, asked: list[float] = asked) -> None:
            asked[0] = time.process_time()
            stop.set()

        timer = threading.Timer(when * took, ask)
        timer.start()
        try:
            separate(song, method, device="cpu", cancel=stop)
        except Cancelled:
            # in this process's own time, so that a busy machine is not mistaken for a late answer
            assert time.process_time() - asked[0] < (os.cpu_count() or 1), f"{when:.0%} of the way"
        finally:
            timer.cancel()
            timer.join()
