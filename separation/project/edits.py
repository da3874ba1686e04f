"""Every decision that can be undone: pure functions (project, plain arguments) -> project, each with a name.

    after = set_gain(before, "drums", -1.5)
    set_gain.describe("drums", -1.5)          # "Drums fader to −1.5 dB"
    EDITS["set_gain"] is set_gain             # so that a list of names and arguments can be replayed

An edit that changes nothing returns the very project it was given.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace

from separation.errors import ProjectError
from separation.mix.presets import preset
from separation.mix.state import PAN_LAWS, MixState, Strip
from separation.project.project import SNAPSHOTS, Project, Separation, Value

Phrase = tuple[str, dict[str, str]]  # an English template, and what goes into it: so that it can be translated


class Edit:
    """A pure function on projects with a name, and words for what it does."""

    def __init__(self, function: Callable[..., Project], words: str | Callable[..., str]) -> None:
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self._function, self._words = function, words
        self._signature = inspect.signature(function)

    def __call__(self, project: Project, *arguments: object) -> Project:
        after = self._function(project, *arguments)
        return project if after == project else after

    def __repr__(self) -> str:
        return f"<edit {self.name}>"

    def phrase(self, *arguments: object) -> Phrase:
        """A template and its fields: ("{stem} fader to {db}", {"stem": "Drums", "db": "−1.5 dB"})."""
        bound = self._signature.bind(None, *arguments)
        bound.apply_defaults()
        values = dict(list(bound.arguments.items())[1:])
        template = self._words if isinstance(self._words, str) else self._words(**values)
        return template, {name: _shown(name, value) for name, value in values.items()}

    def describe(self, *arguments: object) -> str:
        """What the edit does with these arguments, in English."""
        template, fields = self.phrase(*arguments)
        return template.format(**fields)


EDITS: dict[str, Edit] = {}
PRESET_WORDS = {
    "karaoke": "Karaoke", "acapella": "Acapella", "drums": "Drums only", "practice": "Practice without {stem}",
    "minus-one": "Quiet guide: {stem}",
}  # fmt: skip


def edit(words: str | Callable[..., str]) -> Callable[[Callable[..., Project]], Edit]:
    """Make a pure function an edit. words: a template of its arguments, or a function of them that gives one."""

    def named(function: Callable[..., Project]) -> Edit:
        made = EDITS[function.__name__] = Edit(function, words)
        return made

    return named


@edit("{stem} fader to {db}")
def set_gain(project: Project, stem: str, db: float) -> Project:
    """Move a fader; −∞ dB is silence."""
    if math.isnan(db):
        raise ProjectError("A fader stands at a level in dB; that is not a number.")
    return _strip(project, stem, replace(project.mix.strip(stem), gain_db=float(db)))


@edit("{stem} pan to {pan}")
def set_pan(project: Project, stem: str, pan: float) -> Project:
    """Pan from −1 (left) to 1 (right)."""
    if math.isnan(pan):
        raise ProjectError("A pan lies between −1 and 1; that is not a number.")
    return _strip(project, stem, replace(project.mix.strip(stem), pan=min(1.0, max(-1.0, float(pan)))))


@edit(lambda stem, on: "Mute {stem}" if on else "Unmute {stem}")
def set_mute(project: Project, stem: str, on: bool) -> Project:
    """Silence a stem, or let it sound again."""
    return _strip(project, stem, replace(project.mix.strip(stem), mute=bool(on)))


@edit(lambda stem, on, exclusive: "Solo {stem}" if on else "Unsolo {stem}")
def set_solo(project: Project, stem: str, on: bool, exclusive: bool = False) -> Project:
    """Hear only the soloed stems. exclusive: this one takes over from the others."""
    if exclusive:
        others = tuple((n, replace(s, solo=False) if n != stem else s) for n, s in project.mix.strips)
        project = replace(project, mix=replace(project.mix, strips=others))
    return _strip(project, stem, replace(project.mix.strip(stem), solo=bool(on)))


@edit("{stem} width to {width}")
def set_width(project: Project, stem: str, width: float) -> Project:
    """Make the stereo picture of a stem narrower or wider: 0 is mono, 1 as it was, 2 twice as wide."""
    if math.isnan(width):
        raise ProjectError("A width lies between 0 and 2; that is not a number.")
    return _strip(project, stem, replace(project.mix.strip(stem), width=min(2.0, max(0.0, float(width)))))


@edit(lambda stem, on: "Invert the phase of {stem}" if on else "{stem} phase as it was")
def set_invert(project: Project, stem: str, on: bool) -> Project:
    """Turn a stem's sound upside down, or back."""
    return _strip(project, stem, replace(project.mix.strip(stem), invert=bool(on)))


