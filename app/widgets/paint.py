"""Painting that several controls share: rounded grounds, tinted icons at the screen's ratio, faded when disabled."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app import theme


def painter(widget: QWidget) -> QPainter:
    """A painter with antialiasing, at 42 % when the widget is disabled."""
    result = QPainter(widget)
    result.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not widget.isEnabled():
        result.setOpacity(theme.DISABLED)
    return result


def rounded(
    target: QPainter, rect: QRectF, radius: float, ground: QColor | None, edge: QColor | None = None, width: float = 1.0
) -> None:
    """A rounded ground whose edge lies inside `rect`, on pixels."""
    inset = width / 2 if edge else 0.0
    target.setPen(QPen(edge, width) if edge else Qt.PenStyle.NoPen)
    target.setBrush(ground if ground else Qt.BrushStyle.NoBrush)
    shown = rect.adjusted(inset, inset, -inset, -inset)
    target.drawRoundedRect(shown, radius - inset, radius - inset)


def icon(target: QPainter, widget: QWidget, name: str, colour: QColor, x: float, y: float, size: int = 16) -> None:
    """An icon with its top left corner there, put on whole device pixels."""
    ratio = widget.devicePixelRatioF()
    place = QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio)
    target.drawPixmap(place, theme.pixmap(name, colour, size, ratio))


def text(
    target: QPainter,
    rect: QRectF,
    words: str,
    role: str,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter,
) -> None:
    """One line of text in a role."""
    target.setFont(theme.font(role))
    target.setPen(colour)
    target.drawText(rect, int(align) | int(Qt.TextFlag.TextSingleLine), words)


def tick_box(target: QPainter, widget: QWidget, box: QRectF, on: bool) -> None:
    """A box of 16, with a tick where it is on; brighter under the pointer."""
    if on:
        rounded(target, box, 4.5, theme.colour("button_hover" if widget.underMouse() else "button"))
        icon(target, widget, "check", theme.colour("white"), box.x() + 2, box.y() + 2, 12)
    else:
        edge = theme.colour("text3" if widget.underMouse() else "line2")
        rounded(target, box, 4.5, theme.colour("well"), edge)


Painter = QPainter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
