"""Unbraid's engine: takes a finished song apart into its sources.

    import separation
    song = separation.load("song.flac")
    stems = separation.separate(song, method="nmf", rank=24)
    stems["vocals"].save("vocals.flac")

Importing this package loads neither torch nor Qt; what is named here arrives on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separation.audio.reading import load
    from separation.audio.signal import Audio
    from separation.catalogue import methods
    from separation.errors import Cancelled, UnbraidError
    from separation.separator import separate
    from separation.stems import Stems

__version__ = "0.1.0"

_HOME = {
    "load": "separation.audio.reading",
    "separate": "separation.separator",
    "methods": "separation.catalogue",
    "Audio": "separation.audio.signal",
    "Stems": "separation.stems",
    "UnbraidError": "separation.errors",
    "Cancelled": "separation.errors",
}

__all__ = ["Audio", "Cancelled", "Stems", "UnbraidError", "load", "methods", "separate"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'separation' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
