"""The actions of `app.actions` as Qt actions of a window: keys, menus, and what of them can be done now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app import actions, theme
from app.actions import State

if TYPE_CHECKING:
    from app.dialogs.palette import Entry
    from app.dialogs.shortcuts import Section


ONE_OF = ("theme", "laws")  # parts of which exactly one is ticked


class Commands(QObject):
    """changed(): names or what can be done are others now. `run` maps each id of the table to its function."""

    changed = Signal()

    def __init__(self, window: QWidget, run: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window)
        missing = {action.id for action in actions.TABLE} ^ set(run)
        assert not missing, f"actions without a function, or functions without an action: {sorted(missing)}"
        self.state, self._named = State(), False
        self.by_id: dict[str, QAction] = {}
        self._window = window
        self._parts: dict[str, QAction] = {}  # what opens the sub-menu of that part
        groups = {part: QActionGroup(self) for part in ONE_OF}
        for action in actions.TABLE:
            made = QAction(window)
            made.setShortcuts([QKeySequence.fromString(key) for key in action.keys])
            made.setAutoRepeat(action.part in ("steps",) or action.id in ("zoom_in", "zoom_out", "undo", "redo"))
            made.setCheckable(action.on is not None)
            if action.part in groups:
                groups[action.part].addAction(made)
            made.triggered.connect(lambda _on=False, act=run[action.id]: self._do(act))
            window.addAction(made)
            self.by_id[action.id] = made
        theme.signals.changed.connect(self._draw)
        self._draw()
        self.refresh(State())

    def refresh(self, state: State) -> None:
        """Enable and name everything for this state."""
        if state == self.state and self._named:
            return
        self.state, self._named = state, True
        for action in actions.TABLE:
            made = self.by_id[action.id]
            there = action.there is None or action.there(state)
            made.setText(action.words(state).replace("&", "&&"))
            made.setToolTip(action.hint(state))
            made.setVisible(there)
            made.setEnabled(there and not action.why(state))
            if action.on is not None:
                made.setChecked(action.on(state))
        for part, opener in self._parts.items():
            opener.setVisible(any(a.there is None or a.there(state) for a in actions.TABLE if a.part == part))
        self.changed.emit()

    def fill(self, bar: QMenuBar) -> list[QMenu]:
        """Put every action into the menus of a bar."""
        menus = []
        for group, _ in actions.GROUPS:
            menu = bar.addMenu(actions.group_title(group))
            menu.setAccessibleName(actions.group_title(group))
            place: QMenu = menu
            part = ""
            for action in (a for a in actions.TABLE if a.group == group):
                if action.part != part:
                    part = action.part
                    title = actions.part_title(part)
                    if title:
                        place = QMenu(title, menu)
                        self._parts[part] = menu.addMenu(place)
                    else:
                        place = menu
                        menu.addSeparator()
                place.addAction(self.by_id[action.id])
            menus.append(menu)
        self._named = False
        self.refresh(self.state)
        return menus

    def entries(self) -> list[Entry]:
        """What the palette lists."""
        from app.dialogs.palette import Entry

        titles = {group: actions.group_title(group) for group, _ in actions.GROUPS}
        return [
            Entry(
                action.id, _full_text(action, self.state), actions.key_text(action.keys[0]) if action.keys else "",
                action.icon, action.why(self.state), titles[action.group],
            )
            for action in actions.TABLE
            if action.id != "palette" and (action.there is None or action.there(self.state))
        ]  # fmt: skip

    def sections(self) -> list[Section]:
        """What the page of shortcuts lists; the number keys of the stems as one line each."""
        from app.dialogs.shortcuts import Section

        made = []
        for group, _ in actions.GROUPS:
            rows = [
                (_plain(action), tuple(actions.key_text(key) for key in action.keys))
                for action in actions.TABLE
                if action.group == group and action.keys and action.part not in ("mutes", "solos")
            ]
            if group == "stems":
                rows.append((self.tr("A stem on or off"), ("1–8",)))
                rows.append((self.tr("Solo a stem"), (self.tr("Shift 1–8"),)))
            made.append(Section(actions.group_title(group), tuple(rows)))
        return made

    def hint(self, name: str) -> str:
        """The tool tip of an action's button."""
        return actions.BY_ID[name].hint(self.state)

    def _do(self, act: Callable[[], object]) -> None:
        """Do it; a tick that Qt has set by itself is then as things are."""
        act()
        for action in actions.TABLE:
            if action.on is not None:
                self.by_id[action.id].setChecked(action.on(self.state))

    def _draw(self) -> None:
        for action in actions.TABLE:
            self.by_id[action.id].setIcon(theme.icon(action.icon) if action.icon else QIcon())


def _full_text(action: actions.Action, state: State) -> str:
    """Sub-menus lend their title to what would not be understood without it."""
    title = actions.part_title(action.part)
    text = action.words(state)
    return f"{title}: {text}" if action.part in ONE_OF else text


def _plain(action: actions.Action) -> str:
    """The text without the name it is about."""
    return action.words(State()).rstrip("…")
