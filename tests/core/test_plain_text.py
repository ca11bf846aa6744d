"""Text from outside is shown as letters: it commands no terminal, turns no line and can be encoded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import CheckpointError
from ganlab_core.plain_text import json_text, plain_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Château à Noël, 日本語, שלום, فارسی\u200cها, 👩\u200d🎨", None),
        ("a\u00a0b\u3000c", None),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("two\nlines\r\ttab", r"two\nlines\r\ttab"),
        ("\x9b8m \x7f", r"\x9b8m \x7f"),
        ("safe\u202egnp.exe\u2066\u200f", r"safe\u202egnp.exe\u2066\u200f"),
        ("half \ud800 of one", r"half \ud800 of one"),
        ("\u2028\u2029\ufeff", r"\u2028\u2029\ufeff"),
        ("<img src='x'>", None),
    ],
)
def test_what_cannot_be_seen_is_written_as_an_escape(text: str, shown: str | None) -> None:
    assert plain_text(text) == (text if shown is None else shown)


@given(st.text(st.characters()), st.integers(5, 50))
def test_any_text_becomes_one_short_line_that_can_be_written(text: str, most: int) -> None:
    shown = plain_text(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert plain_text(shown) == shown
    assert len(plain_text("y" * len(text), most)) <= most


def test_letters_that_may_stay_do() -> None:
    assert plain_text("a\nb\x07", keep="\n") == "a\nb\\x07"


@given(st.lists(st.text(st.characters())) | st.dictionaries(st.text(), st.text(st.characters())))
def test_json_with_escapes_says_the_same(value: object) -> None:
    text = json_text(json.dumps(value, ensure_ascii=False, indent=1))
    text.encode()
    assert json.loads(text) == value
    assert not {"\x1b", "\x7f", "\x9b", "\u202e"} & set(text)


def test_an_error_shows_what_a_file_brought_into_it_as_plain_text() -> None:
    error = CheckpointError("x\x1b[8m\n.pth is damaged.", "Try \ud800.")
    assert str(error) == r"x\x1b[8m\n.pth is damaged. Try \ud800."
