"""How the program looks: one colour per idea, three sizes of one typeface, steps of 4 px."""

from __future__ import annotations

import functools
import html
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette, Qt
from PySide6.QtWidgets import QApplication, QWidget

from ganlab_core.plain_text import plain_text

Size = Literal["small", "body", "large"]
Surface = Literal["ground", "panel", "strip"]
Tone = Literal["text", "muted", "section", "style", "noise", "growth", "truncation", "class"]


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours by idea; each means the same on the desk, in charts and in lessons."""

    STYLE: str = "#4FC3D9"
    NOISE: str = "#A58BFA"
    GROWTH: str = "#F5A742"
    TRUNCATION: str = "#E87A90"
    CLASS: str = "#7BC67E"
    GROUND: str = "#121317"
    PANEL: str = "#191B20"
    STRIP: str = "#212429"
    LINE: str = "#2E323A"
    TEXT: str = "#E8E8EA"
    MUTED: str = "#8A9099"
    SURROUND: str = "#0B0C0F"
    """Around the picture: darker than the panels, so that nothing there is as bright as it."""
    FOG: str = "#3E424A"
    """Over places of a picture that do not count: darker than a light picture, lighter than a dark one."""
    FURTHER: str = "#5C86C5"
    """One more curve where all the others are taken; it means nothing else."""


COLOUR = Colours()

STEP = 4
"""The grid: every margin and gap is a multiple of this many device-independent pixels."""

RADIUS = 6
"""Corner radius of controls in device-independent pixels; surfaces have 8."""

_TIP_WIDTH = 56

_ARROWS = (Path(__file__).parent / "arrows").as_posix()
"""Where the style sheet finds its arrows: it can draw none of its own."""

_SCALE: dict[Size, float] = {"small": 0.89, "body": 1.0, "large": 1.34}


def _channels(colour: str) -> tuple[int, int, int]:
    chosen = QColor(colour)
    return chosen.red(), chosen.green(), chosen.blue()


def blend(over: str, under: str, share: float) -> str:
    """The colour of `over` laid on `under` with opacity `share`, 0 to 1."""
    pairs = zip(_channels(over), _channels(under), strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs)).name()


def lit(colour: str) -> str:
    """The ground of a control that is switched on; `TEXT` is legible on it."""
    return blend(colour, COLOUR.STRIP, 0.38)


DISABLED = blend(COLOUR.MUTED, COLOUR.STRIP, 0.6)
"""Text of a control that the model gives no use for."""

MOST_TIP, MOST_WORDS = 2000, 120
"""Letters of a tooltip, and of a line in a menu."""

FOCUS = COLOUR.TEXT
"""The ring around the control that the keyboard speaks to."""

HOVER = blend(COLOUR.TEXT, COLOUR.STRIP, 0.08)
"""The ground of a control under the pointer."""


def font(size: Size = "body", *, bold: bool = False) -> QFont:
    """The system's general typeface in one of three sizes, in points."""
    return QFont(_font(size, bold))


@functools.cache
def _font(size: Size, bold: bool) -> QFont:
    """Asking the system each time would take longer than making the widget it is for."""
    chosen = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    points = chosen.pointSizeF()
    if points <= 0:
        points = QFontInfo(chosen).pointSizeF()
    chosen.setPointSizeF(round(2 * points * _SCALE[size]) / 2)
    chosen.setBold(bold)
    return chosen


def set_tone(widget: QWidget, tone: Tone) -> None:
    """Colour a label's text by what it means."""
    _set_property(widget, "tone", tone)


def set_tip(widget: QWidget, sentence: str) -> None:
    """Give a widget a tooltip in short lines; Qt itself would draw one as wide as the screen.

    Controls say theirs anew for every Recipe, a hundred at a time, and Qt tells all of them.
    """
    if plain_tip(_wrapped(sentence)) != widget.toolTip():
        widget.setToolTip(plain_tip(_wrapped(sentence)))


@functools.lru_cache(maxsize=4096)
def _wrapped(sentence: str) -> str:
    """Kept, because a strip has a hundred tips and every model the same ones."""
    return textwrap.fill(sentence, _TIP_WIDTH)


