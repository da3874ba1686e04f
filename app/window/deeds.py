"""What each action of the window does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app import settings, theme
from app.actions import STEM_KEYS
from separation.project import edits

if TYPE_CHECKING:
    from app.dialogs.export import ExportSheet
    from app.dialogs.palette import Palette
    from app.dialogs.sheet import Sheet
    from app.window.studio import Studio
    from app.window.window import Window


class Deeds(QObject):
    """`studio` is None until a song was opened; `sheet` is the dialog that is open."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.studio: Studio | None = None
        self.sheet: Sheet | None = None

    def make_studio(self) -> Studio:
        """The panels, which nobody needs before the first song."""
        from app.window.studio import Studio

        studio = self.studio = Studio(self._session)
        studio.transport.original_changed.connect(lambda _on: self._window.refresh())
        studio.song.pointed.connect(studio.inspector.show_pointer)
        return studio

    def by_id(self) -> dict[str, Callable[[], object]]:
        """The function of every action of the table."""
        window, session, files = self._window, self._session, self._window.files
        document = session.document
        made: dict[str, Callable[[], object]] = {
            "open": files.ask_open, "demo": files.open_demo, "save": files.save, "save_as": files.save_as,
            "export": self.show_export, "close": lambda: files.leave(session.close_song), "quit": window.close,
            "undo": document.undo, "redo": document.redo, "palette": self.show_palette,
            "zoom_in": lambda: self._song("zoom", 0.5), "zoom_out": lambda: self._song("zoom", 2.0),
            "fit": lambda: self._song("fit"),
            "fold_mixer": lambda: self._fold("toggle_mixer"), "fold_inspector": lambda: self._fold("toggle_inspector"),
            "next_region": lambda: self._region(1), "previous_region": lambda: self._region(-1),
            "theme_system": lambda: self._theme("system"), "theme_dark": lambda: self._theme("dark"),
            "theme_light": lambda: self._theme("light"),
            "play": self._toggle_play,
            "loop": self._toggle_loop, "loop_in": lambda: self._loop_edge(0), "loop_out": lambda: self._loop_edge(1),
            "original": self._toggle_original,
            "start": lambda: self._seek(0.0), "end": lambda: self._seek(self._total()),
            "back": lambda: self._step(-1.0), "forward": lambda: self._step(1.0),
            "back_far": lambda: self._step(-5.0), "forward_far": lambda: self._step(5.0),
            "back_fine": lambda: self._step(-0.1), "forward_fine": lambda: self._step(0.1),
            "separate": session.separate, "cancel": session.cancel,
            "mute": lambda: self._toggle(edits.set_mute, window.state().strip, "mute"),
            "solo": lambda: self._toggle(edits.set_solo, window.state().strip, "solo"),
            "reset_mix": lambda: document.apply(edits.reset_mix),
            "karaoke": lambda: document.apply(edits.use_preset, "karaoke"),
            "acapella": lambda: document.apply(edits.use_preset, "acapella"),
            "drums_only": lambda: document.apply(edits.use_preset, "drums"),
            "keep_a": lambda: document.apply(edits.keep_mix, "A"),
            "keep_b": lambda: document.apply(edits.keep_mix, "B"),
            "hear_a": lambda: document.apply(edits.hear_mix, "A", merge="compare"),
            "hear_b": lambda: document.apply(edits.hear_mix, "B", merge="compare"),
            "compare": self._compare,
            "law_balance": lambda: document.apply(edits.set_pan_law, "balance"),
            "law_power": lambda: document.apply(edits.set_pan_law, "constant-power"),
            "law_compromise": lambda: document.apply(edits.set_pan_law, "-4.5 dB"),
            "law_linear": lambda: document.apply(edits.set_pan_law, "linear"),
            "shortcuts": self.show_shortcuts, "about": self.show_about,
        }  # fmt: skip
        for n in range(STEM_KEYS):
            made[f"mute_{n + 1}"] = lambda n=n: self._toggle(edits.set_mute, self._stem(n), "mute")  # type: ignore[misc]
            made[f"solo_{n + 1}"] = lambda n=n: self._toggle(edits.set_solo, self._stem(n), "solo")  # type: ignore[misc]
            made[f"practice_{n + 1}"] = lambda n=n: self._preset("practice", n)  # type: ignore[misc]
            made[f"guide_{n + 1}"] = lambda n=n: self._preset("minus-one", n)  # type: ignore[misc]
        return made

    def show_palette(self) -> Palette:
        """Everything that can be done, to be found by name."""
        from app.dialogs.palette import Palette

        self._window.refresh()
        palette = Palette(self._window, self._window.commands.entries(), self._run)
        self._opened(palette)
        palette.open()
        return palette

    def show_shortcuts(self) -> None:
        """All keys."""
        from app.dialogs.shortcuts import ShortcutPage

        page = ShortcutPage(self._window, self._window.commands.sections())
        self._opened(page)
        page.open()

    def show_export(self) -> ExportSheet | None:
        """The export dialog, for the song that is open."""
        from app.dialogs.export import ExportSheet

        if self._session.document.project.source is None:
            return None
        sheet = ExportSheet(self._window, self._session)
        self._opened(sheet)
        sheet.open()
        return sheet

    def show_about(self) -> None:
        """Which version this is, and whose work is in it."""
        import separation
        from app.dialogs.question import Question

        text = self.tr(
            "Takes a finished song apart into its sources and lets you put it back together differently. "
            "Free software under the MIT licence. Type: Inter (OFL). Icons: Lucide (ISC). "
            "Demo song: “Lithium” by Software-Entwicklungskit (CC0)."
        )
        question = Question(self._window, f"Unbraid {separation.__version__}", text, [])
        self._opened(question)
        question.ask()

    def show_notice(self, kind: str, text: str) -> None:
        """What the session has to say; an export tells its failures itself."""
        from app.dialogs.export import ExportSheet

        if not (isinstance(self.sheet, ExportSheet) and kind == "error"):
            self._window.notice.show_notice(kind, text)

    def show_practice(self) -> None:
        """How to sing or play along, in one line."""
        text = self.tr("Press Separate. Then 1 to 8 turn stems off and on, L loops from where you are, I and O set it.")
        self._window.notice.show_notice("info", text)

    def explain_sum(self) -> None:
        """Why the sum is not exact, and the cure."""
        text = self.tr("The stems of the last separation do not add up to the song. Separate again to mend that.")
        again: list[tuple[str, Callable[[], object]]] = [(self.tr("Separate again"), self._session.separate)]
        self._window.notice.show_notice("warn", text, again)

    def sound_failed(self, text: str) -> None:
        """Nothing is heard; everything else works."""
        player = self._session.player
        again: list[tuple[str, Callable[[], object]]] = []
        if player is not None:
            again = [(self.tr("Try again"), player.play)]
        self._window.notice.show_notice("warn", text, again)

    def _opened(self, sheet: Sheet) -> None:
        self.sheet = sheet
        sheet.finished.connect(self._closed)

    def _closed(self) -> None:
        if self.sheet is not None:
            self.sheet = None
            self._window.refresh()

    def _run(self, name: str) -> None:
        self._window.refresh()
        self._window.commands.by_id[name].trigger()

    def _song(self, method: str, *arguments: float) -> None:
        if self.studio is not None:
            getattr(self.studio.song, method)(*arguments)

    def _fold(self, method: str) -> None:
        if self.studio is not None:
            getattr(self.studio, method)()
            self._window.refresh()

    def _region(self, step: int) -> None:
        from app.window.studio import next_region

        window = self._window
        inside = [window.welcome] if self.studio is None or not self.studio.isVisible() else self.studio.regions()
        next_region([window.title, *inside], step)

    def _theme(self, mode: theme.Mode) -> None:
        theme.set_mode(mode)
        settings.put("theme", mode)
        self._window.refresh()

    def _toggle_play(self) -> None:
        if self.studio is not None:
            self.studio.transport.toggle_play()

    def _toggle_loop(self) -> None:
        if self.studio is not None:
            self.studio.transport.toggle_loop()

    def _toggle_original(self) -> None:
        if self.studio is not None:
            self.studio.transport.toggle_original()

    def _loop_edge(self, edge: int) -> None:
        """Loop from here to where it ended, or to the end; or from where it began, or the start, to here."""
        player, total = self._session.player, self._total()
        if player is None:
            return
        here, loop = player.position, self._session.document.project.loop or (0.0, total)
        start, end = (here, loop[1] if loop[1] > here else total) if edge == 0 else (loop[0], here)
        if edge == 1 and start >= end:
            start = 0.0
        if end > start:
            self._session.document.apply(edits.set_loop, start, end)

    def _total(self) -> float:
        source = self._session.document.project.source
        return source.duration if source else 0.0

    def _seek(self, seconds: float) -> None:
        if self.studio is not None:
            self.studio.transport.seek(seconds)

    def _step(self, seconds: float) -> None:
        player = self._session.player
        if player is not None:
            self._seek(min(self._total(), max(0.0, player.position + seconds)))

    def _stem(self, index: int) -> str:
        last = self._session.document.project.separation
        return last.stems[index] if last is not None and index < len(last.stems) else ""

    def _compare(self) -> None:
        """The other of the two mixes that are kept; A if neither is heard."""
        document = self._session.document
        letter = "B" if document.project.heard == "A" else "A"
        document.apply(edits.hear_mix, letter, merge="compare")

    def _preset(self, name: str, index: int) -> None:
        if self._stem(index):
            self._session.document.apply(edits.use_preset, name, self._stem(index))

    def _toggle(self, edit: edits.Edit, stem: str, which: str) -> None:
        document = self._session.document
        if stem:
            document.apply(edit, stem, not getattr(document.project.mix.strip(stem), which))
