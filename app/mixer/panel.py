"""The mixer: a strip for every stem, what they leave over, and the master, which never scrolls away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from app import theme
from app.mixer.channel import FOLDED, HEIGHT
from app.mixer.levels import SILENT, feed_of
from app.mixer.master import MasterView
from app.mixer.residual import WIDTH as RESIDUAL
from app.mixer.residual import ResidualView
from app.mixer.strip import WIDTH, StripView
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

WITHOUT_RESIDUAL, NARROW = 1180, 1120  # widths of the window under which the residual goes and strips narrow


class MixerPanel(QWidget):
    """Shows the document's mix and edits it. Without stems there is only the master."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._folded = session, False
        self._chosen: str | None = None
        self.strips: dict[str, StripView] = {}
        self.setAccessibleName(self.tr("Mixer"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QWidget()
        self._layout = QHBoxLayout(self._row)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.residual = ResidualView()
        self._layout.addWidget(self.residual)
        self._layout.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._row)
        self._row.setAutoFillBackground(False)
        self.master = MasterView(session)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self.master)
        session.document.changed.connect(self._changed)
        session.state_changed.connect(self._rebuild)
        session.stems_ready.connect(self._rebuild)
        feed = feed_of(session)
        feed.watch(self)
        feed.read.connect(self._read)
        theme.signals.changed.connect(self._resize)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focused)
        self._rebuild()
        self._resize()

    @property
    def folded(self) -> bool:
        return self._folded

    def set_folded(self, on: bool) -> None:
        """44 high with names, M and S only, or the whole of it."""
        self._folded = on
        for strip in self.strips.values():
            strip.set_folded(on)
        self.residual.set_folded(on)
        self.master.set_folded(on)
        self._resize()

    def focus_strip(self) -> str | None:
        """The stem whose strip has the focus, or had it last: M and S act on it."""
        self._focused(None, QApplication.focusWidget())  # whoever asks may hear of the focus before we do
        return self._chosen if self._chosen in self.strips else None

    def toggle_mute_focused(self) -> None:
        """Mute the strip with the focus, or let it sound again."""
        stem, document = self.focus_strip(), self._session.document
        if stem is not None:
            document.apply(edits.set_mute, stem, not document.project.mix.strip(stem).mute)

    def toggle_solo_focused(self) -> None:
        """Solo the strip with the focus, or no longer."""
        stem, document = self.focus_strip(), self._session.document
        if stem is not None:
            document.apply(edits.set_solo, stem, not document.project.mix.strip(stem).solo)

    def _focused(self, _old: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now):
            found = (name for name, strip in self.strips.items() if strip.isAncestorOf(now))
            self._chosen = next(found, None)
            for name, strip in self.strips.items():
                strip.set_chosen(name == self._chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        """As room shrinks the residual goes, then the strips narrow, then they scroll."""
        count, room = len(self.strips), self.width() - self.master.sizeHint().width()
        window = self.window().width() / theme.text_size()
        full, residual = theme.scaled(WIDTH) * count, theme.scaled(RESIDUAL)
        there = bool(self.strips) and "residual" not in self.strips
        self.residual.setVisible(there and window >= WITHOUT_RESIDUAL and full + residual <= room)
        for strip in self.strips.values():
            strip.set_narrow(window < NARROW or full > room)

    def sizeHint(self) -> QSize:
        return QSize(900, theme.scaled(FOLDED if self._folded else HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(400), self.sizeHint().height())

    def _resize(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.updateGeometry()
        self._fit()

    def _names(self) -> tuple[str, ...]:
        separation = self._session.document.project.separation
        if self._session.state == "separating":
            return tuple(self._session.stem_arrays()) or (separation.stems if separation else ())
        return separation.stems if separation else ()

    def _changed(self, before: Project | None, after: Project) -> None:
        if before is None or before.separation is not after.separation:
            self._rebuild()
        elif before.mix is not after.mix:
            self._show_mix()

    def _rebuild(self, _state: object = None) -> None:
        names = self._names()
        if names != tuple(self.strips):
            for strip in self.strips.values():
                self._layout.removeWidget(strip)
                strip.hide()
                strip.deleteLater()
            self.strips = {}
            for index, name in enumerate(names):
                strip = StripView(self._session, name, index + 1)
                strip.set_folded(self._folded)
                self._layout.insertWidget(index, strip)
                self.strips[name] = strip
        separation = self._session.document.project.separation
        separating = self._session.state == "separating"
        residual = separation.residual_db if separation and not separating else None
        self.residual.show_residual(residual)
        self.master.show_stems(separation is not None)
        mono = self._session.document.project.source
        for strip in self.strips.values():
            strip.set_mono(mono is not None and mono.channels == 1)
        self._fit()
        self._show_mix()

    def _show_mix(self) -> None:
        mix = self._session.document.project.mix
        for name, strip in self.strips.items():
            strip.show_strip(mix.strip(name))
        self.master.show_gain(mix.master_db)

    def _read(self, levels: dict[str, tuple[float, float]], seconds: float) -> None:
        if not self.isVisible():
            return
        for name, strip in self.strips.items():
            strip.meter.feed(levels.get(name, SILENT), seconds)
        self.master.meter.feed(levels.get("master", SILENT), seconds)
        self.master.show_loudness(levels)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("panel"))
        painter.end()
