"""JSON from outside: within bounds it comes back as it was, beyond them it is told in a sentence."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab_core.errors import RecipeError
from ganlab_core.files import (
    JSONError,
    json_object,
    load_json,
    parse_json,
    read_up_to,
    tensor_header,
)
from ganlab_core.files.json_reader import DEEPEST, shown_value

ROOT = Path(__file__).parents[3]
WHOLE = st.integers(-(2**63), 2**63 - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8"))
DATA = st.recursive(
    st.none() | st.booleans() | WHOLE | FINITE | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(DATA)
def test_json_within_bounds_comes_back(value: object) -> None:
    assert load_json(json.dumps(value)) == value
    assert load_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NaN", "not finite"),
        ('{"a": [1, -Infinity]}', "not finite"),
        ("[1e400]", "not finite"),
        ('{"a": {"b": -1E+999}}', "not finite"),
        ("1" + "0" * 400, "too large"),
        ("9223372036854775808", "too large"),
        ("1" + "0" * 5000, "not readable"),
        ("[" * 1000 + "]" * 1000, "nested too deeply"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested too deeply"),
        ("[" + "[]," * 1_000_000 + "[]]", "too many parts"),
        (b'"\xff"', "not readable"),
        ("", "not readable"),
        ("{", "not readable"),
    ],
)
def test_what_is_out_of_bounds_is_told_in_a_sentence(text: str | bytes, words: str) -> None:
    with pytest.raises(RecipeError) as raised:
        parse_json(text, "note", RecipeError, "Choose another.")
    assert raised.value.what.startswith("The note ")
    assert words in raised.value.what
    assert raised.value.what.endswith(".")
    assert raised.value.remedy == "Choose another."


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    text = "[" * DEEPEST + "]" * DEEPEST
    assert json.dumps(load_json(text)) == text
    with pytest.raises(JSONError):
        load_json(f"[{text}]")


def test_a_text_that_is_too_long_is_not_parsed() -> None:
    with pytest.raises(JSONError, match="too long"):
        load_json("1" * 11, longest=10)


@pytest.mark.parametrize(
    "text", ['{"a\\ud800": ["\\udfff", "\\ud83d\\ude00"]}', '["\ud800 \\\\ud800"]']
)
def test_halves_of_characters_are_replaced_and_pairs_stay(text: str) -> None:
    value = load_json(text)
    shown = json.dumps(value, ensure_ascii=False).encode().decode()
    assert "\ufffd" in shown
    assert ("\U0001f600" in shown) == ("de00" in text)
    assert ("\\\\ud800" in shown) == ("\\\\ud800" in text)


def test_of_two_fields_of_one_name_the_last_counts() -> None:
    assert load_json('{"a": 1, "a": 2}') == {"a": 2}


def test_a_line_of_a_log_may_hold_nan_which_is_as_if_nothing_had_been_measured() -> None:
    assert json_object(b'{"loss": NaN, "images": 8}') == {"loss": None, "images": 8}
    assert json_object(b'{"loss": 1e400}') is None
    assert json_object(b'{"loss": 1') is None
    assert json_object(b"[]") is None


def test_a_value_is_shown_in_a_few_letters_whatever_it_is() -> None:
    doubled: object = "x"
    for _ in range(60):
        doubled = [doubled, doubled]
    values = [doubled, {"a": doubled}, 10**5000, "x" * 10**6, b"\xff" * 100, None, 1.5, True]
    assert all(len(shown_value(value)) <= 40 for value in values)


def test_reading_a_file_never_waits_for_a_pipe_and_stops_at_its_bound(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"12345")
    assert read_up_to(tmp_path / "small", 5) == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for path, most in ((tmp_path / "small", 4), (tmp_path / "pipe", 9), (tmp_path, 9)):
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            read_up_to(path, most)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b'{"a": 1}',
        json.dumps({"a": {"dtype": "F32", "shape": [1] * 1000, "data_offsets": [0, 4]}}).encode(),
        b"{" + b",".join(b'"%d":{"shape":[0]}' % n for n in range(600_000)) + b"}",
    ],
)
def test_a_header_of_tensors_that_is_none_or_too_large_is_refused(
    tmp_path: Path, header: bytes
) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(JSONError):
        tensor_header(path)


def test_json_from_outside_is_parsed_in_one_place() -> None:
    """Elsewhere `json.loads` only reads what the program itself wrote as canonical JSON."""
    for path in sorted((ROOT / "ganlab_core").rglob("*.py")) + sorted(
        (ROOT / "ganlab").rglob("*.py")
    ):
        if path.name == "json_reader.py":
            continue
        text = path.read_text(encoding="utf-8")
        if "json.load" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("json.loads", "json.load"):
                source = ast.unparse(node)
                assert source.endswith(tuple(f"{word})" for word in ("to_json()", ".extra"))), (
                    f"{path.name}:{node.lineno} parses JSON by itself: {source}"
                )