@functools.lru_cache(maxsize=4096)
def plain_tip(text: str) -> str:
    """A tooltip that shows this text letter by letter; Qt takes some texts for HTML."""
    shown = plain_text(text, MOST_TIP, keep="\n")
    if not Qt.mightBeRichText(shown):
        return shown
    return f'<span style="white-space: pre-wrap">{html.escape(shown)}</span>'


def menu_text(text: str) -> str:
    """Words for a menu or a button, where Qt would take an & for the sign of a key."""
    return plain_text(text, MOST_WORDS).replace("&", "&&")


def set_surface(widget: QWidget, surface: Surface) -> None:
    """Make a frame one of the surfaces: ground, panel or strip."""
    _set_property(widget, "surface", surface)


def apply_style(app: QApplication) -> None:
    """Give the application its look: Fusion, the dark palette, the typeface and one style sheet."""
    app.setStyle("Fusion")
    app.setPalette(palette())
    app.setFont(font())
    app.setStyleSheet(_SHEET)


def palette() -> QPalette:
    """The dark palette for everything the style sheet leaves to Fusion."""
    role = QPalette.ColorRole
    chosen = QPalette()
    for name, colour in {
        role.Window: COLOUR.GROUND,
        role.WindowText: COLOUR.TEXT,
        role.Base: COLOUR.GROUND,
        role.AlternateBase: COLOUR.PANEL,
        role.Text: COLOUR.TEXT,
        role.Button: COLOUR.STRIP,
        role.ButtonText: COLOUR.TEXT,
        role.BrightText: COLOUR.TEXT,
        role.ToolTipBase: COLOUR.LINE,
        role.ToolTipText: COLOUR.TEXT,
        role.PlaceholderText: COLOUR.MUTED,
        role.Highlight: lit(COLOUR.STYLE),
        role.HighlightedText: COLOUR.TEXT,
        role.Link: COLOUR.STYLE,
        role.LinkVisited: COLOUR.STYLE,
        role.Mid: COLOUR.LINE,
        role.Dark: COLOUR.GROUND,
        role.Shadow: COLOUR.GROUND,
        role.Light: COLOUR.LINE,
        role.Midlight: COLOUR.LINE,
    }.items():
        chosen.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        chosen.setColor(QPalette.ColorGroup.Disabled, name, QColor(DISABLED))
    return chosen


def _set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property the style sheet reads; a widget that has its looks already gets them anew."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


