"""A dialog inside the window: the studio dimmed, a card over it. Esc leaves it; Tab stays in it; keys act in it only.

It is a QDialog to screen readers, but no window of its own: nothing to place, nothing to lose behind the window.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QRadialGradient
from PySide6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from app import theme
from app.widgets import paint

RADIUS, BLUR = 14, 40
EDGE = 24  # the least room around the card


class Card(QWidget):
    """The ground of a sheet."""

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            paint.rounded(painter, QRectF(self.rect()), RADIUS, theme.colour("panel"), theme.colour("line2"))


class Sheet(QDialog):
    """Over all of `window`; what is put on it goes into `card` through `body`. finished(result) tells, once.

    top: the card's place from the upper edge, centred if None. dim: whether the studio is darkened.
    """

    def __init__(self, window: QWidget, name: str, *, width: int, top: int | None = None, dim: bool = True) -> None:
        super().__init__(window)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setAccessibleName(name)
        self.setAutoFillBackground(False)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setStyleSheet("Sheet { background: transparent; }")
        self._window, self._width, self._top, self._dim = window, width, top, dim
        self._before: QWidget | None = None
        self.card = Card(self)
        self.body = QVBoxLayout(self.card)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        window.installEventFilter(self)

    def open_over(self, first: QWidget | None = None) -> None:
        """Show it; `first` gets the focus."""
        self._before = QApplication.focusWidget()
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.place()
        (first or self._stops()[0]).setFocus(Qt.FocusReason.PopupFocusReason)

    def done(self, result: int) -> None:
        before, self._before = self._before, None
        self._window.removeEventFilter(self)
        super().done(result)
        try:
            if before is not None and before.isVisible():
                before.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # it was taken away meanwhile
            pass
        self.deleteLater()

    def place(self) -> None:
        """Put the card where it belongs, as high as what it holds."""
        width = min(theme.scaled(self._width), self.width() - 2 * EDGE)
        room = self.height() - 2 * EDGE
        self.body.activate()
        wanted = self.body.heightForWidth(width) if self.body.hasHeightForWidth() else self.body.sizeHint().height()
        height = min(room, max(wanted, self.body.minimumSize().height()))
        top = self._top if self._top is not None else (self.height() - height) // 2
        self.card.setGeometry((self.width() - width) // 2, max(EDGE // 2, top), width, height)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
            self.place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the keys of the studio rest while a sheet is open
            return True
        if event.type() == QEvent.Type.LayoutRequest:
            self.place()
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        stops = self._stops()
        if stops:
            now = QApplication.focusWidget()
            at = stops.index(now) if now in stops else -1 if forward else 0
            reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
            stops[(at + (1 if forward else -1)) % len(stops)].setFocus(reason)
        return True

    def _stops(self) -> list[QWidget]:
        """What Tab can reach, in the order it was laid out.

        Not by `nextInFocusChain`: PySide then counts widgets of the window as the card's, and forgets them with it.
        """
        return [
            widget
            for widget in self.card.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ] or [self.card]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() == Qt.Key.Key_Tab:
            self.focusNextPrevChild(True)
        elif event.key() == Qt.Key.Key_Backtab:
            self.focusNextPrevChild(False)
        event.accept()

    def leave(self) -> None:
        """Esc, the cross, or a click beside the card."""
        self.reject()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._dim and not self.card.geometry().contains(event.position().toPoint()):
            self.leave()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        with paint.painter(self) as painter:
            if self._dim:
                veil = theme.colour("bg") if theme.is_dark() else QColor("#14171C")
                veil.setAlphaF(0.66 if theme.is_dark() else 0.34)
                painter.fillRect(self.rect(), veil)
            _shadow(painter, QRectF(self.card.geometry()).translated(0, 12))


def _shadow(painter: QPainter, area: QRectF) -> None:
    """A soft shadow around `area`: a blurred corner in four turns, stretched sides between them."""
    tile = _corner(theme.colour("shadow").name(QColor.NameFormat.HexArgb))
    side, outer = float(tile.width() // 2), area.adjusted(-BLUR, -BLUR, BLUR, BLUR)
    xs = (outer.left(), outer.left() + side, outer.right() - side)
    ys = (outer.top(), outer.top() + side, outer.bottom() - side)
    widths = (side, max(0.0, outer.width() - 2 * side), side)
    heights = (side, max(0.0, outer.height() - 2 * side), side)
    sources, lengths = (0.0, side - 0.5, side), (side, 1.0, side)
    for i in range(3):
        for j in range(3):
            painter.drawPixmap(
                QRectF(xs[i], ys[j], widths[i], heights[j]),
                tile,
                QRectF(sources[i], sources[j], lengths[i], lengths[j]),
            )


@lru_cache(maxsize=4)
def _corner(colour: str) -> QPixmap:
    side = 2 * BLUR
    tile = QPixmap(2 * side, 2 * side)
    tile.fill(Qt.GlobalColor.transparent)
    fall = QRadialGradient(QPointF(side, side), side)
    for k in range(11):
        shade = QColor(colour)
        shade.setAlphaF(shade.alphaF() * (1 - k / 10) ** 2.2)
        fall.setColorAt(k / 10, shade)
    painter = QPainter(tile)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fall)
    painter.drawRect(0, 0, 2 * side, 2 * side)
    painter.end()
    return tile
