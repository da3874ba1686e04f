"""The folding rules of section 2."""

from __future__ import annotations

from app.window.folding import Foldable, folds


def test_thresholds() -> None:
    large = folds(1440, 900)
    assert not (large.find or large.inspector or large.mixer)
    assert folds(1359, 900).find and not folds(1360, 900).find
    assert folds(1239, 900).inspector and not folds(1240, 900).inspector
    assert folds(1440, 819).mixer and not folds(1440, 820).mixer
    assert folds(1440, 900, 1.5).find


def test_a_panel_folds_for_want_of_room_and_comes_back() -> None:
    panel = Foldable()
    assert panel.room(True) and panel.folded
    assert not panel.room(True)
    assert panel.room(False) and not panel.folded


def test_what_the_person_folds_stays_folded() -> None:
    panel = Foldable()
    assert panel.toggle() and panel.folded and panel.wish
    panel.room(True)
    panel.room(False)
    assert panel.folded


def test_unfolding_without_room_is_for_now_only() -> None:
    panel = Foldable()
    panel.room(True)
    assert not panel.toggle() and not panel.folded and not panel.wish
    panel.room(False)
    panel.room(True)
    assert panel.folded
