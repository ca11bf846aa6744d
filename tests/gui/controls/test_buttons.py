from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from ganlab.controls.buttons import IconButton, Segmented, Toggle
from ganlab.style import COLOUR

WORDS = (("stored", "Kept with the model."), ("random", "From a seed."), ("off", "None."))


@pytest.fixture
def toggle(qtbot) -> Toggle:
    made = Toggle("conv0", COLOUR.NOISE, "Adds noise.", has_menu=True)
    qtbot.addWidget(made)
    made.resize(92, 24)
    made.show()
    return made


@pytest.fixture
def segmented(qtbot) -> Segmented:
    made = Segmented("Noise", WORDS, COLOUR.NOISE)
    qtbot.addWidget(made)
    made.resize(200, 24)
    made.show()
    return made


def test_showing_a_toggle_never_edits_it(toggle, qtbot) -> None:
    with qtbot.assertNotEmitted(toggle.edited):
        toggle.set_value(True)
        toggle.set_value(False)


def test_a_click_toggles(toggle) -> None:
    heard: list[bool] = []
    toggle.edited.connect(heard.append)
    toggle.click()
    toggle.click()
    assert heard == [True, False]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_space_and_enter_toggle(toggle, qtbot, key) -> None:
    with qtbot.waitSignal(toggle.edited):
        qtbot.keyClick(toggle, key)


def test_the_arrow_asks_for_the_menu_and_toggles_nothing(toggle, qtbot) -> None:
    with qtbot.waitSignal(toggle.menu_asked), qtbot.assertNotEmitted(toggle.edited):
        qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton, pos=QPoint(86, 12))


def test_the_down_key_asks_for_the_menu(toggle, qtbot) -> None:
    with qtbot.waitSignal(toggle.menu_asked):
        qtbot.keyClick(toggle, Qt.Key.Key_Down)


def test_a_lit_toggle_looks_different_even_without_colour(toggle) -> None:
    dark = toggle.grab().toImage()
    toggle.set_value(True)
    assert toggle.grab().toImage() != dark


def test_showing_a_choice_never_edits_it(segmented, qtbot) -> None:
    with qtbot.assertNotEmitted(segmented.edited):
        for word, _ in WORDS:
            segmented.set_value(word)
        segmented.set_value("unheard of")
    assert segmented.value == "unheard of"


def test_exactly_one_option_is_chosen(segmented, qtbot) -> None:
    with qtbot.waitSignal(segmented.edited) as heard:
        qtbot.mouseClick(segmented.button("off"), Qt.MouseButton.LeftButton)
    assert heard.args == ["off"]
    assert [word for word, _ in WORDS if segmented.button(word).isChecked()] == ["off"]


def test_choosing_the_same_again_tells_nothing_and_keeps_it(segmented, qtbot) -> None:
    with qtbot.assertNotEmitted(segmented.edited):
        qtbot.mouseClick(segmented.button("stored"), Qt.MouseButton.LeftButton)
    assert segmented.button("stored").isChecked()


def test_arrow_keys_walk_through_the_options(segmented, qtbot) -> None:
    spy = QSignalSpy(segmented.edited)
    qtbot.keyClick(segmented.button("stored"), Qt.Key.Key_Right)
    qtbot.keyClick(segmented.button("random"), Qt.Key.Key_Right)
    qtbot.keyClick(segmented.button("off"), Qt.Key.Key_Right)
    assert [spy.at(k)[0] for k in range(spy.count())] == ["random", "off"]


def test_tab_stops_once_at_a_choice(segmented) -> None:
    stops = [
        word for word, _ in WORDS if segmented.button(word).focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert stops == ["stored"]


def test_an_unavailable_choice_says_why(segmented) -> None:
    segmented.set_available("This model adds no noise.")
    assert segmented.button("off").toolTip() == "This model adds no noise."
    segmented.set_available()
    assert segmented.button("off").toolTip() == "None."


@pytest.mark.parametrize("sign", ["dice", "clear", "reset"])
def test_every_sign_is_drawn(qtbot, sign) -> None:
    button = IconButton(sign, "Do it", "Does it.")
    qtbot.addWidget(button)
    image = button.grab().toImage()
    colours = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    assert len(colours) > 3
