"""The transport: start, play, where we are, loop, remix or original, and how loud the whole is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.mixer.levels import SILENT, feed_of
from app.widgets import paint
from app.widgets.button import Button
from app.widgets.focus import Ringed
from app.widgets.label import Label
from app.widgets.meter import Meter
from app.widgets.numbers import SPACE, clock, level
from app.widgets.segmented import Segmented
from separation.project import edits

if TYPE_CHECKING:
    from app.session import Session
    from separation.project.project import Project

HEIGHT = 60
DEFAULT_LOOP = 4.0  # seconds, where no loop was set before


class PlayButton(Ringed, QPushButton):
    """The violet round, 40 across."""

    ring_radius = 20

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(QSize(40, 40))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_playing(False)

    def sizeHint(self) -> QSize:
        return QSize(40, 40)

    def show_playing(self, playing: bool) -> None:
        self._playing = playing
        words = self.tr("Pause") if playing else self.tr("Play")
        self.setAccessibleName(words)
        self.setToolTip(self.tr("{0} (Space)").format(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        token = "button_pressed" if self.isDown() else "button_hover" if self.underMouse() else "button"
        with paint.painter(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(token))
            painter.drawEllipse(QPointF(20, 20), 20, 20)
            name, x = ("pause", 11) if self._playing else ("play", 12)
            paint.icon(painter, self, name, theme.colour("white"), x, 11, 18)


class Clock(QWidget):
    """Position in large figures, and the whole behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._position, self._total = 0.0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.show_times(0.0, 0.0)

    def show_times(self, position: float, total: float) -> None:
        longer = len(clock(total)) != len(clock(self._total))
        self._position, self._total = position, total
        words = self.tr("Position {0} of {1}").format(clock(position), clock(total, 0))
        self.setAccessibleName(words)
        if longer:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        return clock(self._position)

    def _behind(self) -> str:
        return f"/{SPACE}{clock(self._total, 0)}"

    def sizeHint(self) -> QSize:
        figures = QFontMetricsF(theme.font("position")).horizontalAdvance(clock(max(self._total, self._position)))
        behind = QFontMetricsF(theme.font("body")).horizontalAdvance(self._behind())
        return QSize(round(figures + 5 + behind) + 4, theme.scaled(30))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            figures = QFontMetricsF(theme.font("position"))
            base = self.height() / 2 + figures.capHeight() / 2
            painter.setFont(theme.font("position"))
            painter.setPen(theme.colour("text"))
            painter.drawText(QPointF(0, base), self.text)
            x = figures.horizontalAdvance(self.text) + 5
            painter.setFont(theme.font("body"))
            painter.setPen(theme.colour("text2"))
            painter.drawText(QPointF(x, base), self._behind())


