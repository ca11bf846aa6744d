"""Class mixes as people write them."""

from __future__ import annotations

import pytest

from ganlab_core.errors import RecipeError
from ganlab_core.recipe import class_name, matching, read_classes, short_name

NAMES = ("tench, Tinca tinca", "goldfish, Carassius auratus", "crane", "crane", "sea lion", "")


@pytest.mark.parametrize(
    ("written", "mix"),
    [
        ("1", ((1, 1.0),)),
        ("goldfish", ((1, 1.0),)),
        ("GOLDFISH, Carassius auratus", ((1, 1.0),)),
        ("tinca tinca", ((0, 1.0),)),
        ("4:0.25, tench:-0.5", ((0, -0.5), (4, 0.25))),
        ("sea lion:2", ((4, 2.0),)),
    ],
)
def test_a_class_is_its_number_or_a_name_of_its_own(written, mix) -> None:
    assert read_classes(written, NAMES) == mix


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("6", "There is no class 6. Classes are 0 tench, 1 goldfish"),
        ("goldfsh", "Did you mean goldfish (1)?"),
        ("lion", "sea lion (4)"),
        ("crane", "one of 2, 3"),
        ("1,goldfish", "named twice"),
        ("zzzzzz", "Classes are 0 tench, 1 goldfish"),
        ("", "There is no class"),
    ],
)
def test_a_wrong_class_is_told_in_a_sentence(written, said) -> None:
    with pytest.raises(RecipeError, match=r"\.") as caught:
        read_classes(written, NAMES[:5] if written == "" else NAMES)
    assert said in str(caught.value)


def test_a_model_without_classes_says_so() -> None:
    with pytest.raises(RecipeError, match="knows no classes"):
        read_classes("0", ())


def test_names_are_shortened_to_the_first_synonym() -> None:
    assert short_name(NAMES[0]) == "tench"
    assert class_name(1, NAMES) == "goldfish"
    assert class_name(5, NAMES) == "class 5"
    assert class_name(99, NAMES) == "class 99"


def test_names_that_begin_so_come_first_and_a_number_before_all() -> None:
    assert matching("t", NAMES)[0] == 0
    assert matching("CRANE", NAMES) == [2, 3]
    assert matching("4", NAMES) == [4]
    assert matching("", NAMES) == [0, 1, 2, 3, 4, 5]
    assert matching("zebra", NAMES) == []
