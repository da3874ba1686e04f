from __future__ import annotations

from tests.sound import sound, sound_server  # noqa: F401
