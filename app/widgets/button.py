"""Buttons in four kinds, with icon and shortcut; also checkable ones."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QPushButton, QWidget

from app import theme
from app.widgets import paint
from app.widgets.focus import Ringed

Kind = Literal["plain", "filled", "outlined", "ghost"]
RADII = {24: 6, 28: 7, 36: 8, 44: 9}


class Button(Ringed, QPushButton):
    """plain: on the control ground; filled: the one next step; outlined; ghost: no ground until hovered.

    height: 24 small, 28 normal, 34 to 36 in dialogs, 42 to 44 primary. shortcut: text shown at the right, quieter.
    badge: the shortcut stands in a key cap. ground: token of a plain button's ground.
    """

    def __init__(
        self,
        text: str = "",
        kind: Kind = "plain",
        *,
        icon: str | None = None,
        shortcut: str = "",
        height: int = 28,
        badge: bool = False,
        menu_arrow: bool = False,
        ground: str = "control",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.kind: Kind = kind
        self.icon_name = icon
        self._shortcut, self._height, self._badge, self._arrow = shortcut, height, badge, menu_arrow
        self._hovered, self._ground, self._dot = False, ground, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(text)

    def set_icon(self, name: str | None) -> None:
        self.icon_name = name
        self.updateGeometry()
        self.update()

    def set_dot(self, on: bool) -> None:
        """A warn dot in the corner: what this would make is out of date."""
        if on != self._dot:
            self._dot = on
            self.update()

    def set_kind(self, kind: Kind) -> None:
        self.kind = kind
        self.update()

    def setText(self, text: str) -> None:
        if self.accessibleName() == self.text():
            self.setAccessibleName(text)
        super().setText(text)

    @property
    def ring_radius(self) -> float:  # type: ignore[override]
        return next(radius for limit, radius in RADII.items() if self._height <= limit)

    def sizeHint(self) -> QSize:
        height = max(self._height, theme.scaled(self._height))
        if not self.text() and not self._shortcut:
            return QSize(height, height)
        return QSize(round(self._content() + 2 * self._padding()), height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _padding(self) -> int:
        return 10 if self._height <= 28 else 14 if self._height <= 36 else 22

    def _role(self) -> str:
        return "title" if self.kind == "filled" and self._height >= 34 else "body_medium"

    def _shortcut_role(self) -> str:
        return "label_medium" if self._badge else "body" if self._height >= 34 else "label"

    def _content(self) -> float:
        width = QFontMetricsF(theme.font(self._role())).horizontalAdvance(self.text())
        if self.icon_name:
            width += 16 + (8 if self.text() else 0)
        if self._shortcut:
            width += 10 + QFontMetricsF(theme.font(self._shortcut_role())).horizontalAdvance(self._shortcut)
            width += 10 if self._badge else 0
        return width + (20 if self._arrow else 0)

    def _colours(self) -> tuple[QColor | None, QColor, QColor | None]:
        """Ground, text and edge in the present state."""
        steps = 2 if self.isDown() else 1 if self._hovered and self.isEnabled() else 0
        if self.kind == "filled":
            return theme.colour(("button", "button_hover", "button_pressed")[steps]), theme.colour("white"), None
        if self.isChecked():
            return theme.colour("soft"), theme.colour("accent"), theme.colour("accent")
        if self.kind == "plain":
            ground = theme.colour(self._ground)
            return (theme.varied(ground, steps) if steps else ground), theme.colour("text"), None
        raised = theme.varied(theme.colour("panel"), steps) if steps else None
        if self.kind == "outlined":
            return raised, theme.colour("text"), theme.colour("line2")
        return raised, theme.colour("text" if steps else "text2"), None

    def paintEvent(self, event: QPaintEvent) -> None:
        ground, ink, edge = self._colours()
        with paint.painter(self) as painter:
            area = QRectF(self.rect())
            if ground or edge:
                paint.rounded(painter, area, self.ring_radius, ground, edge)
            height = area.height()
            x = (area.width() - self._content()) / 2
            if self._arrow:
                x = float(self._padding())
            if self.icon_name:
                paint.icon(painter, self, self.icon_name, ink, x, (height - 16) / 2)
                x += 16 + (8 if self.text() else 0)
            words = QFontMetricsF(theme.font(self._role())).horizontalAdvance(self.text())
            room = area.width() - x - 2
            shown = self.text()
            if words > room + 1:
                metrics = QFontMetricsF(theme.font(self._role()))
                shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, room)
            paint.text(painter, QRectF(x, 0, room + 2, height), shown, self._role(), ink, paint.LEFT)
            if self._shortcut:
                self._paint_shortcut(painter, x + words + 10, height, ink)
            if self._arrow:
                self._paint_arrow(painter, area, ink)
            if self._dot:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("meter_warn"))
                painter.drawEllipse(QPointF(area.right() - 14, height / 2), 4, 4)

    def _paint_shortcut(self, painter: QPainter, x: float, height: float, ink: QColor) -> None:
        role = self._shortcut_role()
        faint = QColor(ink)
        faint.setAlphaF(0.8 if self.kind == "filled" else 0.75)
        width = QFontMetricsF(theme.font(role)).horizontalAdvance(self._shortcut)
        if self._badge:
            cap = QRectF(x, (height - 18) / 2, width + 10, 18)
            paint.rounded(painter, cap, 4, theme.colour("control"), theme.colour("line2"))
            paint.text(painter, cap, self._shortcut, role, theme.colour("text2"))
        else:
            paint.text(painter, QRectF(x, 0, width + 4, height), self._shortcut, role, faint, paint.LEFT)

    def _paint_arrow(self, painter: QPainter, area: QRectF, ink: QColor) -> None:
        x, y = area.right() - 16, area.center().y()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
            return
        super().keyPressEvent(event)
