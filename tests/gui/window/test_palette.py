"""Finding a command by a few letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from ganlab.window.palette import Command, Palette, score

TEXTS = ["Save PNG", "Paste Recipe", "Psi Up", "Show Variations", "New Fine Styles", "Next Seed"]


@pytest.mark.parametrize(
    ("letters", "wanted"),
    [("png", "Save PNG"), ("pu", "Psi Up"), ("vari", "Show Variations"), ("nfs", "New Fine Styles"),
     ("recipe", "Paste Recipe"), ("next", "Next Seed")],
)  # fmt: skip
def test_the_best_fit_comes_first(letters: str, wanted: str) -> None:
    scored = {text: fit for text in TEXTS if (fit := score(letters, text)) is not None}
    assert max(scored, key=lambda text: scored[text]) == wanted


def test_letters_that_are_not_there_in_order_do_not_fit() -> None:
    assert score("gnp", "Save PNG") is None


@given(st.text("ab c", max_size=12), st.data())
def test_letters_that_are_there_in_order_always_fit(text: str, data: st.DataObject) -> None:
    kept = [letter for letter in text if data.draw(st.booleans())]
    assert score("".join(kept), text) is not None


def test_what_cannot_be_done_now_comes_last_and_is_not_run(qtbot: QtBot) -> None:
    done: list[str] = []
    commands = [
        Command("Undo", "Edit", "", lambda: done.append("undo"), "There is nothing."),
        Command("Undo all", "Edit", "", lambda: done.append("all")),
    ]
    palette = Palette(commands)
    qtbot.addWidget(palette)
    palette.search("undo")
    assert [command.text for command in palette.shown] == ["Undo all", "Undo"]
    palette.list.setCurrentRow(1)
    palette.line.returnPressed.emit()
    assert done == []
