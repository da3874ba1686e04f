"""The design's numbers, computed from the tokens: contrast, type, icons, and switching while running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.theme import fonts, icons, tokens
from app.theme.stems import STEMS


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[None]:
    theme.install(qapp)
    yield
    theme.set_text_size(1.0)
    theme.set_mode("dark")


def luminance(colour: QColor) -> float:
    def linear(v: float) -> float:
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(v) for v in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: QColor, second: QColor) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(top: QColor, ground: QColor) -> QColor:
    a = top.alphaF()
    return QColor.fromRgbF(
        top.redF() * a + ground.redF() * (1 - a),
        top.greenF() * a + ground.greenF() * (1 - a),
        top.blueF() * a + ground.blueF() * (1 - a),
    )


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_text_is_readable_on_every_ground(mode: theme.Mode) -> None:
    theme.set_mode(mode)
    for ground in tokens.CONTROL_GROUNDS:
        for text in (*tokens.TEXTS, "accent", "ok", "warn", "danger"):
            if text in tokens.TEXTS or ground in ("panel", "raised"):
                assert contrast(theme.colour(text), theme.colour(ground)) >= 4.5, (text, ground)
    for ground in ("panel", "raised"):
        soft = over(theme.colour("soft"), theme.colour(ground))
        for text in ("text", "text2"):  # quiet text on soft is text2
            assert contrast(theme.colour(text), soft) >= 4.5, (text, "soft on", ground)
    for ground in ("button", "button_hover", "button_pressed"):
        assert contrast(theme.colour("white"), theme.colour(ground)) >= 4.5
    for lit in ("mute", "solo"):
        assert contrast(theme.colour("ink"), theme.colour(lit)) >= 4.5
    for text in ("float_text", "float_text2"):
        assert contrast(theme.colour(text), over(theme.colour("float"), QColor("white"))) >= 4.5


def test_what_carries_meaning_stands_out() -> None:
    for mode in ("dark", "light"):
        theme.set_mode(mode)  # type: ignore[arg-type]
        for name, style in STEMS.items():
            assert contrast(style.ink, style.colour) >= 3, name
            if name != "piano" or mode == "light":
                assert contrast(theme.fill(name), theme.colour("panel")) >= 3, (mode, name)


def test_both_themes_have_the_same_tokens() -> None:
    assert tokens.DARK.keys() == tokens.LIGHT.keys()
    assert not tokens.BOTH.keys() & tokens.DARK.keys()
    assert all(QColor(c).isValid() for table in (tokens.DARK, tokens.LIGHT, tokens.BOTH) for c in table.values())


def test_the_theme_changes_while_it_runs(qtbot: QtBot) -> None:
    theme.set_mode("dark")
    before = theme.colour("panel")
    with qtbot.waitSignal(theme.signals.changed, timeout=1000):
        theme.set_mode("light")
    assert not theme.is_dark()
    assert theme.colour("panel") != before
    assert QApplication.palette().window().color() == theme.colour("panel")


def test_type_is_inter_with_equal_digits() -> None:
    for role in fonts.ROLES:
        font = theme.font(role)
        assert QFontInfo(font).family() == "Inter", role
        metrics = QFontMetricsF(font)
        widths = [metrics.horizontalAdvance(digit * 10) for digit in "0123456789"]
        assert max(widths) - min(widths) < 0.5, role
        assert font.pixelSize() >= 10


def test_one_factor_scales_all_type() -> None:
    sizes = {role: theme.font(role).pixelSize() for role in fonts.ROLES}
    theme.set_text_size(1.5)
    for role, size in sizes.items():
        assert theme.font(role).pixelSize() == round(size * 1.5)


def test_every_icon_draws_and_takes_its_colour(qapp: QApplication) -> None:
    for path in sorted(icons.FOLDER.glob("*.svg")):
        image: QImage = theme.pixmap(path.stem, QColor("#FF0000"), 16, 2.0).toImage()
        assert image.width() == 32
        inked = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() > 200]
        assert inked, path.stem
        if path.stem != "mark":
            assert all(c.red() > 200 and c.green() < 40 and c.blue() < 40 for c in inked), path.stem


def test_every_stem_has_a_look_and_unknown_ones_keep_theirs() -> None:
    assert theme.stem("source 2") == theme.stem("source 2")
    assert theme.stem("source 1").colour != theme.stem("source 2").colour
    assert theme.stem("theremin") == theme.stem("theremin")
    for name in (*STEMS, "accompaniment", "source 7"):
        assert (icons.FOLDER / f"{theme.stem(name).icon}.svg").exists()
        assert (theme.pattern(theme.stem(name).pattern).style().name == "NoBrush") == (
            name == "vocals" or theme.stem(name).pattern == "none"
        )
