"""Preferences are kept, survive damage, and never hold anything up."""

from __future__ import annotations

import json

import pytest

from app import settings


def test_a_preference_is_kept() -> None:
    assert settings.value("theme", "system") == "system"
    settings.put("theme", "dark")
    assert settings.value("theme", "system") == "dark"
    assert json.loads(settings.path().read_text(encoding="utf-8")) == {"theme": "dark"}
    settings._read.cache_clear()
    assert settings.value("theme", "system") == "dark"


def test_a_value_of_another_kind_is_the_default() -> None:
    settings.put("recent", "not a list")
    assert settings.value("recent", []) == []
    settings.put("speed", 3)
    assert settings.value("speed", 1.0) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_a_damaged_file_is_as_good_as_none(text: str) -> None:
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text(text, encoding="utf-8")
    assert settings.value("theme", "system") == "system"
    settings.put("theme", "light")
    assert json.loads(settings.path().read_text(encoding="utf-8")) == {"theme": "light"}


def test_a_folder_that_cannot_be_made_costs_nothing() -> None:
    settings.path().parent.parent.write_text("a file where the folder should be")
    settings.put("theme", "dark")
    assert settings.value("theme", "system") == "dark"
