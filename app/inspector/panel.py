"""The inspector: which method and how, and the one button that takes the song apart; while it runs, how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.inspector.device import DeviceSection
from app.inspector.methods import Methods
from app.inspector.parameters import ParameterForm
from app.inspector.pointer import AtPointer
from app.inspector.run import RunSection
from app.inspector.running import Running
from app.widgets.button import Button
from app.widgets.methodrow import MethodRow

if TYPE_CHECKING:
    from app.session import Session

WIDTH, RAIL = 312, 44
LOW = 740  # height of the window under which there is no room for the pointer


class Scroll(QScrollArea):
    """As high as its content, or as there is room; then it scrolls. What stands under it is always to be seen."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setWidget(content)
        content.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        content = self.widget()
        layout = content.layout() if content else None
        if content is None or layout is None:
            return super().sizeHint()
        tall = layout.totalHeightForWidth(self.viewport().width()) if layout.hasHeightForWidth() else -1
        return QSize(content.sizeHint().width(), tall if tall > 0 else content.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, theme.scaled(80))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class Inspector(QWidget):
    """312 wide at the right of the song, or a rail of 44. folding(folded): the person asked for it on the rail."""

    folding = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._folded = session, False
        self.setAccessibleName(self.tr("Inspector"))
        self.running, self.methods = Running(session, self), Methods(session)
        self.parameters, self.device = ParameterForm(session, self), DeviceSection(session)
        self.run, self.pointer = RunSection(session), AtPointer()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(14, 14, 14, 0)
        column.setSpacing(0)
        for part in (self.running, self.methods, self.parameters, self.device):
            column.addWidget(part)
        column.addStretch(1)
        self._scroll = Scroll(content)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._scroll)
        body.addWidget(self.run)
        body.addStretch(1)
        body.addWidget(self.pointer)
        self.unfold = Button("", "ghost", icon="panel-right")
        self.unfold.setAccessibleName(self.tr("Unfold the inspector"))
        self.unfold.setToolTip(self.tr("Unfold the inspector (F4)"))
        self.unfold.clicked.connect(self._unfold)
        self._rail = QWidget()
        rail = QVBoxLayout(self._rail)
        rail.setContentsMargins(8, 10, 8, 10)
        rail.addWidget(self.unfold)
        rail.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(1, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._rail)
        whole.addWidget(self._body)
        session.state_changed.connect(self._enter)
        session.methods_known.connect(lambda _facts: self._enter(session.state))
        theme.signals.changed.connect(self._resize)
        self._enter(session.state)
        self._resize()

    @property
    def rows(self) -> dict[str, MethodRow]:
        """The methods to choose, by id."""
        return self.methods.rows

    @property
    def button(self) -> Button:
        """Separate."""
        return self.run.button

    @property
    def folded(self) -> bool:
        return self._folded

    def set_folded(self, on: bool) -> None:
        """44 wide, with a way back, or the whole of it."""
        self._folded = on
        self._resize()

    def show_pointer(self, pointer: Any) -> None:
        """What lies under the pointer in the picture; None when it is elsewhere."""
        if self.pointer.isVisible():
            self.pointer.show_pointer(pointer)

    def _unfold(self) -> None:
        self.set_folded(False)
        self.folding.emit(False)

    def _enter(self, state: str) -> None:
        separating = state == "separating"
        self.methods.heading.title.setText(self.tr("Next run") if separating else self.tr("Separate"))
        self.parameters.setVisible(bool(self.parameters.fields) and not separating)
        self.device.setVisible(not separating)
        self.run.setVisible(not separating)
        if separating:
            self._scroll.verticalScrollBar().setValue(0)

    def _resize(self) -> None:
        self._rail.setVisible(self._folded)
        self._body.setVisible(not self._folded)
        self.setFixedWidth(RAIL if self._folded else theme.scaled(WIDTH))
        self._fit()

    def _fit(self) -> None:
        self.pointer.setVisible(not self._folded and self.window().height() >= LOW * theme.text_size())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.colour("panel"))
            painter.fillRect(0, 0, 1, self.height(), theme.colour("line"))
