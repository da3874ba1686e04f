"""Projects in the session: saved, opened with their stems, and what is unsaved is known."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app import recent
from app.session import Session
from separation.project import edits
from separation.project.schema import mix_from_raw

WAIT = 60_000


def reach(qtbot: QtBot, session: Session, state: str) -> None:
    qtbot.waitUntil(lambda: session.state == state, timeout=WAIT)


def separated(qtbot: QtBot, session: Session, path: Path) -> None:
    session.open(str(path))
    reach(qtbot, session, "opened")
    session.document.apply(edits.set_method, "hpss")
    session.separate()
    reach(qtbot, session, "separated")


def test_a_project_comes_back_as_it_was(qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path) -> None:
    separated(qtbot, session, song_file)
    session.document.apply(edits.set_mute, "percussive", True)
    session.document.apply(edits.set_loop, 0.5, 1.25)
    assert session.document.dirty and session.project_path == ""
    target = tmp_path / "mine.unbraid"
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        assert session.save(str(target)) is not None
    assert not session.document.dirty and session.project_path == str(target)
    was = {name: np.array(array) for name, array in session.stem_arrays().items()}
    mixture = session.mixture_array()
    assert mixture is not None
    assert np.array_equal(sum(a.astype(np.float64) for a in was.values()), mixture)  # a PCM song: the sum is exact
    last, before = session.document.project.separation, session.document.project
    assert last is not None and last.residual_db == -200.0
    session.open(str(target))
    reach(qtbot, session, "separated")
    project = session.document.project
    assert (project.mix, project.loop, project.method) == (before.mix, before.loop, before.method)
    assert project.source == before.source and not session.document.dirty and not session.document.can_undo
    now = session.stem_arrays()
    assert list(now) == list(was) and all(np.array_equal(was[name], now[name]) for name in was)
    assert all(path.exists() for path in session.pyramid_paths().values())
    session.document.apply(edits.set_mute, "percussive", False)
    assert session.document.dirty
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save()
    assert not session.document.dirty


def test_what_is_done_while_saving_is_unsaved(qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path) -> None:
    separated(qtbot, session, song_file)
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(str(tmp_path / "mine.unbraid"))
        session.document.apply(edits.set_gain, "harmonic", -3.0)
    assert session.document.dirty
    session.document.undo()
    assert not session.document.dirty


def test_songs_and_projects_are_remembered(qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path) -> None:
    separated(qtbot, session, song_file)
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(str(tmp_path / "mine.unbraid"))
    assert [Path(e["path"]).name for e in recent.entries()] == ["mine.unbraid", "a song – é.wav"]
    recent.forget(str(song_file))
    assert [Path(e["path"]).name for e in recent.entries()] == ["mine.unbraid"]


def test_a_damaged_project_is_a_sentence(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "broken.unbraid"
    path.write_bytes(b"PK\x03\x04 nothing")
    said: list[tuple[str, str]] = []
    session.notice.connect(lambda kind, text: said.append((kind, text)))
    session.open(str(path))
    qtbot.waitUntil(lambda: any(kind == "error" for kind, _ in said), timeout=WAIT)
    assert session.state == "empty" and "broken.unbraid" in said[-1][1]


def test_a_run_is_measured_for_the_next_estimate(qtbot: QtBot, session: Session, song_file: Path) -> None:
    session.warm()
    qtbot.waitUntil(lambda: bool(session.methods), timeout=WAIT)
    assert session.estimate("hpss") is None
    separated(qtbot, session, song_file)
    last, estimate = session.document.project.separation, session.estimate("hpss")
    assert last is not None and estimate == pytest.approx(last.seconds, rel=0.01)
    assert {p["name"] for p in next(m for m in session.methods if m["id"] == "nmf")["parameters"]}


def test_remix_writes_the_file_that_the_studio_exports(
    qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path
) -> None:
    from separation import cli

    separated(qtbot, session, song_file)
    session.document.apply(edits.set_gain, "percussive", -4.5)
    session.document.apply(edits.set_pan, "harmonic", 0.3)
    session.document.apply(edits.set_mute, "residual", True)
    session.document.apply(edits.set_width, "percussive", 1.6)
    session.document.apply(edits.set_invert, "harmonic", True)
    session.document.apply(edits.set_pan_law, "-4.5 dB")
    session.document.apply(edits.keep_mix, "A")
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(str(tmp_path / "mine.unbraid"))
    for ending, subtype in (("flac", "PCM_16"), ("wav", "PCM_24")):
        with qtbot.waitSignal(session.exported, timeout=WAIT):
            session.export(str(tmp_path / f"studio.{ending}"), subtype=subtype)
        arguments = ["remix", str(tmp_path / "mine.unbraid"), "-o", str(tmp_path / f"line.{ending}")]
        assert cli.main([*arguments, "--subtype", subtype]) == 0
        assert (tmp_path / f"studio.{ending}").read_bytes() == (tmp_path / f"line.{ending}").read_bytes()
        again = ["--subtype", subtype, "--overwrite"]
        assert cli.main([*arguments, *again, "--preset", "drums"]) == 0
        assert (tmp_path / f"studio.{ending}").read_bytes() != (tmp_path / f"line.{ending}").read_bytes()
        assert cli.main([*arguments, *again, "--snapshot", "A"]) == 0
        assert (tmp_path / f"studio.{ending}").read_bytes() == (tmp_path / f"line.{ending}").read_bytes()
        assert cli.main([*arguments, *again, "--snapshot", "B"]) == 2
    told = json.loads((tmp_path / "line.wav.recipe.json").read_text(encoding="utf-8"))
    assert mix_from_raw(told["mix"]) == session.document.project.mix and told["files"] == {"mix": "line.wav"}


def test_remix_writes_the_loop_alone_and_asks_before_it_replaces_a_recipe(
    qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from separation import cli

    separated(qtbot, session, song_file)
    session.document.apply(edits.set_gain, "percussive", -4.5)
    project = str(tmp_path / "mine.unbraid")
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(project)
    assert cli.main(["remix", project, "-o", str(tmp_path / "a.wav"), "--loop"]) == 2
    assert "No loop" in capsys.readouterr().err and not (tmp_path / "a.wav").exists()
    session.document.apply(edits.set_loop, 0.2, 0.7)
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(project)
    with qtbot.waitSignal(session.exported, timeout=WAIT):
        session.export(str(tmp_path / "studio.wav"), subtype="PCM_24", span=session.document.project.loop_frames)
    call = ["remix", project, "-o", str(tmp_path / "line.wav"), "--subtype", "PCM_24", "--loop"]
    (tmp_path / "line.wav.recipe.json").write_text("mine")
    assert cli.main(call) == 2
    assert "--no-recipe" in capsys.readouterr().err and not (tmp_path / "line.wav").exists()
    assert cli.main([*call, "--no-recipe"]) == 0
    assert (tmp_path / "line.wav.recipe.json").read_text() == "mine"
    assert (tmp_path / "studio.wav").read_bytes() == (tmp_path / "line.wav").read_bytes()
    assert soundfile.info(tmp_path / "line.wav").frames == round(0.7 * 44100) - round(0.2 * 44100)


@pytest.mark.parametrize("subtype", [None, "PCM_16"])
def test_remix_writes_the_stem_file_that_the_studio_exports(
    qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path, subtype: str | None
) -> None:
    from separation import cli

    separated(qtbot, session, song_file)
    session.document.apply(edits.set_gain, "percussive", -4.5)
    with qtbot.waitSignal(session.saved, timeout=WAIT):
        session.save(str(tmp_path / "mine.unbraid"))
    with qtbot.waitSignal(session.exported, timeout=WAIT):
        session.export(str(tmp_path / "studio.stem.mp4"), format="stem", subtype=subtype)
    call = ["remix", str(tmp_path / "mine.unbraid"), "-o", str(tmp_path / "line.stem.mp4")]
    assert cli.main([*call, *(["--subtype", subtype] if subtype else [])]) == 0
    assert (tmp_path / "studio.stem.mp4").read_bytes() == (tmp_path / "line.stem.mp4").read_bytes()
    assert (tmp_path / "line.stem.mp4.recipe.json").exists()
    assert cli.main([*call, "--overwrite", "--upmix", "natural"]) == 2
    assert cli.main([*call[:3], str(tmp_path / "line.dawproject")]) == 0
    assert zipfile.is_zipfile(tmp_path / "line.dawproject")
    assert cli.main([*call, "--overwrite", "--subtype", "FLOAT"]) == 2


def test_a_save_that_ends_after_another_song_was_opened_is_not_that_songs(
    qtbot: QtBot, session: Session, song_file: Path, tmp_path: Path
) -> None:
    separated(qtbot, session, song_file)
    target = tmp_path / "mine.unbraid"
    session.save(str(target))
    folder = session.store.folder if session.store else tmp_path
    session.open(str(song_file))
    reach(qtbot, session, "opened")
    assert target.exists() and session.project_path == ""
    qtbot.waitUntil(lambda: not folder.exists(), timeout=WAIT)
    session.open(str(target))
    reach(qtbot, session, "separated")
