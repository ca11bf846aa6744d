"""Every control of the window: its name, its explanation, and the way to it by the keyboard."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QDockWidget,
    QMenuBar,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls import FillBar, Resettable, SeedField, Stops, ValueSlider, XYPad
from ganlab.controls.pads import CurvePad
from ganlab.controls.picture_grid import Thumbnail
from ganlab.controls.sliders import RangeControl
from ganlab.learn.learn_room import LessonPanel
from ganlab.perform.perform_panel import MappingEditor
from ganlab.play.master import SecondSection
from ganlab.play.strip import BendPopup
from ganlab.settings import Settings
from ganlab.train.new_training_dialog import NewTrainingDialog, SteerDialog
from ganlab.window.glossary import TERMS
from ganlab_core.inspection import NO_CRITIC
from ganlab_core.lessons import Lesson, find_lessons
from ganlab_core.performance import Mapping, Modulator
from ganlab_core.recipe import MAPPING
from ganlab_core.training import TrainConfig
from tests.benchmarks.picture_share import settle
from tests.gui.conftest import capabilities

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine


@pytest.fixture
def app(engine: GatedEngine, settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a model, and every panel in view with all that it can show."""
    app = App(Start(str(tmp_path / "first.safetensors")), Settings(settings.folder), engine)
    app.window.resize(2400, 1600)
    with qtbot.waitSignal(app.worker.rendered):
        app.show()
    for dock in docks(app):
        dock.show()
    app.own.panel.show_whole(np.zeros((8, 8, 4), np.uint8))
    app.own.panel.show_stopped("")
    critic = app.own.critic_eye.panel
    qtbot.waitUntil(lambda: critic.score.text() == NO_CRITIC[0])
    critic.set_model("")  # what is there where there is one
    yield app
    app.window.close()
    app.window.deleteLater()


def docks(app: App) -> list[QDockWidget]:
    return app.window.findChildren(QDockWidget)


def panel_of(widget: QWidget) -> QDockWidget | None:
    """The dock that a widget stands in, if any."""
    parent: QWidget | None = widget
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def controls(app: App) -> list[QWidget]:
    """Everything of the window that a person can act upon."""
    return [widget for widget in acted_upon(app.window) if shown(widget)]


def acted_upon(root: QWidget) -> list[QWidget]:
    """Everything within a widget that a person could act upon, in view or not."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if not isinstance(widget, QMenuBar | QTabBar)  # their entries have names of their own
        and (
            widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            or isinstance(widget, QAbstractButton | Thumbnail)
        )
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parentWidget(), QTabBar)  # Qt's own arrows
    ]


def controls_by_panel(app: App) -> dict[QDockWidget, list[QWidget]]:
    """The controls of every panel."""
    found: dict[QDockWidget, list[QWidget]] = {dock: [] for dock in docks(app)}
    for control in controls(app):
        dock = panel_of(control)
        if dock is not None:
            found[dock].append(control)
    return found


def shown(widget: QWidget) -> bool:
    """Whether it is in view once its panel's tab is in front."""
    inside = panel_of(widget)
    return widget.isVisible() if inside is None else widget.isVisibleTo(inside)


def described(widget: QWidget) -> str:
    parents = []
    parent: QWidget | None = widget
    while parent is not None:
        parents.append(f"{type(parent).__name__}({parent.accessibleName() or parent.objectName()})")
        parent = parent.parentWidget()
    return " < ".join(parents[:4])