_SHEET = f"""
QToolTip {{
    background: {COLOUR.LINE}; color: {COLOUR.TEXT};
    border: 1px solid {blend(COLOUR.MUTED, COLOUR.LINE, 0.4)}; padding: 4px 8px;
}}
QFrame[surface="ground"] {{ background: {COLOUR.GROUND}; border: none; }}
QFrame[surface="panel"] {{ background: {COLOUR.PANEL}; border: none; border-radius: 8px; }}
QFrame[surface="strip"] {{
    background: {COLOUR.STRIP}; border: 1px solid {COLOUR.LINE}; border-radius: 8px;
}}
QFrame[surface="strip"][selected="true"] {{ border-color: {COLOUR.MUTED}; }}
QLabel {{ background: transparent; }}
QLabel[tone="muted"], QLabel[tone="section"] {{ color: {COLOUR.MUTED}; }}
QLabel[tone="style"] {{ color: {COLOUR.STYLE}; }}
QLabel[tone="noise"] {{ color: {COLOUR.NOISE}; }}
QLabel[tone="growth"] {{ color: {COLOUR.GROWTH}; }}
QLabel[tone="truncation"] {{ color: {COLOUR.TRUNCATION}; }}
QLabel[tone="class"] {{ color: {COLOUR.CLASS}; }}
QLabel:disabled {{ color: {DISABLED}; }}

QLineEdit, QPlainTextEdit, QTextEdit {{
    background: {COLOUR.GROUND}; color: {COLOUR.TEXT};
    border: 1px solid {COLOUR.LINE}; border-radius: 6px; padding: 2px 7px;
    selection-background-color: {lit(COLOUR.STYLE)}; selection-color: {COLOUR.TEXT};
}}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus {{
    border-color: {FOCUS};
}}
QLineEdit:disabled {{ color: {DISABLED}; }}
QLineEdit[inline="true"] {{
    background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 0;
}}
QLineEdit[inline="true"]:!read-only {{ background: {COLOUR.GROUND}; border-color: {FOCUS}; }}
QLineEdit[inline="true"][tone="muted"]:read-only {{ color: {COLOUR.MUTED}; }}
QLineEdit[compact="true"] {{ padding: 1px 3px; }}
QLineEdit[tone="style"] {{ color: {COLOUR.STYLE}; placeholder-text-color: {COLOUR.STYLE}; }}

QPushButton, QToolButton {{
    background: {COLOUR.STRIP}; color: {COLOUR.TEXT};
    border: 1px solid {COLOUR.STRIP}; border-radius: 6px; padding: 4px 12px;
}}
QPushButton:hover, QToolButton:hover {{ background: {HOVER}; border-color: {HOVER}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {COLOUR.LINE}; }}
QPushButton:checked, QToolButton:checked {{ background: {COLOUR.LINE}; border-color: {COLOUR.LINE}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {FOCUS}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {DISABLED}; }}
QPushButton[raised="true"] {{ background: {COLOUR.LINE}; border-color: {COLOUR.LINE}; }}
QPushButton[raised="true"]:hover {{ background: {blend(COLOUR.TEXT, COLOUR.LINE, 0.1)}; }}
QPushButton[raised="true"]:focus {{ border-color: {FOCUS}; }}
QPushButton[raised="true"]:disabled {{ background: {COLOUR.PANEL}; }}
QPushButton[badge="true"] {{
    background: {blend(COLOUR.STRIP, COLOUR.GROUND, 0.85)}; border: 1px solid {COLOUR.LINE};
    border-radius: 12px; padding: 3px 12px;
}}
QPushButton[badge="true"]:hover {{ background: {COLOUR.LINE}; }}
QPushButton[badge="true"]:focus {{ border-color: {FOCUS}; }}
QToolButton[sign="true"] {{ background: transparent; border-color: transparent; padding: 0; }}
QToolButton::menu-indicator {{ image: none; }}
QPushButton[quiet="true"] {{
    background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 0 4px; text-align: left;
}}
QPushButton[quiet="true"][flush="true"] {{ padding-left: 0; border-left-width: 0; }}
QPushButton[quiet="true"][framed="true"] {{
    background: {COLOUR.GROUND}; border-color: {COLOUR.LINE}; border-radius: 6px; padding: 1px 7px;
}}
QPushButton[quiet="true"][framed="true"]:hover {{ background: {COLOUR.PANEL}; }}
QPushButton[quiet="true"][framed="true"]:focus {{ border-color: {FOCUS}; }}
QPushButton[quiet="true"][centred="true"] {{ text-align: center; }}
QPushButton[quiet="true"]:hover {{ background: {HOVER}; }}
QPushButton[quiet="true"]:focus {{ border-color: {FOCUS}; }}
QPushButton[quiet="true"][tone="muted"] {{ color: {COLOUR.MUTED}; }}
QPushButton[quiet="true"][tone="class"] {{ color: {COLOUR.CLASS}; }}
QPushButton[quiet="true"]:disabled {{ color: {DISABLED}; }}

QComboBox {{
    background: {COLOUR.GROUND}; color: {COLOUR.TEXT};
    border: 1px solid {COLOUR.LINE}; border-radius: 6px; padding: 2px 8px;
}}
QComboBox:focus {{ border-color: {FOCUS}; }}
QComboBox:disabled {{ color: {DISABLED}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{_ARROWS}/down.svg"); width: 10px; height: 10px; }}
QAbstractSpinBox {{
    background: {COLOUR.GROUND}; color: {COLOUR.TEXT};
    border: 1px solid {COLOUR.LINE}; border-radius: 6px; padding: 2px 4px;
}}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0 4px; }}
QAbstractSpinBox:focus {{ border-color: {FOCUS}; }}
QAbstractSpinBox:disabled {{ color: {DISABLED}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 16px; }}
QAbstractSpinBox::up-arrow {{ image: url("{_ARROWS}/up.svg"); width: 8px; height: 8px; }}
QAbstractSpinBox::down-arrow {{ image: url("{_ARROWS}/down.svg"); width: 8px; height: 8px; }}
QListView {{
    background: {COLOUR.GROUND}; color: {COLOUR.TEXT}; border: 1px solid {COLOUR.LINE};
    border-radius: 6px; padding: 4px; outline: none;
}}
QListView::item {{ padding: 3px 4px; border-radius: 4px; }}
QListView::item:hover {{ background: {HOVER}; }}
QListView::item:selected {{ background: {COLOUR.LINE}; color: {COLOUR.TEXT}; }}
QListView::item:disabled {{ color: {DISABLED}; }}
QListView:focus {{ border-color: {FOCUS}; }}

QMenuBar {{ background: {COLOUR.PANEL}; color: {COLOUR.TEXT}; }}
QMenuBar::item {{ background: transparent; padding: 4px 8px; }}
QMenuBar::item:selected {{ background: {COLOUR.LINE}; border-radius: 4px; }}
QMenu {{
    background: {COLOUR.STRIP}; color: {COLOUR.TEXT}; border: 1px solid {COLOUR.LINE}; padding: 4px;
}}
QMenu::item {{ padding: 4px 24px; border-radius: 4px; }}
QMenu::item:selected {{ background: {blend(COLOUR.TEXT, COLOUR.STRIP, 0.12)}; }}
QMenu::item:disabled {{ color: {DISABLED}; }}
QMenu[pictures="true"] {{ icon-size: 64px; }}
QMenu[pictures="true"]::item {{ padding: 4px 24px 4px 12px; }}
QMenu::separator {{ height: 1px; background: {COLOUR.LINE}; margin: 4px 8px; }}
QStatusBar, QToolBar {{ background: {COLOUR.PANEL}; color: {COLOUR.MUTED}; border: none; }}
QStatusBar::item {{ border: none; }}
QTabBar::tab {{
    background: transparent; color: {COLOUR.MUTED};
    padding: 4px 16px; border-radius: 6px; border: 1px solid transparent;
}}
QTabBar[compact="true"]::tab {{ padding: 4px 4px; }}
QMainWindow > QTabBar::tab {{ padding: 4px 8px; }}
QTabBar::tab:hover {{ color: {COLOUR.TEXT}; }}
QTabBar::tab:selected {{ background: {COLOUR.STRIP}; color: {COLOUR.TEXT}; }}
QTabBar[rooms="true"]::tab {{ padding: 4px 12px; border-radius: 12px; }}
QToolBar[rail="true"] {{ background: {COLOUR.GROUND}; padding: 4px 4px 4px 0; spacing: 4px; }}
QToolBar[rail="true"] QToolButton {{
    background: transparent; border: 1px solid transparent; padding: 2px;
}}
QToolBar[rail="true"] QToolButton:hover {{ background: {HOVER}; }}
QToolBar[rail="true"] QToolButton:checked {{ background: {COLOUR.LINE}; }}
QToolBar[rail="true"] QToolButton:focus {{ border-color: {FOCUS}; }}
QTabBar:focus::tab:selected {{ border-color: {FOCUS}; }}
QTabWidget::pane {{ border: none; }}
QDockWidget {{ color: {COLOUR.MUTED}; }}
QDockWidget::title {{ background: {COLOUR.GROUND}; padding: 4px 8px; }}
QMainWindow::separator {{ background: {COLOUR.GROUND}; width: 4px; height: 4px; }}
QSplitter::handle {{ background: {COLOUR.GROUND}; }}
QProgressBar {{
    background: {COLOUR.GROUND}; color: {COLOUR.TEXT};
    border: none; border-radius: 4px; text-align: center;
}}
QProgressBar::chunk {{ background: {lit(COLOUR.STYLE)}; border-radius: 4px; }}
QHeaderView::section {{
    background: {COLOUR.PANEL}; color: {COLOUR.MUTED}; border: none; padding: 4px 8px;
}}
QRadioButton::indicator, QCheckBox::indicator {{
    width: 12px; height: 12px; background: {COLOUR.GROUND}; border: 1px solid {COLOUR.MUTED};
}}
QRadioButton::indicator {{ border-radius: 7px; }}
QCheckBox::indicator {{ border-radius: 3px; }}
QRadioButton::indicator:checked, QCheckBox::indicator:checked {{
    background: {COLOUR.STYLE}; border-color: {COLOUR.TEXT};
}}
QRadioButton:focus, QCheckBox:focus {{ color: {FOCUS}; text-decoration: underline; }}
QAbstractScrollArea {{ border: none; }}
QScrollArea, QScrollArea > QWidget > QWidget[plain="true"] {{ background: transparent; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle {{ background: {COLOUR.LINE}; border-radius: 3px; margin: 1px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:hover {{ background: {COLOUR.MUTED}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
