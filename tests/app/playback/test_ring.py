from __future__ import annotations

import threading

import numpy as np
import pytest

from app.playback.ring import Ring


def frames(start: int, stop: int) -> np.ndarray:
    """Frames that know their own number."""
    return np.repeat(np.arange(start, stop, dtype=np.float32)[:, None], 2, axis=1)


def taken(ring: Ring, count: int) -> np.ndarray:
    out = bytearray(b"\xff" * (count * 8))
    ring.take(out, count, 0.0)
    return np.frombuffer(bytes(out), np.float32).reshape(-1, 2)


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_what_goes_in_comes_out_in_order(size: int) -> None:
    ring = Ring(10, 2)
    got = []
    for start in range(0, 70, size):
        ring.append(frames(start, start + size))
        got.append(taken(ring, size))
    whole = np.concatenate(got)
    assert np.array_equal(whole, frames(0, len(whole)))
    assert ring.starved == 0


def test_running_dry_is_silence_and_counts_unless_it_is_meant() -> None:
    ring = Ring(10, 2)
    ring.append(frames(1, 4))
    assert np.array_equal(taken(ring, 5)[:, 0], [1, 2, 3, 0, 0])
    assert (ring.read, ring.starved) == (3, 0)
    ring.quiet = False
    assert not taken(ring, 2).any()
    assert (ring.read, ring.starved) == (3, 1)


def test_what_was_not_taken_can_be_replaced() -> None:
    ring = Ring(10, 2)
    ring.append(frames(0, 9))
    taken(ring, 4)
    assert ring.replace(seen=4, at=6, rows=frames(100, 105))
    assert ring.write == 11
    assert np.array_equal(taken(ring, 7)[:, 0], [4, 5, 100, 101, 102, 103, 104])


def test_nothing_is_replaced_once_reading_has_moved_on() -> None:
    ring = Ring(10, 2)
    ring.append(frames(0, 9))
    taken(ring, 4)
    assert not ring.replace(seen=3, at=6, rows=frames(100, 105))
    assert np.array_equal(taken(ring, 5), frames(4, 9))


def test_the_mark_says_when_a_frame_is_heard() -> None:
    import time

    ring = Ring(10, 2)
    ring.append(frames(0, 9))
    taken(ring, 4)
    before = time.perf_counter()
    ring.take(bytearray(24), 3, 0.1)
    frame, when = ring.mark
    assert frame == 4
    assert before + 0.1 <= when <= time.perf_counter() + 0.1


def test_a_reader_and_a_writer_that_changes_its_mind_never_lose_count() -> None:
    """Replaced frames differ by a hundredth: whichever content is read, frame n must read as n or n + 0.01."""
    ring, total, got = Ring(256, 2), 20000, []
    done = threading.Event()

    def read() -> None:
        while ring.read < total:
            part = taken(ring, 16)
            got.append(part[part[:, 0] > 0])
        done.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        while ring.write <= total:
            if ring.room >= 32:
                ring.append(frames(ring.write + 1, ring.write + 33))
            seen = ring.read
            at = min(seen + 48, ring.write)
            ring.replace(seen, at, frames(at + 1, ring.write + 1) + np.float32(0.01))
    finally:
        reader.join(20)
    assert done.is_set()
    heard = np.rint(np.concatenate(got)[:, 0]).astype(int)
    assert np.array_equal(heard[:total], np.arange(1, total + 1))