def spoken_name(widget: QWidget) -> str:
    """What a screen reader says first."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def test_there_are_controls_in_every_panel(app: App) -> None:
    for dock, inside in controls_by_panel(app).items():
        assert inside, dock.windowTitle()
    assert len(controls(app)) > 60


def test_every_control_has_a_spoken_name(app: App) -> None:
    nameless = [described(control) for control in controls(app) if not spoken_name(control).strip()]
    assert nameless == []


def test_no_two_controls_of_a_panel_have_the_same_name(app: App) -> None:
    for inside in controls_by_panel(app).values():
        names = [spoken_name(control) for control in inside]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)


def test_every_control_is_explained(app: App) -> None:
    silent = [described(c) for c in controls(app) if not c.toolTip().strip()]
    assert silent == [described(app.window.canvas)]


def focus_chain(app: App) -> list[QWidget]:
    """Everything in the order in which Tab goes, once around."""
    chain: list[QWidget] = []
    widget: QWidget | None = app.window.nextInFocusChain()
    while widget is not None and widget is not app.window:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    return chain


def test_tab_reaches_every_control_panel_by_panel(app: App) -> None:
    tabbed = [
        control
        for control in controls(app)
        if control.isEnabled() and control.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    reached = [widget for widget in focus_chain(app) if widget in tabbed]
    assert len(reached) == len(tabbed)
    panels = [dock.windowTitle() if (dock := panel_of(widget)) else "" for widget in reached]
    visits = [name for name, _ in itertools.groupby(panels) if name]
    assert len(visits) == len(set(visits)), visits


def test_every_button_can_be_reached_by_tab(app: App) -> None:
    unreachable = [
        described(control)
        for control in controls(app)
        if isinstance(control, QAbstractButton)
        and control.isEnabled()
        and not control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not control.property("word")  # one of a row of options: the arrows reach it
    ]
    assert unreachable == []


def test_every_panel_is_one_press_of_the_palette_or_menu_away(app: App) -> None:
    for dock in docks(app):
        assert dock.toggleViewAction().text() == dock.windowTitle()
        assert dock.windowTitle()


# --- by the keys themselves ----------------------------------------------------------------------


def focused() -> QWidget:
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


def walked_by_tab(qtbot: QtBot, start: QWidget, most: int) -> list[QWidget]:
    """Where Tab leads from a control, until it comes by there again; all it takes where it never does."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    walked = [focused()]
    for _ in range(most):
        qtbot.keyClick(focused(), Qt.Key.Key_Tab)
        if focused() is walked[0]:
            return walked
        walked.append(focused())
    return walked


def test_tab_goes_around_every_workspace_and_is_caught_nowhere(app: App, qtbot: QtBot) -> None:
    window, spaces = app.window, app.window.workspaces
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for name in spaces.names:
        spaces.enter(name)
        spaces.reset()
        settle()
        wanted = {
            control
            for control in controls(app)
            if control.isVisible()
            and control.isEnabled()
            and control.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not control.property("word")
        }
        assert len(wanted) > 10, name
        start = window.top_bar.menu_button
        walked = walked_by_tab(qtbot, start, 3 * len(wanted))
        assert len(walked) == len(set(walked)), (name, described(walked[-1]))
        missed = wanted - set(walked)
        assert not missed, (name, [described(control) for control in missed])
        qtbot.keyClick(focused(), Qt.Key.Key_Backtab)
        assert focused() is walked[-1], name


def test_every_slider_goes_back_where_it_was_by_delete_and_by_a_double_click(
    app: App, qtbot: QtBot
) -> None:
    stuck = []
    sliders = [
        slider
        for slider in app.window.findChildren(ValueSlider)
        if slider.isEnabled() and shown(slider)
    ]
    assert len(sliders) > 20
    for slider in sliders:
        qtbot.keyClick(slider.track, Qt.Key.Key_Delete)
        before = slider.value
        high = slider.track.span.high
        qtbot.keyClick(slider.track, Qt.Key.Key_Home if before == high else Qt.Key.Key_End)
        moved = slider.value
        qtbot.keyClick(slider.track, Qt.Key.Key_Delete)
        by_key = slider.value
        qtbot.keyClick(slider.track, Qt.Key.Key_Home if before == high else Qt.Key.Key_End)
        qtbot.mouseDClick(slider.track, Qt.MouseButton.LeftButton)
        if moved == before or not by_key == slider.value == pytest.approx(before):
            stuck.append((described(slider), before, moved, by_key, slider.value))
    assert not stuck


def numbers(app: App) -> list[QWidget]:
    """The window's controls of numbers that are neither a slider nor a part of one."""
    return [number for number in numbers_of(app.window) if number.isEnabled() and shown(number)]


def numbers_of(root: QWidget) -> list[QWidget]:
    """The controls of numbers within a widget that are neither a slider nor a part of one."""
    kinds = (RangeControl, SeedField, Stops, XYPad, CurvePad, QAbstractSpinBox)
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, kinds) and not isinstance(widget.parentWidget(), ValueSlider)
    ]


def read(widget: QWidget) -> object:
    """The number that a control shows."""
    if isinstance(widget, RangeControl):
        return widget.number
    return widget.value if isinstance(widget, SeedField | Stops) else None


def test_every_other_number_goes_back_by_delete_and_says_so(app: App, qtbot: QtBot) -> None:
    found = numbers(app)
    kinds = {type(number) for number in found}
    assert kinds >= {XYPad, CurvePad, SeedField, FillBar}, kinds
    stuck = []
    for number in found:
        assert isinstance(number, Resettable), described(number)
        assert re.search(r"\bDelete\b", number.toolTip()), described(number)
        number.ask_default()
        before = read(number)
        for key in (Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Up):
            if read(number) == before:
                qtbot.keyClick(number, key)
        moved = read(number)
        if isinstance(number, SeedField):
            number.selectAll()
        qtbot.keyClick(number, Qt.Key.Key_Delete)
        if read(number) != before or (moved == before and before is not None):
            stuck.append((described(number), before, moved, read(number)))
    assert not stuck


