"""What every test stands on: an offscreen screen, private settings, the songs, and guards against leaks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from separation.audio.signal import Audio
from tests.songs import Song, compose

SHARED = Path(os.environ.get("UNBRAID_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def song() -> Song:
    """Eight seconds of synthetic stereo music with true stems vocals, drums, bass, other."""
    return compose()


@pytest.fixture(scope="session")
def short_song() -> Song:
    """Two seconds of the same."""
    return compose(seconds=2.0)


@pytest.fixture(scope="session")
def real_song() -> Callable[[str], dict[str, Audio]]:
    """real_song("musicdelta_reggae") -> {"mixture": Audio, "vocals": Audio, …}; skips where the songs are absent."""

    def load(name: str) -> dict[str, Audio]:
        import soundfile

        folder = SHARED / "audio" / name
        if not (folder / "mixture.flac").exists():
            pytest.skip(f"the song {name} is not here ({folder})")
        stems = {}
        for path in sorted(folder.glob("*.flac")):
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            stems[path.stem] = Audio(samples.T.copy(), rate, subtype="PCM_16")
        return stems

    return load


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the person's own settings or caches."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """A test that leaves a thread of ours running fails, and says which."""
    before = set(threading.enumerate())
    yield
    late = [t for t in threading.enumerate() if t not in before and t.is_alive() and not t.daemon]
    for thread in late:
        thread.join(2.0)
    left = [t.name for t in late if t.is_alive()]
    assert not left, f"threads left running: {', '.join(left)}"
