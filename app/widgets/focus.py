"""The focus ring: 2 px accent, 2 px away from the control, for keyboard focus only.

One see-through widget per window is laid over the control that has the focus, so that no control must keep room
for it and neighbours do not cut it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import theme

if TYPE_CHECKING:
    _Control = QWidget
else:
    _Control = object

KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class FocusRing(QWidget):
    """Of one window; follows one control."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("focus ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._control: QWidget | None = None
        self._radius = 6.0

    def follow(self, control: QWidget, radius: float) -> None:
        """Lie around `control` from now on."""
        if self._control is not None and self._control is not control:
            self._control.removeEventFilter(self)
        self._control, self._radius = control, radius
        control.installEventFilter(self)
        self._place()

    @property
    def control(self) -> QWidget | None:
        """What it lies around."""
        return self._control

    def leave(self, control: QWidget) -> None:
        """Hide if it was around `control`."""
        if self._control is control:
            control.removeEventFilter(self)
            self._control = None
            self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        elif event.type() == QEvent.Type.Hide:
            self.hide()
        return False

    def _place(self) -> None:
        control = self._control
        if control is None or not control.isVisible():
            self.hide()
            return
        place = QRect(control.mapTo(control.window(), QPoint(0, 0)), control.size())
        self.setGeometry(place.adjusted(-4, -4, 4, 4))
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent"), 2.0))
        radius = self._radius + 3
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


def show_ring(control: QWidget, radius: float) -> None:
    """Show the ring of this control's window around it."""
    window = control.window()
    ring = window.findChild(FocusRing, "focus ring", Qt.FindChildOption.FindDirectChildrenOnly)
    (ring or FocusRing(window)).follow(control, radius)


def hide_ring(control: QWidget) -> None:
    """Take the ring away from this control."""
    ring = control.window().findChild(FocusRing, "focus ring", Qt.FindChildOption.FindDirectChildrenOnly)
    if ring:
        ring.leave(control)


class Ringed(_Control):
    """First among the bases of a control: the ring lies around it while it has the focus by keyboard."""

    ring_radius: float = 6

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in KEYBOARD:
            show_ring(self, self.ring_radius)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        hide_ring(self)
