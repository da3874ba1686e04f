from __future__ import annotations

import threading

import pytest

from separation.errors import Cancelled, UnbraidError
from separation.progress import SILENT, Report, time_left


def test_a_set_event_cancels_at_the_next_call() -> None:
    stop = threading.Event()
    report = Report(cancel=stop)
    report(1, 2)
    stop.set()
    with pytest.raises(Cancelled):
        report(2, 2)
    with pytest.raises(Cancelled):
        report.split(1, 1)[1].check()


def test_cancelled_is_not_swallowed_by_except_exception() -> None:
    assert not issubclass(Cancelled, Exception) and not issubclass(Cancelled, UnbraidError)


def test_parts_fill_the_whole_by_weight() -> None:
    calls: list[tuple[float, float, str]] = []
    first, second = Report(lambda *c: calls.append(c)).split(3, 1)
    first(1, 2, "first")
    first(2, 2, "first done")
    inner = second.split(1, 1)[1]
    inner(1, 1, "all")
    assert [round(done / total, 6) for done, total, _ in calls] == [0.375, 0.75, 1.0]
    assert calls[-1][2] == "all"


def test_calls_are_throttled_but_the_end_and_new_messages_pass() -> None:
    calls: list[tuple[float, float, str]] = []
    report = Report(lambda *c: calls.append(c))
    for i in range(1000):
        report(i, 1000, "same")
    report(500, 1000, "other")
    report(1000, 1000, "other")
    assert len(calls) < 20
    assert calls[0][0] == 0 and calls[-1] == (1000, 1000, "other") and (500, 1000, "other") in calls


def test_done_never_exceeds_total() -> None:
    calls: list[tuple[float, float, str]] = []
    Report(lambda *c: calls.append(c))(11, 10, "over")
    assert calls == [(10, 10, "over")]


def test_silence_says_nothing_and_never_stops() -> None:
    SILENT(1, 1, "x")
    SILENT.check()


def test_time_left_waits_until_it_can_know() -> None:
    assert time_left(0.0, 0.1, 0.5) is None
    assert time_left(0.0, 10.0, 0.001) is None
    assert time_left(0.0, 10.0, 0.25) == pytest.approx(30.0)
