"""Every action of the studio as data: from this table come menus, palette, shortcut page and tool tips.

    for action in TABLE: action.why(state)      # "" when it can be done now, else a sentence that says what is missing

Nothing here acts. The window gives each id a function; a test sees to it that none is missing. Keys are written as
Qt's portable text; the first is the one that is shown. English sources are translated by `words` and `hint`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QKeySequence

from app import theme
from separation.mix.presets import why_not
from separation.mix.state import PAN_LAWS, MixState
from separation.project.project import SNAPSHOTS

SONG = ("opened", "separating", "separated")
STEM_KEYS = 8


@dataclass(frozen=True)
class State:
    """What enabling depends on. phase: of the session. strip: the stem whose strip has the focus, "" if none.

    kept: letters of the mixes that are kept. heard: the letter of the one that is heard, "" if it is another.
    """

    phase: str = "empty"
    stems: tuple[str, ...] = ()
    strip: str = ""
    undo: str = ""
    redo: str = ""
    dirty: bool = False
    looping: bool = False
    original: bool = False
    mixer_folded: bool = False
    inspector_folded: bool = False
    theme: str = "system"
    pan_law: str = PAN_LAWS[0]
    kept: tuple[str, ...] = ()
    heard: str = ""


Why = Callable[[State], str]
_CONTEXT = "actions"


def _noop(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("actions", text))


def _tr(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text)


def always(_state: State) -> str:
    return ""


def with_song(state: State) -> str:
    return "" if state.phase in SONG else _tr("Open a song first.")


def with_anything(state: State) -> str:
    return "" if state.phase != "empty" else _tr("Nothing is open.")


def with_stems(state: State) -> str:
    return with_song(state) or ("" if state.stems else _tr("Separate the song first."))


def at_rest(state: State) -> str:
    return with_song(state) or ("" if state.phase != "separating" else _tr("A separation is running."))


def under_way(state: State) -> str:
    return "" if state.phase in ("opening", "separating") else _tr("Nothing is running.")


def on_strip(state: State) -> str:
    return with_stems(state) or ("" if state.strip else _tr("Click a strip of the mixer first."))


def with_mix(letter: str) -> Why:
    """Whether a mix is kept under that letter."""
    return lambda state: with_stems(state) or (
        "" if letter in state.kept else _tr("Keep a mix as {0} first.").format(letter)
    )


def with_both(state: State) -> str:
    both = len(state.kept) == len(SNAPSHOTS)
    return with_stems(state) or ("" if both else _tr("Keep one mix as A and another as B first."))


def preset_there(name: str) -> Why:
    """Whether these stems can give the preset."""
    return lambda state: with_stems(state) or why_not(MixState().only(state.stems), name)


def preset_of(name: str, index: int) -> Why:
    """The same, for a preset of one stem."""

    def why(state: State) -> str:
        missing = with_stems(state) or ("" if index < len(state.stems) else _tr("There is no such stem."))
        return missing or why_not(MixState().only(state.stems), f"{name}:{state.stems[index]}")

    return why


def undoable(state: State) -> str:
    return "" if state.undo else _tr("Nothing was done yet.")


def redoable(state: State) -> str:
    return "" if state.redo else _tr("Nothing was undone.")


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    text: English, with {0} where `fill` puts a name. group: the menu. part: items of one part stand together, and
    go into a sub-menu of that title if it has one in PARTS. why: "" or why it cannot be done now. there: whether it is
    shown at all. on: whether it is checked, for those that can be. help: one sentence for the tool tip.
    """

    id: str
    text: str
    group: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    why: Why = always
    help: str = ""
    part: str = ""
    fill: Callable[[State], str] | None = None
    there: Callable[[State], bool] | None = None
    on: Callable[[State], bool] | None = None

    def words(self, state: State) -> str:
        """The text in the person's language, with the name it is about."""
        text = _tr(self.text)
        return text.format(self.fill(state)).strip() if self.fill else text

    def hint(self, state: State) -> str:
        """The tool tip: name and key, then what it is, or why it cannot be done now."""
        first = self.words(state).rstrip("…")
        if self.keys:
            first = f"{first} ({key_text(self.keys[0])})"
        second = self.why(state) or (_tr(self.help) if self.help else "")
        return f"{first}\n{second}" if second else first


GROUPS: tuple[tuple[str, str], ...] = (
    ("file", _noop("&File")),
    ("edit", _noop("&Edit")),
    ("view", _noop("&View")),
    ("play", _noop("&Play")),
    ("stems", _noop("&Stems")),
    ("help", _noop("&Help")),
)
PARTS: dict[str, str] = {
    "theme": _noop("Theme"),
    "steps": _noop("Go"),
    "mutes": _noop("On and off"),
    "solos": _noop("Solo"),
    "presets": _noop("Presets"),
    "practice": _noop("Practice"),
    "guides": _noop("Quiet guide"),
    "snapshots": _noop("Compare mixes"),
    "laws": _noop("Pan law"),
}


