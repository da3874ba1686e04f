"""Floating readouts and chips: dark at 92 % with light text in both themes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QFont, QFontMetricsF
from PySide6.QtWidgets import QWidget

from app import theme
from app.widgets import paint

Part = tuple[str, bool]  # text, and whether it is the main one
GAP, SIDE = 8.0, 10.0


def size(parts: Sequence[Part], icon: str = "") -> QSizeF:
    """Of a chip with these words."""
    width = 2 * SIDE + GAP * (len(parts) - 1) + (22 if icon else 0)
    for text, strong in parts:
        width += QFontMetricsF(_font(strong)).horizontalAdvance(text)
    return QSizeF(width, max(28.0, theme.scaled(28)))


def draw(
    painter: paint.Painter, widget: QWidget, corner: QPointF, parts: Sequence[Part], icon: str = "", tint: str = ""
) -> None:
    """A chip with its top left corner there. tint: token of the icon's colour."""
    area = QRectF(corner, size(parts, icon))
    shade = QColor(0, 0, 0, 26)
    for grow in (3, 2, 1):
        paint.rounded(painter, area.adjusted(-grow, 1 - grow, grow, 1 + grow), 10 + grow, shade)
    paint.rounded(painter, area, 10, theme.colour("float"), QColor(255, 255, 255, 22))
    x = area.left() + SIDE
    if icon:
        paint.icon(painter, widget, icon, QColor(tint), x, area.center().y() - 7, 14)
        x += 22
    for text, strong in parts:
        width = QFontMetricsF(_font(strong)).horizontalAdvance(text)
        ink = theme.colour("float_text" if strong else "float_text2")
        paint.text(painter, QRectF(x, area.top(), width + 2, area.height()), text, _role(strong), ink, paint.LEFT)
        x += width + GAP


def beside(point: QPointF, chip: QSizeF, area: QRectF) -> QPointF:
    """A corner for a chip near a point: above it and to its right where there is room, never under it."""
    x = point.x() + 14 if point.x() + 14 + chip.width() <= area.right() else point.x() - 14 - chip.width()
    y = point.y() - 14 - chip.height() if point.y() - 14 - chip.height() >= area.top() + 2 else point.y() + 18
    return QPointF(max(area.left(), x), min(y, area.bottom() - chip.height()))


def _role(strong: bool) -> str:
    return "body_bold" if strong else "body"


def _font(strong: bool) -> QFont:
    return theme.font(_role(strong))
