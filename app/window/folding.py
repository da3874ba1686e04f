"""What goes as the window gets smaller, and in which order: section 2 of the design."""

from __future__ import annotations

from dataclasses import dataclass

FIND, INSPECTOR = 1360, 1240  # widths
MIXER = 820  # height; the song area makes its overview low by itself
MINIMUM = (1100, 700)


@dataclass(frozen=True)
class Folds:
    """Which parts the size of the window folds."""

    find: bool
    inspector: bool
    mixer: bool


def folds(width: int, height: int, text: float = 1.0) -> Folds:
    """For a window of that size in pixels, with text that many times as large as designed."""
    return Folds(
        find=width < FIND * text, inspector=width < INSPECTOR * text,
        mixer=height < MIXER * text,
    )  # fmt: skip


@dataclass
class Foldable:
    """One panel: folded by hand or for want of room. `toggle` is for now only while the room is short."""

    wish: bool = False
    short: bool = False
    folded: bool = False

    def room(self, short: bool) -> bool:
        """The window has another size: whether the panel has to change."""
        if short == self.short:
            return False
        self.short = short
        before, self.folded = self.folded, short or self.wish
        return before != self.folded

    def toggle(self) -> bool:
        """The person folds or unfolds it: whether that is a wish to remember."""
        self.folded = not self.folded
        if not self.short:
            self.wish = self.folded
        return not self.short
