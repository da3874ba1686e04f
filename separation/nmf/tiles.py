"""Work on the frames of a spectrogram in tiles that stay in the cache, a share of the frames for each core.

Each core has a thread that computes alone, tile after tile, and meets the others once per pass: many short parallel
loops would wait for each other at every step, for milliseconds when another program uses a core.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import cache, partial
from queue import SimpleQueue
from threading import Barrier, Thread
from typing import Any, TypeVar

import torch
from torch import Tensor

from separation.nmf.products import quick

CACHED = 1 << 19  # entries of a tile: two megabytes of float32; smaller ones cost more calls, larger leave the cache
LARGE = 1 << 26  # entries of a tile where there is no such cache to aim at
MOST = 16  # threads; more would wait for the interpreter
T = TypeVar("T")
_cores = [1]  # as the last caller of `alone` had them


def over(like: Tensor, work: Callable[[int, int], T]) -> list[T]:
    """`work(first, last)` of contiguous shares of the rows of `like`, in their order, at the same time."""
    count = len(like)
    shares = min(MOST, max(torch.get_num_threads(), _cores[0]), -(-count // 32)) if quick(like) else 1
    edges = [count * i // shares for i in range(shares + 1)]
    if shares == 1:
        return [work(0, count)]
    waiting = [_threads(shares).submit(partial(work, *edges[i : i + 2])) for i in range(shares)]
    return [one.result() for one in waiting]


def alone(like: Tensor, work: Callable[[], T]) -> T:
    """`work()` on a thread of its own whose small loops are not parallel; `over` still uses every core inside it."""
    if not quick(like) or torch.get_num_threads() == 1:
        return work()
    _cores[0] = torch.get_num_threads()
    return _leader().submit(work).result()


def tiles(like: Tensor, first: int, last: int) -> Iterator[slice]:
    """Slices of rows first … last of `like` (rows, columns) that fit the cache."""
    size = max(16, (CACHED if like.device.type == "cpu" else LARGE) // like.shape[1])
    size = -(-(last - first) // max(1, round((last - first) / size)))
    for start in range(first, last, size):
        yield slice(start, min(last, start + size))


class _Threads:
    """Threads that compute alone, wait for work for ever, and end with the program."""

    def __init__(self, count: int) -> None:
        self._work: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        before, together = torch.get_num_threads(), Barrier(count + 1)
        self._threads = [
            Thread(target=self._serve, args=(together,), name=f"factorisation {index}", daemon=True)
            for index in range(count)
        ]
        for thread in self._threads:
            thread.start()
        together.wait()
        torch.set_num_threads(before)  # one of ours changed the number for everybody
        _every.append(self)

    def __len__(self) -> int:
        return len(self._threads)

    def close(self) -> None:
        """Let each end after what it is at: a thread that computes when the interpreter ends aborts the process."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(5.0)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._work.put((work, future))
        return future

    def _serve(self, together: Barrier) -> None:
        torch.set_num_threads(1)
        torch.ones(1 << 16).add_(1.0)  # a thread takes its number with its first loop, and keeps it
        together.wait()
        while True:
            asked = self._work.get()
            if asked is None:
                return
            work, future = asked
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            del asked, work, future  # else the last spectrogram would stay in memory


_threads = cache(_Threads)


@cache
def _leader() -> _Threads:
    return _Threads(1)


_every: list[_Threads] = []


@atexit.register
def _end() -> None:
    """The leader first: it may still give work to the others."""
    for threads in sorted(_every, key=len):
        threads.close()
