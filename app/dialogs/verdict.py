"""What an export will do to the sum, and, once the files were read back, what it did."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.dialogs.formats import depth_words
from app.widgets import paint
from app.widgets.label import Label
from app.widgets.numbers import SPACE, number


class Verdict(QWidget):
    """A card with an icon, a title and a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._token = "info", "text2"
        self.title = Label("", "title", wrap=True)
        self.text = Label("", "label", "text2", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 11, 14, 12)
        column.setSpacing(3)
        column.addWidget(self.title)
        column.addWidget(self.text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def _say(self, icon: str, token: str, title: str, text: str) -> None:
        self._icon, self._token = icon, token
        self.title.setText(title)
        self.text.setText(text)
        self.setAccessibleName(f"{title}. {text}")
        self.update()

    def show_promise(self, kind: str, whole: bool, count: int, subtype: str | None, exact: bool) -> None:
        """Before: what will be so."""
        check = self.tr("The written files are read back and measured at the end.")
        if kind == "stem":
            title = self.tr("The mix, and 4 stems that add up to it")
            how = self.tr("Exactly") if subtype else self.tr("But for what AAC leaves out")
            few = self.tr("More than 4: the quietest become “Other”.")
            self._say("info", "text2", title, f"{how}. {few} {check}")
        elif kind == "dawproject":
            text = self.tr("With faders, pans, mutes and colours as they are here; the stems themselves untouched.")
            self._say("info", "text2", self.tr("A project with the stems as tracks"), f"{text} {check}")
        elif kind == "mix":
            text = self.tr(
                "If the mix is too loud for the format, all of it is turned down, and you are told by how much."
            )
            self._say("info", "text2", self.tr("What you hear is what is written"), f"{text} {check}")
        elif not whole:
            text = self.tr("They are written as they are. Without the others they do not add up to the song.")
            self._say("info", "text2", self.tr("{0} stems of the song").format(count), text)
        elif exact:
            title = self.tr("The {0} files will sum to the song exactly").format(count)
            self._say("check", "ok", title, f"{check} {self.tr('No stem is limited or rescaled on its own.')}")
        elif subtype is not None:
            title = self.tr("The {0} files will sum to the song").format(count)
            text = self.tr("But for the rounding to {0}.").format(depth_words(subtype))
            self._say("check", "ok", title, f"{text} {check}")
        else:
            title = self.tr("The {0} files will sum nearly to the song").format(count)
            self._say("info", "text2", title, f"{self.tr('This format leaves out what is hardly heard.')} {check}")

    def show_measured(self, facts: dict[str, Any], kind: str, whole: bool, subtype: str | None) -> None:
        """After: what was measured on the files. facts: exact, residual_db, trim_db, paths."""
        level = f"{number(facts['residual_db'], 0)}{SPACE}dB"
        trim = facts["trim_db"]
        turned = ""
        if trim < -0.005:
            turned = self.tr("The mix was turned down by {0} dB, so that nothing clips.").format(number(-trim))
        count = len(facts["paths"])
        if kind == "dawproject":
            title = self.tr("The stems in the project sum to the song exactly")
            if not facts["exact"]:
                title = self.tr("The stems in the project sum to the song to {0}").format(level)
            text = self.tr("Read back, added up and measured.")
        elif kind == "stem":
            title = self.tr("The 4 stems sum to the mix exactly")
            if not facts["exact"]:
                title = self.tr("The 4 stems sum to the mix to {0}").format(level)
            text = self.tr("Read back, added up and measured.")
        elif facts["exact"] and kind == "stems" and whole:
            title = self.tr("The {0} files sum to the song exactly").format(count)
            text = self.tr("Read back and added up: no sample differs.")
        elif kind == "stems" and whole:
            title = self.tr("The {0} files sum to the song to {1}").format(count, level)
            text = self.tr("Read back, added up and measured.")
        elif facts["exact"]:
            title = self.tr("Written exactly")
            text = self.tr("Read back: no sample differs.")
        else:
            title = self.tr("Written, to {0}").format(level)
            text = self.tr("Read back and measured: what differs is the rounding to {0}.").format(
                depth_words(subtype)) if subtype else self.tr(
                "Read back and measured: what differs is what this format leaves out.")  # fmt: skip
        self._say("check", "ok", title, f"{text} {turned}".strip())

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), 9, theme.colour("raised"), theme.colour("line"))
            paint.icon(painter, self, self._icon, theme.colour(self._token), 14, 12)
