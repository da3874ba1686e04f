"""The export dialog on a real song with real stems: what it writes, verifies, replaces, cancels and remembers."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import settings, theme
from app.dialogs.export import ExportSheet
from app.session import Session
from separation.project import edits
from separation.project.project import Separation
from tests.songs import Song

WAIT = 60_000
LEFT, Key = Qt.MouseButton.LeftButton, Qt.Key
STEMS = ("vocals", "drums", "other")


@pytest.fixture
def session(qtbot: QtBot, short_song: Song, tmp_path: Path) -> Iterator[Session]:
    """A 16-bit song, opened; its stems are parts of it that add up but for rounding."""
    path = tmp_path / "Little song.wav"
    soundfile.write(path, short_song.mixture.samples.T, 44100, subtype="PCM_16")
    made = Session()
    made.open(str(path))
    qtbot.waitUntil(lambda: made.state == "opened", timeout=WAIT)
    source, mixture = made.document.project.source, made.mixture_array()
    assert source is not None and made.store is not None and mixture is not None
    for name, part in zip(STEMS, (0.3, 0.3, 0.4), strict=True):
        made.store.create(name, source.frames, source.channels)[:] = np.float32(part) * mixture
    made.state = "separated"
    made.document.apply(edits.set_separation, Separation("hpss", (), STEMS, "other", STEMS, residual_db=-150.0))
    made.state_changed.emit("separated")
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> QWidget:
    theme.install(qapp, "dark")
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    return made


def shown(window: QWidget, session: Session, folder: Path) -> ExportSheet:
    sheet = ExportSheet(window, session)
    sheet.open()
    sheet.folder.setText(str(folder))
    return sheet


def finished(qtbot: QtBot, sheet: ExportSheet) -> None:
    qtbot.waitUntil(lambda: bool(sheet.written), timeout=WAIT)


def test_stems_are_written_read_back_and_sum_exactly(
    qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path
) -> None:
    sheet = shown(window, session, tmp_path / "new" / "stems")
    QTest.mouseClick(sheet.all, LEFT)
    names = [f"Little song ({stem}).wav" for stem in STEMS]
    assert [file.path.name for file in sheet.planned()] == names
    assert sheet.verdict.title.text() == "The 3 files will sum to the song exactly"
    QTest.mouseClick(sheet.footer.export, LEFT)
    assert "will sum" in sheet.verdict.title.text()  # nothing is claimed before it was measured
    finished(qtbot, sheet)
    assert sheet.verdict.title.text() == "The 3 files sum to the song exactly"
    recipe = "Little song.recipe.json"
    assert sorted(path.name for path in (tmp_path / "new" / "stems").iterdir()) == sorted([*names, recipe])
    told = json.loads((tmp_path / "new" / "stems" / recipe).read_text(encoding="utf-8"))
    assert told["separation"]["method"] == "hpss" and told["mix"] is None
    assert told["files"] == dict(zip(STEMS, names, strict=True))
    digest = hashlib.sha256((tmp_path / "Little song.wav").read_bytes()).hexdigest()
    assert told["song"]["sha256"] == digest
    parts = [soundfile.read(tmp_path / "new" / "stems" / name, dtype="int32")[0].astype(np.int64) for name in names]
    song = soundfile.read(tmp_path / "Little song.wav", dtype="int32")[0]
    assert np.array_equal(sum(parts), song)
    assert settings.value("export_folder") == str(tmp_path / "new" / "stems")
    QTest.keyClick(sheet.footer.done, Key.Key_Escape)
    assert not sheet.isVisible()


def test_files_that_are_there_are_replaced_only_after_a_yes(
    qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path
) -> None:
    taken = tmp_path / "Little song (remix).wav"
    taken.write_text("mine")
    sheet = shown(window, session, tmp_path)
    QTest.mouseClick(sheet.footer.export, LEFT)
    assert sheet.writing is None and sheet.footer.over.isVisible() and taken.read_text() == "mine"
    QTest.keyClick(sheet.footer.cancel, Key.Key_Escape)
    assert sheet.isVisible() and sheet.footer.export.isVisible()
    QTest.mouseClick(sheet.footer.export, LEFT)
    QTest.mouseClick(sheet.footer.over, LEFT)
    finished(qtbot, sheet)
    assert soundfile.info(taken).frames == soundfile.info(tmp_path / "Little song.wav").frames
    assert sheet.verdict.title.text().startswith("Written")


def test_only_some_stems_and_another_format(qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path / "out")
    QTest.mouseClick(sheet.all, LEFT)
    QTest.mouseClick(sheet.rows["flac"], LEFT)
    QTest.mouseClick(sheet.chips[1], LEFT)
    assert sheet.chosen == ["vocals", "other"] and sheet.subtype == "PCM_24"
    assert "do not add up" in sheet.verdict.text.text()
    sheet.template.setText("{number} {stem}")
    assert sheet.files.files[-1].path.name == "unbraid-recipe.json"
    QTest.mouseClick(sheet.extras.recipe, LEFT)
    assert len(sheet.files.files) == 2
    QTest.mouseClick(sheet.footer.export, LEFT)
    finished(qtbot, sheet)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "01 vocals.flac", "02 other.flac",
    ]  # fmt: skip
    assert soundfile.info(tmp_path / "out" / "01 vocals.flac").subtype == "PCM_24"


def test_only_the_loop(qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path) -> None:
    assert not ExportSheet(window, session).extras.loop.isVisibleTo(window)  # nothing to choose without a loop
    session.document.apply(edits.set_loop, 0.25, 0.75)
    sheet = shown(window, session, tmp_path / "out")
    QTest.mouseClick(sheet.all, LEFT)
    QTest.mouseClick(sheet.extras.loop, LEFT)
    assert sheet.extras.span == (11025, 33075)
    QTest.mouseClick(sheet.footer.export, LEFT)
    finished(qtbot, sheet)
    assert sheet.written["exact"]
    parts = [soundfile.read(sheet.written["paths"][stem], dtype="int32")[0].astype(np.int64) for stem in STEMS]
    song = soundfile.read(tmp_path / "Little song.wav", dtype="int32")[0]
    assert np.array_equal(sum(parts), song[11025:33075])
    told = json.loads((tmp_path / "out" / "Little song.recipe.json").read_text(encoding="utf-8"))
    assert told["span"] == {"from_frame": 11025, "to_frame": 33075}


def test_a_stem_file_is_written_and_read_back(
    qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path
) -> None:
    sheet = shown(window, session, tmp_path / "out")
    QTest.mouseClick(sheet.rows["stem"], LEFT)
    assert sheet.subtype is None  # AAC
    QTest.keyClick(sheet.footer.export, Key.Key_Escape)
    sheet = shown(window, session, tmp_path / "out")
    sheet.rows["stem"].setChecked(True)
    assert sheet.bits is not None
    sheet.bits.set_index(1)
    assert sheet.subtype == "PCM_16" and "4 stems" in sheet.verdict.title.text()
    QTest.mouseClick(sheet.footer.export, LEFT)
    finished(qtbot, sheet)
    assert sheet.verdict.title.text() == "The 4 stems sum to the mix exactly"
    path = tmp_path / "out" / "Little song (remix).stem.mp4"
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name, f"{path.name}.recipe.json"]
    with av.open(str(path)) as file:
        assert [s.codec_context.name for s in file.streams.audio] == ["alac"] * 5


def test_a_dawproject_is_written_and_read_back(
    qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path
) -> None:
    session.document.apply(edits.set_gain, "drums", -6.0)
    sheet = shown(window, session, tmp_path / "out")
    sheet.rows["dawproject"].setChecked(True)
    assert sheet.subtype == "PCM_24" and "tracks" in sheet.verdict.title.text()
    QTest.mouseClick(sheet.footer.export, LEFT)
    finished(qtbot, sheet)
    assert sheet.verdict.title.text() == "The stems in the project sum to the song exactly"
    path = tmp_path / "out" / "Little song (remix).dawproject"
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name, f"{path.name}.recipe.json"]
    with zipfile.ZipFile(path) as archive:
        assert "project.xml" in archive.namelist()


def test_a_stem_file_is_no_format_for_stems_one_by_one(window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path)
    QTest.mouseClick(sheet.rows["stem"], LEFT)
    QTest.mouseClick(sheet.all, LEFT)
    assert not sheet.rows["stem"].isEnabled() and sheet.rows["wav"].isChecked()
    assert all(file.path.suffix == ".wav" for file in sheet.planned())
    QTest.mouseClick(sheet.mix, LEFT)
    assert sheet.rows["stem"].isEnabled()


def test_a_name_that_fits_twice_is_refused_with_a_reason(window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path)
    QTest.mouseClick(sheet.all, LEFT)
    sheet.template.setText("{title}")
    assert not sheet.footer.export.isEnabled() and "add {stem}" in sheet.footer.note.text()
    QTest.mouseClick(sheet.tokens["stem"], LEFT)
    assert sheet.template.text() == "{title}{stem}" and sheet.footer.export.isEnabled()
    sheet.folder.setText("")
    assert sheet.why_not() == "Choose a folder."


def test_cancel_leaves_nothing(qtbot: QtBot, window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path / "out")
    QTest.mouseClick(sheet.all, LEFT)
    QTest.mouseClick(sheet.footer.export, LEFT)
    assert sheet.writing is not None and not sheet.all.isEnabled()
    QTest.keyClick(sheet.footer.cancel, Key.Key_Escape)
    qtbot.waitUntil(lambda: sheet.writing is None, timeout=WAIT)
    if not sheet.written:  # it may have been quicker than the hand
        assert list((tmp_path / "out").iterdir()) == []
        assert sheet.isVisible() and "Nothing was written" in sheet.footer.text.text() and sheet.all.isEnabled()


def test_a_folder_that_cannot_be_made_is_told_in_place(window: QWidget, session: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sheet = shown(window, session, tmp_path / "file" / "below")
    QTest.mouseClick(sheet.footer.export, LEFT)
    assert sheet.writing is None and "choose another" in sheet.footer.text.text()
    assert sheet.footer.export.isEnabled() and sheet.footer.export.text() == "Export"


def test_what_has_no_room_is_scrolled_to(window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path)
    QTest.mouseClick(sheet.all, LEFT)
    QApplication.processEvents()
    assert sheet.page.verticalScrollBar().maximum() == 0  # the card grows while it can
    window.resize(1000, 420)
    QApplication.processEvents()
    assert sheet.page.verticalScrollBar().maximum() > 0 and sheet.footer.export.isVisible()
    sheet.rows["wav"].setFocus()
    sheet.rows["m4a"].setFocus()
    row = sheet.rows["m4a"]
    assert sheet.page.viewport().rect().contains(row.mapTo(sheet.page.viewport(), row.rect().center()))


def test_tab_stays_inside(window: QWidget, session: Session, tmp_path: Path) -> None:
    sheet = shown(window, session, tmp_path)
    seen = set()
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget() or sheet, Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None and sheet.card.isAncestorOf(focused)
        seen.add(focused)
    assert {sheet.cross, sheet.template, sheet.folder, sheet.footer.export, sheet.mix} <= seen
