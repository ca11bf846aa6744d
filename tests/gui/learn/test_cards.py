"""Cards: what a word means, with two pictures that the model on the desk draws."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls import ValueSlider
from ganlab.engine import TorchEngine
from ganlab.learn.illustrations import BY_TERM, pair_of
from ganlab.settings import Settings
from ganlab.window import TermCard
from ganlab.window.glossary import term
from ganlab.window.main_window import knob_menu
from ganlab_core.files import bundled_models_dir
from ganlab_core.recipe import Recipe
from tests.every_model import MODELS

PATIENCE = 60_000


@pytest.fixture
def app(settings: Settings, qtbot: QtBot) -> Iterator[App]:
    app = App(
        Start(str(bundled_models_dir() / "adventurer.safetensors")),
        Settings(settings.folder),
        TorchEngine("cpu"),
    )
    with qtbot.waitSignal(app.worker.rendered, timeout=PATIENCE):
        app.show()
    yield app
    app.window.close()
    app.window.deleteLater()


def test_a_knobs_card_shows_the_picture_at_both_of_its_ends(app: App, qtbot: QtBot) -> None:
    window, cards = app.window, []
    window.card_opened.connect(lambda card, _names: cards.append(card))
    knob = next(one for one in app.play.master.findChildren(ValueSlider)
                if one.accessibleName() == "Truncation psi")  # fmt: skip
    menu = knob_menu(knob.childAt(QPoint(4, 4)) or knob, window.actions_, window.show_term, window)
    what = next(one for one in menu.actions() if one.text().startswith("What is"))
    what.trigger()
    card = cards[0]
    assert isinstance(card, TermCard)
    qtbot.waitUntil(lambda: not any(one.isHidden() for one in card.pictures), timeout=PATIENCE)
    words = [one.caption.text() for one in card.pictures]
    assert words == ["truncation psi 0", "truncation psi 1"]
    before, after = (one.image.pixmap().toImage() for one in card.pictures)
    assert before != after
    card.close()
    assert app.learn.cards._card is None


def test_a_word_without_a_picture_is_a_card_without(qtbot: QtBot) -> None:
    found = term("KID")
    assert found is not None
    card = TermCard(found)
    qtbot.addWidget(card)
    assert all(one.isHidden() for one in card.pictures)


@pytest.mark.parametrize("name", BY_TERM)
def test_words_that_have_pictures_are_words_and_differ_somewhere(name: str) -> None:
    assert term(name) is not None
    pairs = [pair_of(name, (), Recipe(), MODELS[one]().capabilities) for one in MODELS]
    assert any(pair is not None for pair in pairs)
    assert all(pair is None or pair[0][1] != pair[1][1] for pair in pairs)
