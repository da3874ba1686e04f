from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from separation.errors import OutputError
from separation.project.store import Store


def test_a_reader_sees_what_a_writer_writes() -> None:
    store = Store()
    array = store.create("mixture", 1000, 2)
    seen = store.map("mixture", 1000, 2)
    assert not seen.any() and not seen.flags.writeable
    array[:500] = 0.5
    assert (seen[:500] == np.float32(0.5)).all() and not seen[500:].any()
    assert store.folder.stat().st_mode & 0o077 == 0
    store.close()
    assert not store.folder.exists()


@pytest.mark.parametrize("name", ["../song", "/etc/song", "", ".."])
def test_names_stay_inside(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        Store(tmp_path).create(name, 10, 1)


def test_no_room_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no room"):
        Store(tmp_path).create("huge", 1 << 55, 2)
    assert not list(tmp_path.iterdir())
