"""What people type into the palette, and what has to come first."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.controls import Label, SeedBox, ValueSlider, controls_at
from ganlab.learn.illustrations import pair_of
from ganlab.play.desk import Desk
from ganlab.play.master import MasterPanel
from ganlab.window.glossary import TERMS, Term, term_in
from ganlab.window.main_window import term_of
from ganlab.window.palette import Palette, ranked
from ganlab.window.window_dialogs import TermCard
from ganlab_core.recipe import Recipe, fit
from tests.benchmarks.picture_share import stylegan
from tests.every_model import MODELS

ASKED = {
    "truncation": "Truncation psi",
    "psi": "Truncation psi",
    "alpha": "Growth and alpha",
    "fade": "Show Fade",
    "grow": "Growth and alpha",
    "noise": "Noise strength",
    "seed": "Seed",
    "random": "New Seed",
    "dice": "New Seed",
    "another picture": "New Seed",
    "video": "Export Film",
    "mp4": "Export Film",
    "gif": "Export Film",
    "movie": "Export Film",
    "interpolate": "Timeline",
    "morph": "Timeline",
    "animation": "Timeline",
    "keyframe": "Add Keyframe",
    "fullscreen": "Picture Alone",
    "full screen": "Picture Alone",
    "record": "Record",
    "midi": "Perform",
    "projector": "Projector",
    "beamer": "Projector",
    "grid": "Export Pictures",
    "contact sheet": "Export Pictures",
    "many seeds": "Export Pictures",
    "preferences": "Preferences",
    "settings": "Preferences",
    "options": "Preferences",
    "gpu": "Preferences",
    "font size": "Preferences",
    "fp16": "Preferences",
    "reduce motion": "Preferences",
    "layout": "Reset Layout",
    "reset layout": "Reset Layout",
    "lost panel": "Reset Layout",
    "two models": "Show Compare",
    "before after": "Compare from Here",
    "side by side": "Compare from Here",
    "attention": "What is Attention?",
    "collapse": "What is Mode collapse?",
    "mode collapse": "What is Mode collapse?",
    "ganspace": "Show Inside",
    "directions": "Show Inside",
    "neurons": "Show Inside",
    "learning rate": "Learning rate",
    "batch size": "Batch size",
    "train": "Go to Train",
    "watch it learn": "Watch it learn",
    "watch a network learn": "Watch it learn",
    "demo": "Watch it learn",
    "my own pictures": "New Training",
    "finetune": "New Training",
    "dataset": "New Training",
    "save": "Save PNG",
    "photo": "Save PNG",
    "favorite": "Keep as Favourite",
    "bookmark": "Keep as Favourite",
    "exit": "Quit",
    "shortcuts": "Keys",
    "licence": "Model Info",
    "pixelated": "Smooth",
    "undo tree": "Show History",
    "wander": "Wander",
    "screensaver": "Wander",
    "start page": "Start Page",
    "home": "Start Page",
    "python": "Copy as Python",
    "terminal": "Copy as Command",
    "pose": "New Coarse Styles",
    "colour": "New Fine Styles",
    "what is w": "What is Style W?",
    "what is psi": "What is Truncation psi?",
    "kid": "What is KID?",
    "play": "Play",
}


@pytest.fixture
def asking(app: App) -> App:
    app.play.desk.set_capabilities(stylegan(64))
    app.play.master.set_capabilities(stylegan(64))
    return app


def test_there_are_at_least_sixty_questions() -> None:
    assert len(ASKED) >= 60


def test_every_question_gets_the_right_thing_first(asking: App) -> None:
    commands = asking.window.commands.commands()
    first = {asked: found[0].text if (found := ranked(asked, commands)) else "" for asked in ASKED}
    assert first == ASKED


def test_models_and_strips_are_found_by_their_names(asking: App) -> None:
    commands = asking.window.commands.commands()
    assert ranked("strip 16", commands)[0].text == "Strip 16 px"
    ranked("16 px mixing", commands)[0].run()
    assert asking.window.focusWidget() is asking.play.desk.strips[16].head.title


def test_a_question_without_an_answer_gets_a_sentence(asking: App, qtbot: QtBot) -> None:
    palette = Palette(asking.window.commands.commands())
    qtbot.addWidget(palette)
    palette.show()
    palette.search("zzqx zebra")
    assert palette.shown == []
    assert palette.nothing.isVisible()
    assert "zzqx zebra" in palette.nothing.text()
    palette.search("seed")
    assert not palette.nothing.isVisible()
    assert palette.list.isVisible()


def test_every_term_has_a_paragraph_and_a_paper(asking: App, qtbot: QtBot) -> None:
    for one in TERMS:
        assert 60 < len(one.text) < 400, one.name
        assert one.paper
    asking.window.show_term(TERMS[0])

    def shown() -> list[TermCard]:
        return [one for one in asking.window.findChildren(TermCard) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()))
    shown()[0].close()


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_card_is_as_high_as_its_words(term: Term, qtbot: QtBot) -> None:
    card = TermCard(term)
    qtbot.addWidget(card)
    card.show()
    for label in card.findChildren(Label):
        if label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_a_term_is_found_in_the_words_of_a_control() -> None:
    assert (found := term_in("Truncation psi at 16 px")) is not None
    assert found.name == "Truncation psi"
    assert term_in("zebra") is None
    assert (psi := term_in("psi How far from the average (StyleGAN, Karras et al. 2019)"))
    assert psi.name == "Truncation psi"


@pytest.mark.parametrize("name", MODELS)
def test_every_knob_of_the_desk_has_a_card(name: str, qtbot: QtBot) -> None:
    """A sentence, a formula, a paper, and two pictures that differ by it."""
    can = MODELS[name]().capabilities
    recipe = fit(Recipe(classes=((0, 1.0),)), can)
    for panel in (MasterPanel(), Desk()):
        qtbot.addWidget(panel)
        panel.set_capabilities(can)
        panel.show_recipe(recipe)
        panel.show()
        for knob in panel.findChildren(QWidget):
            if not isinstance(knob, ValueSlider | SeedBox) or not knob.isVisibleTo(panel):
                continue
            told = (name, knob.accessibleName(), knob.toolTip())
            found = term_of(knob)
            assert found is not None, told
            assert found.name not in ("GAN", "Generator", "Discriminator"), told
            assert all((found.text, found.formula, found.paper)), told
            if knob.isEnabledTo(panel):
                assert pair_of(found.name, controls_at(knob), recipe, can) is not None, told