class Loudness(QWidget):
    """Integrated LUFS, and what it is now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._integrated = self._now = level(float("-inf"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setToolTip(self.tr("Loudness of what was played, integrated, and of the last 0.4 s (BS.1770)"))

    def show_levels(self, levels: Mapping[str, float]) -> None:
        integrated = level(float(levels.get("integrated", float("-inf"))))
        now = level(float(levels.get("momentary", float("-inf"))))
        if (integrated, now) != (self._integrated, self._now):
            self._integrated, self._now = integrated, now
            self.setAccessibleName(self.tr("Loudness {0} LUFS, now {1}").format(integrated, now))
            self.update()

    def sizeHint(self) -> QSize:
        figures = QFontMetricsF(theme.font("body_bold")).horizontalAdvance("−00.0")
        unit = QFontMetricsF(theme.font("label")).horizontalAdvance("LUFS")
        return QSize(round(figures + unit) + 8, theme.scaled(36))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            middle = self.height() / 2
            line = float(theme.scaled(18))
            unit = QFontMetricsF(theme.font("label")).horizontalAdvance("LUFS") + 4
            top = QRectF(0, middle - line, self.width(), line)
            paint.text(painter, top, "LUFS", "label", theme.colour("text3"), paint.RIGHT)
            figures = top.adjusted(0, 0, -unit, 0)
            paint.text(painter, figures, self._integrated, "title", theme.colour("text"), paint.RIGHT)
            below = QRectF(0, middle + 1, self.width(), line)
            words = self.tr("now {0}").format(self._now)
            paint.text(painter, below, words, "label", theme.colour("text2"), paint.RIGHT)


class Transport(QWidget):
    """60 high. original_changed(on): Remix or Original was chosen."""

    original_changed = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._last_loop: tuple[float, float] | None = None
        self.setAccessibleName(self.tr("Transport"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.start = Button("", "ghost", icon="skip-back")
        self.start.setAccessibleName(self.tr("To the start"))
        self.start.setToolTip(self.tr("To the start (Home)"))
        self.play = PlayButton()
        self.clock = Clock()
        self.loop = Button("", "plain", icon="repeat-2")
        self.loop.setCheckable(True)
        self.loop.setToolTip(self.tr("Loop A–B (L): plays from A to B again and again."))
        self._loop_caption = Label(self.tr("Loop A–B"), "label", "text2")
        self.loop_range = Label("", "body_medium")
        self.version = Segmented([self.tr("Remix"), self.tr("Original")], name=self.tr("Listen to"))
        self.version.setToolTip(self.tr("Hear your mix, or the song as it was, at the same place (X)."))
        self.meter = Meter(self.tr("Master"), "master", lying=True)
        self._meter_caption = Label(self.tr("Master"), "label", "text2")
        self.peak = Label("", "label", "text2")
        self.loudness = Loudness()
        self._rules: list[QWidget] = []
        self._lay_out()
        self.start.clicked.connect(self.to_start)
        self.play.clicked.connect(self.toggle_play)
        self.loop.clicked.connect(self.toggle_loop)
        self.version.chosen.connect(self._choose_version)
        self.meter.changed.connect(self._show_peak)
        self._show_peak(self.meter.peak_text)
        session.document.changed.connect(self._changed)
        session.state_changed.connect(self._show_state)
        feed = feed_of(session)
        feed.watch(self)
        feed.moved.connect(self._show_position)
        feed.playing_changed.connect(self.play.show_playing)
        feed.read.connect(self._read)
        theme.signals.changed.connect(self._resize)
        self._changed(None, session.document.project)
        self._show_state(session.state)
        self._resize()

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 14, 0)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)  # it fits itself into what there is
        row.setSpacing(0)
        row.addWidget(self.start)
        row.addSpacing(8)
        row.addWidget(self.play)
        row.addSpacing(18)
        row.addWidget(self.clock)
        row.addSpacing(24)
        self._rule(row)
        row.addWidget(self.loop)
        row.addSpacing(8)
        row.addLayout(_pair(self._loop_caption, self.loop_range))
        row.addSpacing(15)
        self._rule(row)
        row.addStretch(1)
        row.addWidget(self.version)
        row.addSpacing(18)
        captions = QHBoxLayout()
        captions.addWidget(self._meter_caption)
        captions.addStretch(1)
        captions.addWidget(self.peak)
        block = QVBoxLayout()
        block.setSpacing(4)
        block.addStretch(1)
        block.addLayout(captions)
        block.addWidget(self.meter)
        block.addStretch(1)
        row.addLayout(block)
        row.addSpacing(24)
        row.addWidget(self.loudness)

    def _rule(self, row: QHBoxLayout) -> None:
        """A place for a divider, painted by the transport."""
        rule = QWidget()
        rule.setFixedWidth(1)
        rule.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._rules.append(rule)
        row.addWidget(rule)
        row.addSpacing(15)

    def to_start(self) -> None:
        self.seek(0.0)

    def seek(self, seconds: float) -> None:
        if self._session.player is not None:
            self._session.player.seek(seconds)
            feed_of(self._session).look()

    def toggle_play(self) -> None:
        player = self._session.player
        if player is not None:
            player.toggle()
            feed_of(self._session).look()

    def toggle_loop(self) -> None:
        """Off, or on again where it was; else four seconds from here."""
        document = self._session.document
        if document.project.loop is not None:
            document.apply(edits.set_loop, None, None)
            return
        total = self._total()
        begin = min(feed_of(self._session).position, max(0.0, total - DEFAULT_LOOP))
        start, end = self._last_loop or (begin, min(total, begin + DEFAULT_LOOP))
        if end > start:
            document.apply(edits.set_loop, start, end)
        else:
            self.loop.setChecked(False)

    def toggle_original(self) -> None:
        """Remix or Original, the other one."""
        if self.version.isVisible():
            self.version.set_index(1 - self.version.index)
            self._choose_version(self.version.index)

    def _choose_version(self, index: int) -> None:
        if self._session.player is not None:
            self._session.player.set_original(index == 1)
        self.original_changed.emit(index == 1)

    def _total(self) -> float:
        source = self._session.document.project.source
        return source.frames / source.sample_rate if source else 0.0

    def _changed(self, before: Project | None, after: Project) -> None:
        if before is None or before.source is not after.source:
            self._last_loop = None
            self._show_position(feed_of(self._session).position)
        if before is None or before.loop != after.loop:
            self._last_loop = after.loop or self._last_loop
            self.loop.setChecked(after.loop is not None)
            words = self._loop_words(2)
            self.loop.setAccessibleName(self.tr("Loop A–B, {0}").format(words))
            self.loop_range.setToolTip(words)
        self._fit()

    def _loop_words(self, digits: int) -> str:
        loop = self._session.document.project.loop
        return f"{clock(loop[0], digits)} – {clock(loop[1], digits)}" if loop else self.tr("off")

    def _fit(self) -> None:
        """Where room is short: a shorter meter without its name, then a loop without hundredths, then without times."""
        loop, row = self._session.document.project.loop, self._row
        for tight in range(4):
            self._meter_caption.setVisible(tight < 1)
            self.meter.setFixedWidth(theme.scaled(150 if tight < 1 else 96))
            times = self._loop_words(2 if tight < 2 else 0)
            self.loop_range.setText(self.tr("on") if loop and tight == 3 else times)
            row.activate()
            if row.minimumSize().width() <= self.width():
                break

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _show_state(self, state: str) -> None:
        stems = state in ("separating", "separated")
        self.version.setVisible(stems)
        if not stems and self.version.index:
            self.version.set_index(0)
            self._choose_version(0)
        song = state not in ("empty", "opening")
        for control in (self.start, self.play, self.loop):
            control.setEnabled(song or self._session.player is not None)

    def _show_position(self, seconds: float) -> None:
        self.clock.show_times(seconds, self._total())

    def _show_peak(self, words: str) -> None:
        self.peak.setText(self.tr("peak {0} dB").format(words).replace(" dB", f"{SPACE}dB"))
        self.peak.set_colour("danger" if self.meter.over else "text2")

    def _read(self, levels: dict[str, tuple[float, float]], seconds: float) -> None:
        if self.isVisible():
            self.meter.feed(levels.get("master", SILENT), seconds)
            self.loudness.show_levels(levels)  # type: ignore[arg-type]

    def sizeHint(self) -> QSize:
        return QSize(1000, max(HEIGHT, theme.scaled(HEIGHT)))

    def minimumSizeHint(self) -> QSize:
        return QSize(600, self.sizeHint().height())

    def _resize(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            painter.setOpacity(1.0)
            painter.fillRect(self.rect(), theme.colour("panel"))
            line = theme.colour("line")
            for rule in self._rules:
                painter.fillRect(QRectF(rule.x(), 0, 1, self.height()), line)
            painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), line)


def _pair(above: QWidget, below: QWidget) -> QVBoxLayout:
    """Two lines, centred upright."""
    result = QVBoxLayout()
    result.setSpacing(1)
    result.addStretch(1)
    result.addWidget(above)
    result.addWidget(below)
    result.addStretch(1)
    return result
