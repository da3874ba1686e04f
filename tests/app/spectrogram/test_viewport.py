"""The window of time and frequency: limits, zoom at a place, following the playhead, kept in the project."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.document import Document
from app.spectrogram.viewport import HIGHEST, LOWEST, Viewport
from separation.project.project import Project, Source, View

SONG = Project(source=Source("a.wav", "", 44100, 2, 44100 * 100))


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    made = Document()
    made.reset(SONG)
    return made


def test_places_and_times_are_inverse(document: Document) -> None:
    view = Viewport(document)
    view.show_times(20, 30)
    view.show_frequencies(100, 4000)
    assert (view.x(20, 1000), view.x(30, 1000)) == (52, 992)
    assert view.time(view.x(23.4, 1000), 1000) == pytest.approx(23.4)
    assert view.frequency(view.y(440, 400), 400) == pytest.approx(440)
    assert (view.y(4000, 400), view.y(100, 400)) == (pytest.approx(0), pytest.approx(400))


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["zoom", "pan", "tone", "octaves"]), st.floats(-5, 5), st.floats(0, 1)), max_size=12
    )
)
def test_nothing_leads_out_of_the_song(moves: list[tuple[str, float, float]]) -> None:
    document = Document()
    document.reset(SONG)
    view = Viewport(document)
    for kind, amount, place in moves:
        if kind == "zoom":
            view.zoom(2**amount, view.start + place * view.length)
        elif kind == "pan":
            view.pan(amount * 20)
        elif kind == "tone":
            view.zoom_frequency(2**amount, view.frequency(place, 1.0))
        else:
            view.pan_frequency(amount)
        assert -1e-9 <= view.start < view.end <= 100 + 1e-9 and view.length >= 0.1 - 1e-9
        assert LOWEST - 1e-6 <= view.low < view.high <= HIGHEST + 1e-6


def test_zoom_keeps_what_is_under_the_pointer(document: Document) -> None:
    view = Viewport(document)
    view.show_times(20, 60)
    x = view.x(30, 1000)
    view.zoom(0.5, 30)
    assert view.time(x, 1000) == pytest.approx(30) and view.length == pytest.approx(20)
    y = view.y(440, 400)
    view.zoom_frequency(0.5, 440)
    assert view.frequency(y, 400) == pytest.approx(440)


def test_it_turns_the_page_and_leaves_alone_who_looks_elsewhere(document: Document) -> None:
    view = Viewport(document)
    view.show_times(10, 20)
    view.follow(19.99, 20.01)
    assert (view.start, view.end) == (20.01, pytest.approx(30.01))
    view.show_times(50, 60)
    view.follow(25.0, 25.02)
    assert view.start == 50
    view.follow(25.02, 80.0)
    assert view.start == 80.0


def test_the_project_keeps_it_and_gives_it_back(document: Document, qtbot: QtBot) -> None:
    view = Viewport(document)
    view.show_times(20, 30)
    qtbot.waitUntil(lambda: document.project.view == View(20, 30, LOWEST, HIGHEST), timeout=2000)
    assert not document.can_undo
    other = Source("b.wav", "", 44100, 2, 44100 * 50)
    document.reset(Project(source=other, view=View(5, 9, 50, 5000)))
    assert (view.start, view.end, view.low, view.high, view.total) == (5, 9, 50, 5000, 50)
    document.reset(Project(source=replace(other, path="c.wav")))
    assert view.whole and (view.low, view.high) == (LOWEST, HIGHEST)


def test_a_length_that_becomes_known_keeps_the_whole_song_whole(document: Document) -> None:
    view = Viewport(document)
    assert SONG.source
    document.amend(replace(document.project, source=replace(SONG.source, frames=44100 * 90)))
    assert (view.start, view.end, view.total) == (0, 90, 90)
