"""The menu of a knob: back to its default, a number typed, a keyframe, what it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from ganlab.controls import SeedBox, ValueSlider
from ganlab.style import menu_text
from ganlab.window.actions import Actions
from ganlab.window.glossary import Term, term_in


def knob_menu(
    under: QWidget | None, actions: Actions, show_term: Callable[[Term], object], parent: QWidget
) -> QMenu:
    """The menu of the knob at a widget, or of the nearest around it; empty where there is none."""
    menu = QMenu(parent)
    knob = _knob_at(under)
    if knob is None:
        return menu
    if isinstance(knob, ValueSlider):
        menu.addAction("Reset").triggered.connect(knob.ask_default)
        menu.addAction("Type a value\N{HORIZONTAL ELLIPSIS}").triggered.connect(knob.type_value)
    menu.addAction(actions["keyframe"])
    found = term_in(f"{knob.accessibleName()} {knob.toolTip()}")
    if found is not None:
        words = menu_text(f"What is {found.name}?")
        menu.addAction(words).triggered.connect(lambda: show_term(found))
    return menu


def _knob_at(widget: QWidget | None) -> ValueSlider | SeedBox | None:
    while widget is not None and not isinstance(widget, ValueSlider | SeedBox):
        widget = widget.parentWidget()
    return widget
