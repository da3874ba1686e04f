"""What the separation will run on: a choice where there is one, else just its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.section import Heading, Rule
from app.widgets.select import Select

if TYPE_CHECKING:
    from app.session import Session


class DeviceSection(QWidget):
    """The fastest is the first, and what "automatic" means."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ids: list[str] = []
        self.select = Select(name=self.tr("Device"), icon="cpu")
        self.select.chosen.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Rule())
        column.addWidget(Heading(self.tr("Device")))
        column.addWidget(self.select)
        session.devices_known.connect(self.show_devices)
        self.show_devices()

    def show_devices(self, _facts: Any = None) -> None:
        """What there is, and which is chosen. Where there is one only, its name stands there."""
        devices = self._session.devices
        alone = len(devices) == 1
        words = [device["name"] for device in devices]
        self._ids = [device["id"] for device in devices]
        if not alone:
            words.insert(0, self.tr("Automatic: {0}").format(words[0]))
            self._ids.insert(0, "auto")
        self.select.set_items(words)
        self.select.set_choice(not alone)
        if self._session.device in self._ids:
            self.select.set_index(self._ids.index(self._session.device))

    def _choose(self, index: int) -> None:
        self._session.set_device(self._ids[index])
