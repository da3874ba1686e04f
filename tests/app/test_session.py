"""The session with its real children: open, separate, cancel, survive a killed child, export."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import soundfile
from pytestqt.qtbot import QtBot

from app.session import Session
from separation.mix.render import render
from separation.project import edits
from tests.songs import Song, compose

WAIT = 60_000


def opened(qtbot: QtBot, session: Session, path: Path) -> None:
    session.open(str(path))
    qtbot.waitUntil(lambda: session.state == "opened", timeout=WAIT)


def separated(qtbot: QtBot, session: Session, method: str = "hpss") -> None:
    session.document.apply(edits.set_method, method)
    session.separate()
    qtbot.waitUntil(lambda: session.state == "separated", timeout=WAIT)


def test_a_song_is_opened_whole(qtbot: QtBot, session: Session, song_file: Path, short_song: Song) -> None:
    opened(qtbot, session, song_file)
    array = session.mixture_array()
    assert array is not None and np.array_equal(array.T, short_song.mixture.samples)
    source = session.document.project.source
    assert source is not None and source.name == "a song – é" and len(source.sha256) == 64
    assert session.pyramid_paths()["mixture"].exists()


def test_stems_arrive_and_sum_and_undo_takes_them_back(qtbot: QtBot, session: Session, song_file: Path) -> None:
    opened(qtbot, session, song_file)
    separated(qtbot, session)
    arrays, mixture = session.stem_arrays(), session.mixture_array()
    assert list(arrays) == ["harmonic", "percussive", "residual"] and mixture is not None
    assert np.abs(sum(a.astype(np.float64) for a in arrays.values()) - mixture).max() < 1e-6
    last = session.document.project.separation
    assert last is not None and last.residual_db < -130
    session.document.undo()
    assert session.state == "opened" and not session.stem_arrays()
    session.document.redo()
    assert session.state == "separated" and list(session.stem_arrays()) == list(arrays)


def test_cancel_brings_back_what_was_there(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    long = compose(seconds=4.0).mixture.samples
    soundfile.write(path, np.tile(long, (1, 30)).T, 44100, subtype="PCM_16")
    opened(qtbot, session, path)
    session.document.apply(edits.set_method, "nmf")
    session.separate()
    qtbot.waitSignal(session.progress, timeout=WAIT).wait()
    started = time.monotonic()
    session.cancel()
    qtbot.waitUntil(lambda: session.state == "opened", timeout=5000)
    assert time.monotonic() - started < 2.0
    assert session.document.project.separation is None


def test_a_killed_child_costs_the_run_and_nothing_else(qtbot: QtBot, session: Session, song_file: Path) -> None:
    opened(qtbot, session, song_file)
    said: list[tuple[str, str]] = []
    session.notice.connect(lambda kind, text: said.append((kind, text)))
    session.document.apply(edits.set_method, "nmf")
    with qtbot.waitSignal(session.progress, timeout=WAIT):
        session.separate()
    os.kill(session.jobs.engine.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: session.state == "opened", timeout=WAIT)
    assert any(kind == "error" and "everything else is kept" in text for kind, text in said)
    separated(qtbot, session)
    assert session.document.project.separation is not None


def test_a_file_that_is_no_song_gets_a_sentence(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all")
    said: list[tuple[str, str]] = []
    session.notice.connect(lambda kind, text: said.append((kind, text)))
    session.open(str(path))
    qtbot.waitUntil(lambda: any(kind == "error" for kind, _ in said), timeout=WAIT)
    assert session.state == "empty" and "letter.txt" in said[-1][1]


def test_the_exported_mix_is_the_rendered_mix(qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path) -> None:
    opened(qtbot, session, song_file)
    separated(qtbot, session)
    session.document.apply(edits.set_mute, "percussive", True)
    session.document.apply(edits.set_gain, "harmonic", -6.0)
    arrays, mixture = session.stem_arrays(), session.mixture_array()
    assert mixture is not None
    wanted = render(mixture.T, [a.T for a in arrays.values()], session.document.project.mix, tuple(arrays))
    with qtbot.waitSignal(session.exported, timeout=WAIT):
        session.export(str(tmp_path / "mix.wav"), subtype="FLOAT")
    assert np.array_equal(soundfile.read(tmp_path / "mix.wav", dtype="float32")[0].T, wanted)
    with qtbot.waitSignal(session.exported, timeout=WAIT) as told:
        session.export(str(tmp_path / "stems"), kind="stems", subtype="PCM_16")
    assert told.args[0]["exact"]


def test_closing_removes_the_store(qtbot: QtBot, song_file: Path) -> None:
    session = Session()
    opened(qtbot, session, song_file)
    assert session.store is not None
    folder = session.store.folder
    assert folder.exists() and folder.stat().st_mode & 0o077 == 0
    session.close()
    assert not folder.exists()