@edit("Pan law {law}")
def set_pan_law(project: Project, law: str) -> Project:
    """What panning does to the level: one of PAN_LAWS."""
    if law not in PAN_LAWS:
        raise ProjectError(f"There is no pan law “{law}”: choose one of {', '.join(PAN_LAWS)}.")
    return replace(project, mix=replace(project.mix, pan_law=law))


@edit(lambda name, stem: PRESET_WORDS[name])
def use_preset(project: Project, name: str, stem: str = "") -> Project:
    """The mix of a preset (`mix/presets.py`). Raises ParameterError where the stems cannot do it."""
    mix = project.mix.only(project.separation.stems) if project.separation else project.mix
    return replace(project, mix=preset(mix, f"{name}:{stem}" if stem else name))


@edit("Keep the mix as {letter}")
def keep_mix(project: Project, letter: str) -> Project:
    """Keep the mix as it is, to be compared with another: A or B."""
    if letter not in SNAPSHOTS:
        raise ProjectError(f"A mix is kept as {' or '.join(SNAPSHOTS)}, not as “{letter}”.")
    kept = {**dict(project.snapshots), letter: project.mix}
    return replace(project, snapshots=tuple((name, kept[name]) for name in SNAPSHOTS if name in kept))


@edit("Mix {letter}")
def hear_mix(project: Project, letter: str) -> Project:
    """The mix that was kept under that letter."""
    mix = project.snapshot(letter)
    if mix is None:
        raise ProjectError(f"There is no mix {letter}: keep one first.")
    return replace(project, mix=mix)


@edit("Master fader to {db}")
def set_master(project: Project, db: float) -> Project:
    """Move the master fader."""
    if math.isnan(db):
        raise ProjectError("A fader stands at a level in dB; that is not a number.")
    return replace(project, mix=replace(project.mix, master_db=float(db)))


@edit("Reset the mixer")
def reset_mix(project: Project) -> Project:
    """Every strip and the master as they were at first: the song itself."""
    return replace(project, mix=MixState(pan_law=project.mix.pan_law).only(project.mix.names))


@edit(lambda method, title: "Method {title}" if title else "Method {method}")
def set_method(project: Project, method: str, title: str = "") -> Project:
    """Choose the method of the next run; its parameters are at their defaults. title: what it is called."""
    return project if method == project.method else replace(project, method=method, parameters=())


@edit("{name} to {value}")
def set_parameter(project: Project, name: str, value: Value | None) -> Project:
    """Set a parameter of the next run; None: back to its default."""
    kept = tuple((n, v) for n, v in project.parameters if n != name)
    added = () if value is None else ((name, value),)
    return replace(project, parameters=tuple(sorted(kept + added)))


@edit(lambda separation: "Remove the stems" if separation is None else "Separate with {separation}")
def set_separation(project: Project, separation: Separation | None) -> Project:
    """Take the stems of a run; strips of stems that are still there stay as they are."""
    names = separation.stems if separation else project.mix.names
    kept = tuple((letter, mix.only(names)) for letter, mix in project.snapshots)
    return replace(project, separation=separation, mix=project.mix.only(names), snapshots=kept)


@edit(lambda start, end: "Remove the loop" if start is None else "Loop {start} to {end}")
def set_loop(project: Project, start: float | None, end: float | None) -> Project:
    """Repeat from one time to another, in seconds; None, None: no loop."""
    if start is None or end is None or start == end:
        return replace(project, loop=None)
    return replace(project, loop=(max(0.0, float(min(start, end))), float(max(start, end))))


def _strip(project: Project, stem: str, strip: Strip) -> Project:
    return replace(project, mix=project.mix.with_strip(stem, strip))


def _shown(name: str, value: object) -> str:
    """An argument as a person reads it; the sign is a true minus."""
    if isinstance(value, Separation):
        return value.title or value.method
    if name == "stem":
        text = str(value)
        return text[:1].upper() + text[1:]
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "db" and isinstance(value, (int, float)):
        return "−∞ dB" if value == -math.inf else f"{value:+.1f} dB".replace("-", "−").replace("+0.0", "0.0")
    if name == "pan" and isinstance(value, (int, float)):
        share = round(abs(value) * 100)
        return "centre" if share == 0 else f"{share} {'left' if value < 0 else 'right'}"
    if name == "width" and isinstance(value, (int, float)):
        return f"{value * 100:.0f} %"
    if name in ("start", "end") and isinstance(value, (int, float)):
        return f"{int(value // 60)}:{value % 60:04.1f}"
    return "its default" if value is None else str(value).replace("-", "−" if isinstance(value, (int, float)) else "-")
