"""What all controls of one number share: steps, keys, wheel with focus only, default, menu, focus ring.

Built on QSlider, so that screen readers meet a slider with a value; the picture and the mouse are each control's own.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QInputEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QInputDialog, QMenu, QSlider, QWidget

from app.widgets.focus import Ringed
from app.widgets.numbers import number, parse

UNIT = 1000  # QSlider counts in integers: thousandths


def fineness(event: QInputEvent) -> float:
    """A tenth while Shift is held."""
    return 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0


class ValueControl(Ringed, QSlider):
    """One number from `low` to `high`, changed by `step`, by a tenth of it with Shift.

    edited(value): the person changed it, again and again while dragging. began(): a new gesture starts, which is
    one step to undo. show: the value in words, for the menu and screen readers; read: what someone typed as a value,
    None if it is none.
    """

    edited = Signal(float)
    began = Signal()

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        default: float,
        *,
        step: float,
        show: Callable[[float], str] = number,
        read: Callable[[str], float | None] = parse,
        radius: float = 6,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.name, self.low, self.high, self.default, self.step = name, low, high, default, step
        self._show, self._read, self.ring_radius, self._amount, self._turned = show, read, radius, default, 0
        self._dragged: tuple[float, float] | None = None  # the pixel of the last move, the value before rounding
        self.setRange(round(low * UNIT), round(high * UNIT))
        self.setSingleStep(max(1, round(step * UNIT)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._announce()

    @property
    def amount(self) -> float:
        """The value."""
        return self._amount

    def set_amount(self, value: float) -> None:
        """Set it without telling."""
        value = self._limited(value)
        if value != self._amount:
            self._amount = value
            self._announce()
            self.update()

    def edit(self, value: float) -> None:
        """Set it as the person does."""
        value = self._limited(value)
        if value != self._amount:
            self.set_amount(value)
            self.edited.emit(value)

    def reset(self) -> None:
        """Back to the default, as one gesture."""
        self.began.emit()
        self.edit(self.default)

    def words(self, value: float) -> str:
        return self._show(value)

    def _limited(self, value: float) -> float:
        return min(self.high, max(self.low, value))

    def _announce(self) -> None:
        self.setValue(round(max(self.low, self._amount) * UNIT))
        self.setAccessibleName(f"{self.name}, {self.words(self._amount)}")

    def _grain(self, event: QInputEvent) -> float:
        """How far one step goes."""
        return self.step * fineness(event)

    def _nudge(self, change: float) -> None:
        self.edit(self._amount + change)

    def _grab(self, at: float) -> None:
        """A drag begins at this pixel."""
        self._dragged = (at, self.amount)
        self.began.emit()

    def _drag(self, at: float, per_pixel: float, event: QMouseEvent) -> None:
        """The drag came to this pixel; the value follows in whole steps, in tenths of them with Shift."""
        if self._dragged is not None:
            last, exact = self._dragged
            exact = self._limited(exact + (at - last) * per_pixel * fineness(event))
            self._dragged = (at, exact)
            grain = self._grain(event)
            self.edit(round(round(exact / grain) * grain, 6))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        grain = self._grain(event)
        change = {
            Qt.Key.Key_Up: grain,
            Qt.Key.Key_Right: grain,
            Qt.Key.Key_Down: -grain,
            Qt.Key.Key_Left: -grain,
            Qt.Key.Key_PageUp: 10 * self.step,
            Qt.Key.Key_PageDown: -10 * self.step,
        }.get(Qt.Key(event.key()))
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if change is None or event.modifiers() & others:
            if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
                self.reset()
            elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self.type_value()
            else:
                event.ignore()
            return
        if not event.isAutoRepeat():
            self.began.emit()
        self._nudge(change)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        steps, self._turned = int(self._turned / 120), self._turned - 120 * int(self._turned / 120)
        if steps:
            self._nudge(steps * self._grain(event))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.exec(event.globalPos() if event.reason() == event.Reason.Mouse else self.mapToGlobal(QPoint(4, 4)))
        menu.deleteLater()

    def menu(self) -> QMenu:
        """Default, and a value to type."""
        menu = QMenu(self)
        menu.addAction(self.tr("Reset to {0}").format(self.words(self.default)), self.reset)
        menu.addAction(self.tr("Type a value…"), self.type_value)
        return menu

    def type_value(self) -> None:
        """Ask for a number in a small dialog."""
        text, accepted = QInputDialog.getText(
            self.window(), self.name, self.tr("Value"), text=self.words(self._amount).replace("\u00a0", " ")
        )
        value = self._read(text) if accepted else None
        if value is not None:
            self.began.emit()
            self.edit(value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._turned = 0
        self.began.emit()