OURS = ("Noise of the film", "Network taken apart")
"""Names of controls with a word of the field in them whose idea is in no paper."""


def test_what_is_a_papers_idea_names_the_paper(app: App) -> None:
    presets = app.window.findChild(QDockWidget, "presetsDock")  # parts of the desk, no ideas
    published = [term.name.casefold() for term in TERMS if re.search(r"(19|20)\d\d", term.paper)]
    unnamed = [
        described(control)
        for control in controls(app)
        if control.isEnabled()  # else it says why not
        and panel_of(control) is not presets
        and not control.accessibleName().startswith(OURS)
        and any(
            re.search(rf"\b{re.escape(name)}\b", control.accessibleName().casefold())
            for name in published
        )
        and not re.search(r"\b(19|20)\d\d\b", control.toolTip())
    ]
    assert not unnamed


# --- what opens beside the panels, or fills them later -------------------------------------------


def bends_of(operation: str) -> QWidget:
    popup = BendPopup(16, capabilities())
    popup.setWindowFlag(Qt.WindowType.Popup, False)  # one that holds the mouse ends with the test
    popup.edited.connect(lambda recipe, _: popup.show_recipe(recipe))
    popup.editor.add_bend(operation)
    popup.editor.offer_maps((1, 4))
    popup.editor.maps.edited.emit("cluster" if operation == "blur" else "share")
    return popup


def a_mapping() -> QWidget:
    editor = MappingEditor()
    editor.show_mapping(Mapping(source="mod/wave", control="psi"), Modulator(name="wave"))
    return editor


def a_second_model() -> QWidget:
    section = SecondSection()
    section.set_capabilities(replace(capabilities(), blendable=(MAPPING, 4, 8)))
    return section


def a_new_training() -> QWidget:
    dialog = NewTrainingDialog(Path("runs"))
    assert dialog.settings.editors
    return dialog


def lesson_parts() -> Iterator[tuple[str, Callable[[], QWidget]]]:
    """The part of each lesson that asks most."""

    def shown_part(lesson: Lesson, index: int) -> QWidget:
        panel = LessonPanel()
        panel.show_part(lesson, index, {}, frozenset(), {})
        return panel

    for lesson in find_lessons():
        most = max(range(len(lesson.parts)), key=lambda place: len(lesson.parts[place].asks))
        yield lesson.id, partial(shown_part, lesson, most)


OPENED: dict[str, Callable[[], QWidget]] = {
    **{f"bends: {name}": partial(bends_of, name) for name in ("translate", "blur", "freeze")},
    "a mapping": a_mapping,
    "a second model": a_second_model,
    "new training": a_new_training,
    "steering": lambda: SteerDialog(TrainConfig()),
    **dict(lesson_parts()),
}


@pytest.mark.parametrize("name", OPENED)
def test_what_opens_beside_the_panels_is_named_explained_and_reached(
    name: str, qtbot: QtBot
) -> None:
    root = OPENED[name]()
    qtbot.addWidget(root)
    root.show()
    for page in pages(root):
        page()
        found = [c for c in acted_upon(root) if c.isVisible()]
        assert found
        names = [c.accessibleName() or spoken_name(c) for c in found]
        assert all(word.strip() for word in names), [described(c) for c in found]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
        silent = [described(control) for control in found if not control.toolTip().strip()]
        assert silent == []
        wanted = {
            control for control in found if control.isEnabled() and not control.property("word")
        }
        assert all(c.focusPolicy() & Qt.FocusPolicy.TabFocus for c in wanted), name
        assert wanted <= chain_of(root)
        for number in numbers_of(root):
            assert isinstance(number, Resettable), described(number)
            assert re.search(r"\bDelete\b", number.toolTip()), described(number)


def pages(root: QWidget) -> list[Callable[[], None]]:
    """What brings each of its pages to the front; one that changes nothing where there are none."""
    tabs = root.findChild(QTabWidget)
    if tabs is None:
        return [lambda: None]
    return [partial(tabs.setCurrentIndex, index) for index in range(tabs.count())]


def chain_of(root: QWidget) -> set[QWidget]:
    """All that Tab comes by, beginning at a widget of its own window."""
    chain: list[QWidget] = []
    widget: QWidget | None = root.nextInFocusChain()
    while widget is not None and widget is not root:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    return set(chain)
