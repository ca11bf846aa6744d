from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from ganlab import style
from ganlab.style import COLOUR, blend, font, lit, palette, set_tip, set_tone

IDEAS = (COLOUR.STYLE, COLOUR.NOISE, COLOUR.GROWTH, COLOUR.TRUNCATION, COLOUR.CLASS)
GROUNDS = (COLOUR.GROUND, COLOUR.PANEL, COLOUR.STRIP)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, ground: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", [COLOUR.TEXT, COLOUR.MUTED, *IDEAS])
def test_text_is_legible_on_every_surface(ink: str, ground: str) -> None:
    assert contrast(ink, ground) >= 4.5


def test_colours_are_named_in_the_style_and_nowhere_else() -> None:
    home = Path(style.__file__)
    files = [path for path in home.parent.rglob("*.py") if path != home]
    assert len(files) > 50
    strays = [path.name for path in files if re.search(r'"#[0-9a-fA-F]{3,8}"', path.read_text())]
    assert not strays


@pytest.mark.parametrize("idea", IDEAS)
def test_text_is_legible_on_what_is_switched_on(idea: str) -> None:
    assert contrast(COLOUR.TEXT, lit(idea)) >= 4.5
    under_pointer = blend(COLOUR.TEXT, lit(idea), 0.07)
    assert contrast(COLOUR.TEXT, under_pointer) >= 4.5


def test_a_tooltip_is_legible() -> None:
    chosen = palette()
    ink = chosen.color(chosen.ColorRole.ToolTipText).name()
    assert contrast(ink, chosen.color(chosen.ColorRole.ToolTipBase).name()) >= 4.5


def test_the_three_sizes_differ_and_are_in_points() -> None:
    sizes = [font(size).pointSizeF() for size in ("small", "body", "large")]
    assert 0 < sizes[0] < sizes[1] < sizes[2]


def test_blending_goes_from_one_colour_to_the_other() -> None:
    assert blend("#ffffff", "#000000", 0) == "#000000"
    assert blend("#ffffff", "#000000", 1) == "#ffffff"
    assert blend("#ff0000", "#000000", 0.5) == "#800000"


def test_a_tone_colours_a_label(qtbot) -> None:
    label = QLabel("growth")
    qtbot.addWidget(label)
    set_tone(label, "growth")
    label.ensurePolished()
    assert label.palette().color(label.foregroundRole()).name() == COLOUR.GROWTH.lower()


def test_a_long_tooltip_is_broken_into_short_lines(qtbot) -> None:
    label = QLabel("psi")
    qtbot.addWidget(label)
    sentence = "How far from the average picture the style may lie. " * 5
    set_tip(label, sentence)
    lines = label.toolTip().splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines) == sentence.strip()