def _stem(index: int) -> Callable[[State], str]:
    return lambda state: theme.stem_title(state.stems[index]) if index < len(state.stems) else str(index + 1)


def _has(index: int) -> Callable[[State], bool]:
    return lambda state: index < len(state.stems)


def _law(name: str) -> Callable[[State], bool]:
    return lambda state: state.pan_law == name


def _theme(name: str) -> Callable[[State], bool]:
    return lambda state: state.theme == name


_ONE_OF_MANY = tuple(
    Action(
        f"{kind}_{n + 1}", text, "stems", (f"{prefix}{n + 1}",), why=with_stems, part=part, fill=_stem(n), there=_has(n)
    )
    for kind, text, prefix, part in (
        ("mute", _noop("{0} on or off"), "", "mutes"),
        ("solo", _noop("Solo {0}"), "Shift+", "solos"),
    )
    for n in range(STEM_KEYS)
)

_PRESETS_OF_ONE = tuple(
    Action(f"{kind}_{n + 1}", text, "stems", why=preset_of(name, n), part=part, fill=_stem(n), there=_has(n))
    for kind, name, text, part in (
        ("practice", "practice", _noop("Practice without {0}"), "practice"),
        ("guide", "minus-one", _noop("Quiet guide: {0}"), "guides"),
    )
    for n in range(STEM_KEYS)
)

TABLE: tuple[Action, ...] = (
    Action("open", _noop("Open…"), "file", ("Ctrl+O",), "folder-open",
           help=_noop("A song, or a project you saved.")),
    Action("demo", _noop("Open the demo song"), "file", (), "music"),
    Action("save", _noop("Save"), "file", ("Ctrl+S",), "save", at_rest, part="save",
           help=_noop("All decisions and stems in one project file.")),
    Action("save_as", _noop("Save as…"), "file", ("Ctrl+Shift+S",), "", at_rest, part="save"),
    Action("export", _noop("Export…"), "file", ("Ctrl+E",), "upload", with_song, part="save",
           help=_noop("Write the mix as you hear it, or the stems.")),
    Action("close", _noop("Close the song"), "file", ("Ctrl+W",), "x", with_anything, part="end"),
    Action("quit", _noop("Quit"), "file", ("Ctrl+Q",), "", part="end"),
    Action("undo", _noop("Undo {0}"), "edit", ("Ctrl+Z",), "undo-2", undoable, fill=lambda s: s.undo),
    Action("redo", _noop("Redo {0}"), "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2", redoable, fill=lambda s: s.redo),
    Action("palette", _noop("Find a command…"), "edit", ("Ctrl+K",), "search", part="find",
           help=_noop("Type what you want to do.")),
    Action("zoom_in", _noop("Zoom in"), "view", ("+", "="), "plus", with_song),
    Action("zoom_out", _noop("Zoom out"), "view", ("-",), "minus", with_song),
    Action("fit", _noop("Show the whole song"), "view", ("0",), "maximize", with_song),
    Action("fold_mixer", _noop("Fold the mixer"), "view", ("F3",), "panel-bottom", with_song, part="panels",
           on=lambda s: s.mixer_folded),
    Action("fold_inspector", _noop("Fold the inspector"), "view", ("F4",), "panel-right", with_song, part="panels",
           on=lambda s: s.inspector_folded),
    Action("next_region", _noop("Next region"), "view", ("F6",), "", part="panels",
           help=_noop("Puts the keyboard focus into the next part of the window.")),
    Action("previous_region", _noop("Previous region"), "view", ("Shift+F6",), "", part="panels"),
    Action("theme_system", _noop("As the system"), "view", (), "", part="theme", on=_theme("system")),
    Action("theme_dark", _noop("Dark"), "view", (), "moon", part="theme", on=_theme("dark")),
    Action("theme_light", _noop("Light"), "view", (), "sun", part="theme", on=_theme("light")),
    Action("play", _noop("Play or pause"), "play", ("Space",), "play", with_song),
    Action("loop", _noop("Loop"), "play", ("L",), "repeat-2", with_song, part="loop", on=lambda s: s.looping,
           help=_noop("Plays from A to B again and again.")),
    Action("loop_in", _noop("Loop begins here"), "play", ("I",), "", with_song, part="loop"),
    Action("loop_out", _noop("Loop ends here"), "play", ("O",), "", with_song, part="loop"),
    Action("original", _noop("Hear the original"), "play", ("X",), "headphones", with_stems, part="listen",
           on=lambda s: s.original, help=_noop("The song as it was, at the same place.")),
    Action("start", _noop("To the start"), "play", ("Home",), "skip-back", with_song, part="steps"),
    Action("end", _noop("To the end"), "play", ("End",), "", with_song, part="steps"),
    Action("back", _noop("Back 1 second"), "play", ("Left",), "", with_song, part="steps"),
    Action("forward", _noop("Forward 1 second"), "play", ("Right",), "", with_song, part="steps"),
    Action("back_far", _noop("Back 5 seconds"), "play", ("Ctrl+Left",), "", with_song, part="steps"),
    Action("forward_far", _noop("Forward 5 seconds"), "play", ("Ctrl+Right",), "", with_song, part="steps"),
    Action("back_fine", _noop("Back 0.1 seconds"), "play", ("Shift+Left",), "", with_song, part="steps"),
    Action("forward_fine", _noop("Forward 0.1 seconds"), "play", ("Shift+Right",), "", with_song, part="steps"),
    Action("separate", _noop("Separate"), "stems", ("Ctrl+Return", "Ctrl+Enter"), "layers", at_rest,
           help=_noop("Takes the song apart with the method chosen in the inspector.")),
    Action("cancel", _noop("Cancel"), "stems", ("Esc",), "octagon-x", under_way,
           help=_noop("Stops opening or separating. The stems that were there come back.")),
    Action("mute", _noop("Mute the focused strip"), "stems", ("M",), "volume-x", on_strip, part="strip"),
    Action("solo", _noop("Solo the focused strip"), "stems", ("S",), "", on_strip, part="strip"),
    Action("reset_mix", _noop("Reset the mixer"), "stems", (), "rotate-ccw", with_stems, part="strip",
           help=_noop("Every fader and pan as at first: the song itself.")),
    *_ONE_OF_MANY,
    Action("karaoke", _noop("Karaoke"), "stems", (), "mic", preset_there("karaoke"), part="presets",
           help=_noop("The mix without the voice.")),
    Action("acapella", _noop("Acapella"), "stems", (), "", preset_there("acapella"), part="presets",
           help=_noop("The voice alone.")),
    Action("drums_only", _noop("Drums only"), "stems", (), "drum", preset_there("drums"), part="presets"),
    *_PRESETS_OF_ONE,
    Action("keep_a", _noop("Keep the mix as A"), "stems", why=with_stems, part="snapshots"),
    Action("keep_b", _noop("Keep the mix as B"), "stems", why=with_stems, part="snapshots"),
    Action("hear_a", _noop("Hear mix A"), "stems", why=with_mix("A"), part="snapshots", on=lambda s: s.heard == "A"),
    Action("hear_b", _noop("Hear mix B"), "stems", why=with_mix("B"), part="snapshots", on=lambda s: s.heard == "B"),
    Action("compare", _noop("From one mix to the other"), "stems", ("Shift+X",), "", with_both, part="snapshots",
           help=_noop("Mix A, or B if A is heard, at the same place in the song.")),
    Action("law_balance", _noop("Balance"), "stems", (), "", with_song, part="laws", on=_law("balance"),
           help=_noop("Panning turns the other side down.")),
    Action("law_power", _noop("Constant power"), "stems", (), "", with_song, part="laws", on=_law("constant-power"),
           help=_noop("A panned stem is as powerful as in the centre: 3 dB louder on its side.")),
    Action("law_compromise", _noop("−4.5 dB"), "stems", (), "", with_song, part="laws", on=_law("-4.5 dB"),
           help=_noop("Between constant power and linear: 4.5 dB louder on its side.")),
    Action("law_linear", _noop("Linear, exact in mono"), "stems", (), "", with_song, part="laws", on=_law("linear"),
           help=_noop("Both sides together stay the same, so mono hears no panning.")),
    Action("shortcuts", _noop("Keyboard shortcuts"), "help", ("?",), "keyboard"),
    Action("about", _noop("About Unbraid"), "help", (), "info"),
)  # fmt: skip

