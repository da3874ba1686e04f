"""Preferences: a few JSON values in one small file of the person's configuration folder.

Read once, written whole beside the old file and renamed; a file that cannot be read is as good as none, one that cannot
be written costs only the memory of the preference.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any


def path() -> Path:
    """The file of all preferences."""
    import platformdirs

    return Path(platformdirs.user_config_dir("unbraid", appauthor=False)) / "settings.json"


def value(name: str, default: Any = None) -> Any:
    """The preference `name`, or `default` where there is none or one of another kind than `default`."""
    found = _read(path()).get(name, default)
    if default is None or isinstance(found, type(default)) or (isinstance(default, float) and isinstance(found, int)):
        return found
    return default


def put(name: str, value: Any) -> None:
    """Keep a preference; it must be JSON."""
    file = path()
    known = _read(file)
    if name in known and known[name] == value:
        return
    known[name] = value
    from separation.unfinished import beside

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = beside(file.parent)
        part.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
        os.replace(part, file)
    except OSError:
        pass  # a read-only home: the preference lives as long as this process


@lru_cache(maxsize=4)
def _read(file: Path) -> dict[str, Any]:
    """The one dictionary of this file, shared and changed in place."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
