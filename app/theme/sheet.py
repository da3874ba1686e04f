"""Palette and style sheet for the plain Qt controls: menus, tool tips, scroll bars, fields, lists, dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor, QPalette

Colour = Callable[[str], QColor]


def palette(colour: Colour) -> QPalette:
    """All roles from the tokens."""
    result = QPalette()
    role = QPalette.ColorRole
    for which, token in {
        role.Window: "panel",
        role.WindowText: "text",
        role.Base: "well",
        role.AlternateBase: "raised",
        role.Text: "text",
        role.PlaceholderText: "text3",
        role.Button: "control",
        role.ButtonText: "text",
        role.BrightText: "white",
        role.ToolTipBase: "float",
        role.ToolTipText: "float_text",
        role.Highlight: "button",
        role.HighlightedText: "white",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.Light: "control2",
        role.Midlight: "control2",
        role.Mid: "line2",
        role.Dark: "line",
        role.Accent: "accent",
    }.items():
        result.setColor(which, colour(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        faint = QColor(colour("text"))
        faint.setAlphaF(0.42)
        result.setColor(QPalette.ColorGroup.Disabled, which, faint)
    return result


_USED = (
    "float_text", "line", "line2", "raised", "text", "text2", "text3", "control", "control2", "well", "button",
    "white", "accent", "panel", "soft",
)  # fmt: skip
_SHEET = """
QToolTip {{ background: {tip}; color: {float_text}; border: 1px solid {line2}; padding: 6px 8px; }}
QMenu {{ background: {raised}; color: {text}; border: 1px solid {line2}; border-radius: 9px; padding: 5px; }}
QMenu::item {{ padding: 6px 14px 6px 10px; border-radius: 5px; min-height: 16px; }}
QMenu::item:selected {{ background: {control2}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 5px 6px; }}
QMenuBar {{ background: transparent; color: {text2}; spacing: 0px; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 6px; background: transparent; }}
QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {control}; color: {text}; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {line2}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {text3}; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollArea {{ border: none; background: transparent; }}
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox {{ background: {well}; color: {text};
  border: 1px solid {line2}; border-radius: 6px; padding: 4px 8px; selection-background-color: {button};
  selection-color: {white}; min-height: 18px; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{
  border: 2px solid {accent}; padding: 3px 7px; }}
QLineEdit:disabled {{ color: {faint}; }}
QComboBox {{ background: {control}; color: {text}; border: 2px solid transparent; border-radius: 7px;
  padding: 3px 8px; min-height: 20px; }}
QComboBox:hover {{ background: {control2}; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled {{ color: {faint}; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url("{chevron}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {raised}; color: {text}; border: 1px solid {line2}; padding: 4px;
  selection-background-color: {control2}; selection-color: {text}; outline: none; }}
QListView, QTreeView, QTableView {{ background: {raised}; color: {text}; border: 1px solid {line};
  border-radius: 9px; outline: none; }}
QListView::item, QTreeView::item {{ padding: 5px 8px; border-radius: 5px; }}
QListView::item:selected, QTreeView::item:selected {{ background: {soft}; color: {text}; }}
QHeaderView::section {{ background: {raised}; color: {text2}; border: none; border-bottom: 1px solid {line};
  padding: 6px 8px; }}
QSplitter::handle {{ background: {line}; }}
QDialog {{ background: {panel}; }}
"""


def sheet(colour: Colour, chevron: str) -> str:
    """The style sheet with these colours; `chevron` is the file of the combo box's arrow."""
    values = {name: colour(name).name(QColor.NameFormat.HexArgb) for name in _USED}
    faint = QColor(colour("text"))
    faint.setAlphaF(0.42)
    tip = QColor(colour("float"))
    tip.setAlpha(255)
    return _SHEET.format(**values, faint=faint.name(QColor.NameFormat.HexArgb), tip=tip.name(), chevron=chevron)