BY_ID: dict[str, Action] = {action.id: action for action in TABLE}


def key_text(key: str) -> str:
    """A key as it is shown: "Ctrl K", "⇧ 1"; Qt's own words, with a space for the plus."""
    combination = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)[0]  # type: ignore[index]
    names = {
        Qt.Key.Key_Return: "↵", Qt.Key.Key_Left: "←", Qt.Key.Key_Right: "→", Qt.Key.Key_Minus: "−",
        Qt.Key.Key_Plus: "+", Qt.Key.Key_Equal: "=",
    }  # fmt: skip
    bare = QKeySequence(combination.key())
    last = names.get(combination.key()) or bare.toString(QKeySequence.SequenceFormat.NativeText)
    held = combination.keyboardModifiers()
    parts = []
    for modifier, name in (
        (Qt.KeyboardModifier.ControlModifier, _tr("Ctrl")),
        (Qt.KeyboardModifier.AltModifier, _tr("Alt")),
        (Qt.KeyboardModifier.ShiftModifier, _tr("Shift")),
    ):
        if held & modifier:
            parts.append(name)
    return " ".join([*parts, last])


def group_title(group: str) -> str:
    """A menu's title without the mark of its letter."""
    return _tr(dict(GROUPS)[group]).replace("&", "")


def menu_title(group: str) -> str:
    """A menu's title, with & before its letter."""
    return _tr(dict(GROUPS)[group])


def part_title(part: str) -> str:
    """The title of a sub-menu; "" if the part stands in the menu itself."""
    return _tr(PARTS[part]) if part in PARTS else ""
