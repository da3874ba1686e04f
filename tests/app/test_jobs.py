"""Children that are killed for real, and what becomes of the jobs they had."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.jobs import CRASHED, NICENESS, Job, Jobs, Worker
from separation.project.store import Store
from separation.worker import ENGINE_ENVIRONMENT, ENVIRONMENT

WAIT = 60_000
FRAMES = 60 * 44100


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    made = Worker(engine=True)
    yield made
    made.close()
    made.deleteLater()  # by Qt, not by Python's collector in the middle of a later test


@pytest.fixture
def long(worker: Worker, tmp_path: Path) -> Callable[[], Job]:
    """Asks for a separation that takes long."""
    store = Store(tmp_path)
    song = store.create("mixture", FRAMES, 1)
    song[:, 0] = 0.1 * np.random.default_rng(0).standard_normal(FRAMES)
    facts = {"store": str(tmp_path), "mixture": "mixture", "frames": FRAMES, "channels": 1, "sample_rate": 44100}

    def ask() -> Job:
        settings = {"rank": 64, "iterations": 5000}
        return worker.ask("separate", **facts, method="nmf", parameters=settings, device="cpu", prefix="stem")

    return ask


def heard(job: Job) -> list[tuple[str, object]]:
    """The last words of a job."""
    said: list[tuple[str, object]] = []
    job.done.connect(lambda value: said.append(("done", value)))
    job.failed.connect(lambda text: said.append(("failed", text)))
    job.cancelled.connect(lambda: said.append(("cancelled", None)))
    return said


def is_running(qtbot: QtBot, job: Job) -> None:
    with qtbot.waitSignal(job.progress, timeout=WAIT):
        pass


def test_a_killed_child_fails_only_the_job_it_was_at(qtbot: QtBot, worker: Worker, long: Callable[[], Job]) -> None:
    running = long()
    queued = [worker.ask("methods"), worker.ask("methods")]
    ends, later = heard(running), [heard(job) for job in queued]
    is_running(qtbot, running)
    first = worker.pid
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(ends) and all(later), timeout=WAIT)
    assert ends == [("failed", CRASHED)]
    assert [words[0][0] for words in later] == ["done", "done"] and all(len(words) == 1 for words in later)
    assert worker.pid not in (0, first)


def test_a_cancel_that_is_not_heard_costs_the_others_nothing(
    qtbot: QtBot, worker: Worker, long: Callable[[], Job]
) -> None:
    running, queued = long(), worker.ask("methods")
    ends, later = heard(running), heard(queued)
    is_running(qtbot, running)
    first = worker.pid
    os.kill(first, signal.SIGSTOP)  # deaf
    started = time.monotonic()
    running.cancel()
    qtbot.waitUntil(lambda: bool(ends), timeout=5000)
    assert ends == [("cancelled", None)] and time.monotonic() - started < 3.0
    qtbot.waitUntil(lambda: bool(later), timeout=WAIT)
    assert later[0][0] == "done" and worker.pid != first


def test_a_job_that_waits_is_cancelled_at_once_and_never_begun(
    qtbot: QtBot, worker: Worker, long: Callable[[], Job]
) -> None:
    running, waiting = long(), long()
    ends, words = heard(running), heard(waiting)
    is_running(qtbot, running)
    child = worker.pid
    waiting.cancel()
    assert words == [("cancelled", None)] and not ends
    running.cancel()
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT)
    after = heard(worker.ask("methods"))
    qtbot.waitUntil(lambda: bool(after), timeout=WAIT)
    assert after[0][0] == "done" and len(words) == 1
    assert worker.pid == child and ends == [("cancelled", None)]


def test_closing_cancels_everything(qtbot: QtBot, worker: Worker, long: Callable[[], Job]) -> None:
    words = [heard(long()), heard(worker.ask("methods"))]
    worker.close()
    assert words == [[("cancelled", None)], [("cancelled", None)]] and worker.pid == 0


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads the children's environment from /proc")
def test_only_the_child_that_separates_steps_back_and_keeps_its_memory(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENGINE_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    jobs = Jobs()
    try:
        words = [heard(worker.ask("methods")) for worker in (jobs.reader, jobs.engine)]
        qtbot.waitUntil(lambda: all(words), timeout=WAIT)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        for worker, more in ((jobs.reader, False), (jobs.engine, True)):
            surroundings = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
            for name, value in ENGINE_ENVIRONMENT.items():
                assert (f"{name}={value}".encode() in surroundings) == (more or name in ENVIRONMENT), name
            assert os.getpriority(os.PRIO_PROCESS, worker.pid) == min(own + (NICENESS if more else 0), 19)
    finally:
        jobs.close()
        jobs.deleteLater()
