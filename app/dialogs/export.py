"""The export dialog: what, in which format, under which names; then how far it is, and at last what was measured."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app import settings
from app.dialogs import names
from app.dialogs.choices import ChoiceCard, FormatRow
from app.dialogs.extras import Extras
from app.dialogs.filelist import FileList, Planned
from app.dialogs.footer import Footer
from app.dialogs.formats import BITS, KINDS, FileKind, depth_words, keeps
from app.dialogs.page import Page
from app.dialogs.sheet import Sheet
from app.dialogs.verdict import Verdict
from app.dialogs.writing import Writing
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.numbers import SPACE, clock
from app.widgets.segmented import Segmented
from app.widgets.stemchip import StemChip

if TYPE_CHECKING:
    from app.session import Session

WIDTH = 900


class ExportSheet(Sheet):
    """Made anew for every export. `writing` is the export under way."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window, self.tr("Export"), width=WIDTH)
        self._session = session
        project = session.document.project
        assert project.source is not None
        self._source, self._last = project.source, project.separation
        self._kind: FileKind = KINDS[0]
        self.writing: Writing | None = None
        self.written: dict[str, Any] = {}
        self._templates = {"mix": names.MIX, "stems": names.STEMS}
        self._make_what()
        self._make_format()
        self._make_names()
        self.footer = Footer()
        self.footer.go.connect(self.start)
        self.footer.replace.connect(lambda: self.start(replace=True))
        self.footer.stop.connect(self.leave)
        self.footer.show_folder.connect(self._show_folder)
        self._lay_out()
        self._choose_what("mix")

    def _make_what(self) -> None:
        self.what = QWidget()
        row = QHBoxLayout(self.what)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.mix = ChoiceCard(self.tr("The mix as you hear it"), self.tr("With faders, pan, mute and solo"))
        self.all = ChoiceCard(self.tr("Stems"), self.tr("Separate the song first"))
        self.mix.setChecked(True)
        self.all.setEnabled(self._last is not None)
        for card, what in ((self.mix, "mix"), (self.all, "stems")):
            card.toggled.connect(lambda on, w=what: self._choose_what(w) if on else None)
            row.addWidget(card, 1)
        self.chips = [StemChip(stem, box=True) for stem in (self._last.stems if self._last else ())]
        self._chip_row = QWidget()
        chips = QHBoxLayout(self._chip_row)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(6)
        for chip in self.chips:
            chip.toggled.connect(self._refresh)
            chips.addWidget(chip)
        chips.addStretch(1)
        self._chip_row.setVisible(False)

    def _make_format(self) -> None:
        self.formats = QWidget()
        column = QVBoxLayout(self.formats)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows = {kind.id: FormatRow(kind) for kind in KINDS}
        wanted = settings.value("export_format", "wav")
        self._kind = next((kind for kind in KINDS if kind.id == wanted), KINDS[0])
        self.rows[self._kind.id].setChecked(True)
        for row in self.rows.values():
            row.toggled.connect(lambda on, k=row.kind: self._choose_format(k) if on else None)
            column.addWidget(row)
        self._depth_row = QHBoxLayout()
        self._depth_row.setSpacing(10)
        self._depth_row.addWidget(Label(self.tr("Bit depth"), "body", "text2"))
        self.bits: Segmented | None = None
        self._no_depth = Label(self.tr("chosen by the format"), "body", "text3")
        self._depth_row.addWidget(self._no_depth)
        self._depth_row.addStretch(1)

    def _make_names(self) -> None:
        self.template = QLineEdit()
        self.template.setAccessibleName(self.tr("File names"))
        self.template.setMinimumHeight(34)
        self.template.textChanged.connect(self._refresh)
        self.tokens = {token: Button(token, "plain", height=24) for token in names.TOKENS}
        for token, button in self.tokens.items():
            button.setToolTip(self.tr("Adds {0} to the name").format(f"{{{token}}}"))
            button.clicked.connect(lambda _on=False, t=token: self.template.insert(f"{{{t}}}"))
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation) or str(Path.home())
        self.folder = QLineEdit(str(settings.value("export_folder", "") or Path(music) / "Unbraid"))
        self.folder.setAccessibleName(self.tr("Folder"))
        self.folder.textChanged.connect(self._refresh)
        self.change = Button(self.tr("Change…"), "ghost")
        self.change.clicked.connect(self._change_folder)
        self.extras = Extras(self._session.document.project)
        self.extras.changed.connect(self._refresh)
        self.files = FileList()
        self.verdict = Verdict()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(24, 18, 14, 14)
        head.setSpacing(10)
        head.addWidget(Label(self.tr("Export"), "dialog_title"))
        rate = f"{self._source.sample_rate / 1000:g}{SPACE}kHz"
        about = f"{self._source.title or self._source.name} · {clock(self._source.duration, 0)} · {rate}"
        head.addWidget(Label(about, "body", "text2", elide=True), 1)
        self.cross = Button("", "ghost", icon="x")
        self.cross.setAccessibleName(self.tr("Close"))
        self.cross.clicked.connect(self.leave)
        head.addWidget(self.cross)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(Label(self.tr("Format"), "title"))
        left.addWidget(self.formats)
        left.addSpacing(4)
        left.addLayout(self._depth_row)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(Label(self.tr("File names"), "title"))
        right.addWidget(self.template)
        adders = QHBoxLayout()
        adders.setSpacing(5)
        adders.addWidget(Label(self.tr("Add"), "label", "text2"))
        for button in self.tokens.values():
            adders.addWidget(button)
        adders.addStretch(1)
        right.addLayout(adders)
        right.addSpacing(4)
        where = QHBoxLayout()
        where.setSpacing(6)
        where.addWidget(Label(self.tr("Into"), "body", "text2"))
        where.addWidget(self.folder, 1)
        where.addWidget(self.change)
        right.addLayout(where)
        right.addWidget(self.extras)
        right.addWidget(self.files)
        right.addSpacing(2)
        right.addWidget(self.verdict)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(24)
        columns.addLayout(left, 6)
        columns.addLayout(right, 5)
        self.page = Page()
        page = self.page.column
        page.setContentsMargins(24, 0, 24, 18)
        page.setSpacing(10)
        page.addWidget(self.what)
        page.addWidget(self._chip_row)
        page.addSpacing(6)
        page.addLayout(columns)
        self.body.addLayout(head)
        self.body.addWidget(self.page, 1)
        self.body.addWidget(self.footer)

    def open(self) -> None:
        """Show it."""
        self.open_over(self.footer.export)

    @property
    def kind(self) -> str:
        """mix or stems."""
        return "stems" if self.all.isChecked() else "mix"

    @property
    def _sum_kind(self) -> str:
        """What adds up to what: mix, stems, or stem or dawproject (one file that holds the stems)."""
        return self._kind.id if self._kind.of_stems else self.kind

    @property
    def chosen(self) -> list[str]:
        """The stems that are to be written."""
        return [chip.stem for chip in self.chips if chip.isChecked()]

    @property
    def subtype(self) -> str | None:
        """As the engine calls the bit depth; None where the format decides."""
        chosen = self._kind.depths[self.bits.index] if self.bits is not None and self._kind.lossless else None
        return None if chosen == "AAC" else chosen

    def planned(self) -> list[Planned]:
        """The files that will be written."""
        folder = Path(self.folder.text().strip()).expanduser()
        stems = self.chosen if self.kind == "stems" else ["master"]
        made = []
        for position, stem in enumerate(stems, 1):
            name = names.file_name(self.template.text(), self._values(stem, position))
            made.append(Planned(stem, folder / f"{name}{self._kind.ending}"))
        return made

    def _all_files(self) -> list[Planned]:
        """With the recipe."""
        files = self.planned()
        if not files:
            return []
        of_all = {**self._values("", 0), "number": ""}
        name = files[0].path.name if self.kind == "mix" else names.file_name(self.template.text(), of_all)
        return files + self.extras.planned(files[0].path.parent, name)

    def _values(self, stem: str, position: int) -> Mapping[str, str]:
        return {
            "artist": self._source.artist, "title": self._source.title or self._source.name,
            "stem": self.tr("mix") if stem == "master" else stem, "method": self._last.method if self._last else "",
            "date": datetime.date.today().isoformat(), "number": f"{position:02d}",
        }  # fmt: skip

    def why_not(self) -> str:
        """ "" if everything is there to begin, else what is missing."""
        if self.kind == "stems" and not self.chosen:
            return self.tr("Choose at least one stem.")
        folder = self.folder.text().strip()
        if not folder or not Path(folder).expanduser().is_absolute():
            return self.tr("Choose a folder.")
        files = self._all_files()
        if any(file.path.name == self._kind.ending for file in files):
            return self.tr("The files need a name.")
        if len({str(file.path).casefold() for file in files}) < len(files):
            return self.tr("Two files would have the same name: add {stem} to it.")
        return ""

    def start(self, *_: object, replace: bool = False) -> None:
        """Write; files that are there are replaced only after a second yes."""
        files = self._all_files()
        taken = sum(file.there for file in files)
        if self.why_not():
            return
        if taken and not replace:
            self.footer.ask_replace(taken)
            return
        settings.put("export_folder", str(files[0].path.parent))
        settings.put("export_format", self._kind.id)
        self.extras.remember()
        some = self.chosen if self.kind == "stems" and len(self.chosen) < len(self.chips) else None
        writing = self.writing = Writing(self._session, files, self)
        writing.progress.connect(self.footer.show_progress)
        writing.done.connect(self._done)
        writing.failed.connect(self._failed)
        writing.cancelled.connect(self._cancelled)
        self._lock(True)
        self.footer.begin()
        self.footer.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
        writing.start(kind=self.kind, format=self._kind.id, subtype=self.subtype, stems=some, span=self.extras.span)

    def leave(self) -> None:
        """Cancel what is written; else close."""
        if self.writing is not None:
            self.writing.cancel()
        elif self.footer.asking:
            self._refresh()
        else:
            self.reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.writing is None and not self.footer.asking:
            self.accept() if self.written else self.start()
            event.accept()
            return
        super().keyPressEvent(event)

    def _done(self, facts: dict[str, Any]) -> None:
        self.writing, self.written = None, facts
        self.files.show_files(self._all_files(), written=True)
        size = sum(Path(path).stat().st_size for path in facts["paths"].values())
        self.footer.show_done(len(facts["paths"]), size)
        self.verdict.show_measured(facts, self._sum_kind, len(self.chosen) == len(self.chips), self.subtype)
        self.footer.done.setFocus(Qt.FocusReason.TabFocusReason)

    def _failed(self, text: str) -> None:
        self.writing = None
        self._lock(False)
        self._refresh()
        self.footer.show_failed(text)

    def _cancelled(self) -> None:
        self.writing = None
        self._lock(False)
        self._refresh()
        self.footer.say(self.tr("Cancelled. Nothing was written."))

    def _lock(self, on: bool) -> None:
        """While it writes, nothing can be changed."""
        for part in (
            self.what, self._chip_row, self.formats, self.template, self.folder, self.change, self.extras,
            *self.tokens.values(),
        ):  # fmt: skip
            part.setEnabled(not on)
        if self.bits is not None:
            self.bits.setEnabled(not on)
        if not on:
            self.all.setEnabled(self._last is not None)

    def _choose_what(self, what: str) -> None:
        self._chip_row.setVisible(what == "stems")
        for row in self.rows.values():
            row.setEnabled(not row.kind.of_stems or (what == "mix" and self._last is not None))
        if not self.rows[self._kind.id].isEnabled():
            self.rows[KINDS[0].id].setChecked(True)
        other = "mix" if what == "stems" else "stems"
        if self.template.text() in ("", self._templates[other]):
            self.template.setText(self._templates[what])
        self._choose_format(self._kind)

    def _choose_format(self, kind: FileKind) -> None:
        before = self.subtype
        self._kind = kind
        if self.bits is not None:
            self._depth_row.removeWidget(self.bits)
            self.bits.hide()
            self.bits.deleteLater()
            self.bits = None
        self._no_depth.setVisible(not kind.lossless)
        if kind.lossless:
            self.bits = Segmented([depth_words(depth) for depth in kind.depths], name=self.tr("Bit depth"))
            usual = "AAC" if "AAC" in kind.depths else before if before in kind.depths else "PCM_24"
            self.bits.set_index(kind.depths.index(usual))
            self.bits.chosen.connect(lambda _index: self._refresh())
            self._depth_row.insertWidget(1, self.bits)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        self.written = {}
        whole = len(self.chosen) == len(self.chips)
        self.all.set_meaning(
            self.tr("Separate the song first")
            if not self.chips
            else self.tr("{0} files that add up to the song").format(len(self.chips))
            if whole
            else self.tr("{0} of {1}").format(len(self.chosen), len(self.chips))
        )
        for kind_id, row in self.rows.items():
            kind = next(kind for kind in KINDS if kind.id == kind_id)
            row.set_sum(*self._promise(kind, whole))
        self.files.show_files(self._all_files())
        exact = self.subtype is not None and keeps(self.subtype, self._source.subtype)
        self.verdict.show_promise(self._sum_kind, whole, len(self.chosen), self.subtype, exact)
        size = None
        if self._kind.id == "wav" and self.subtype:
            count = len(self.chosen) if self.kind == "stems" else 1
            start, stop = self.extras.span or (0, self._source.frames)
            size = count * (stop - start) * self._source.channels * BITS[self.subtype] // 8
        self.footer.ready(self.why_not(), size)

    def _promise(self, kind: FileKind, whole: bool) -> tuple[str, bool]:
        """What a format does to the sum of the stems, before it is measured."""
        if kind.of_stems:
            ready = self.kind == "mix" and self._last is not None
            return (self.tr("with its stems") if ready else self.tr("one file only") if self._last else
                    self.tr("separate first")), False  # fmt: skip
        if self.kind == "mix":
            return (self.tr("keeps everything"), False) if kind.lossless else (self.tr("close to it"), False)
        if not whole:
            return self.tr("not all stems"), False
        if not kind.lossless:
            return self.tr("nearly the song"), False
        depth = self.subtype if kind is self._kind and self.subtype else "PCM_24"
        if keeps(depth, self._source.subtype):
            return self.tr("exactly the song"), True
        return self.tr("the song, rounded"), False

    def _change_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.tr("Export into"), self.folder.text())
        if found:
            self.folder.setText(found)

    def _show_folder(self) -> None:
        first = next(iter(self.written.get("paths", {}).values()), None)
        if first:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(first).parent)))
