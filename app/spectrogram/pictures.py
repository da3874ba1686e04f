"""The files behind the pictures: display pyramids and overviews of the song and its stems, mapped while they grow."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.spectrogram.look import Pointer

if TYPE_CHECKING:
    from app.session import Session
    from separation.spectral.overview import OverviewData
    from separation.spectral.pyramid import Pyramid

MIXTURE = "mixture"


class Pictures:
    """Opens what the session names, keeps it open, and lets go of what it names no more."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pyramids: dict[Path, Pyramid] = {}
        self._overviews: dict[Path, OverviewData] = {}

    def pyramids(self) -> tuple[Pyramid | None, dict[str, Pyramid]]:
        """Of the song (None: not begun yet), and of its stems that are begun."""
        from separation.spectral.pyramid import Pyramid

        return _open(self._session.pyramid_paths(), self._pyramids, Pyramid)

    def overviews(self) -> tuple[OverviewData | None, dict[str, OverviewData]]:
        """The same for the overviews."""
        from separation.spectral.overview import OverviewData
        from separation.spectral.pyramid import overview_path

        paths = {name: overview_path(path) for name, path in self._session.pyramid_paths().items()}
        return _open(paths, self._overviews, OverviewData)

    def at(self, seconds: float, hertz: float, level: int) -> Pointer:
        """What lies at a place of the song, as a level of the pyramid shows it. There must be a song."""
        from separation.spectral.scales import FLOOR_DB, STEP_DB, row_of

        song, stems = self.pyramids()
        assert song is not None
        layout = song.layout
        column = min(int(seconds / layout.column_seconds(level)), layout.columns[level] - 1)
        row = min(max(0, round(float(row_of(hertz, layout.rows)))), layout.rows - 1)

        def there(pyramid: Pyramid) -> bool:
            wanted = min((column + 1) << level, pyramid.layout.columns[0])
            return pyramid.columns_ready >= wanted and level < len(pyramid.layout.columns)

        if not there(song):
            return Pointer(seconds, hertz, -inf)
        byte = int(song.level(level)[column, row])
        shares: dict[str, float] = {}
        if stems and all(there(p) and column < p.layout.columns[level] for p in stems.values()):
            bytes_ = {name: int(p.level(level)[column, row]) for name, p in stems.items()}
            powers = {name: 10 ** (q * STEP_DB / 10) if q else 0.0 for name, q in bytes_.items()}
            total = sum(powers.values())
            shares = {name: power / total for name, power in powers.items()} if total else {}
        return Pointer(seconds, hertz, FLOOR_DB + byte * STEP_DB if byte else -inf, shares)


T = TypeVar("T")


def _open(paths: dict[str, Path], known: dict[Path, T], kind: Callable[[Path], T]) -> tuple[T | None, dict[str, T]]:
    """Each path as `kind`, in order; what is not there yet is left out."""
    from separation.errors import InputError

    for gone in set(known) - set(paths.values()):
        del known[gone]
    found: dict[str, T] = {}
    for name, path in paths.items():
        if path not in known:
            try:
                known[path] = kind(path)
            except InputError:
                continue
        found[name] = known[path]
    song = found.pop(MIXTURE, None)
    return song, found if song is not None else {}
