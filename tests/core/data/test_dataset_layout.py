"""Class folders, wrapping folders, and numbers for the classes."""

from __future__ import annotations

import pytest

from ganlab_core.data.decode import class_folders, number_classes, printable


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        ([], None),
        (["a.png", "b.png"], None),
        (["cat/a.png", "dog/b.png"], ("cat", "dog")),
        (["cat/x/a.png", "cat/y/b.png", "dog/c.png"], ("cat", "cat", "dog")),
        (["all/a.png", "all/b.png"], None),
        (["set/cat/a.png", "set/dog/b.png"], ("cat", "dog")),
        (["one/two/cat/a.png", "one/two/dog/b.png"], ("cat", "dog")),
        (["set/a.png", "set/dog/b.png"], None),
        (["a.png", "dog/b.png"], None),
    ],
)
def test_folders_give_classes(names, folders):
    assert class_folders(names) == folders


def test_classes_are_sorted_and_numbered_without_holes():
    classes, labels = number_classes(["dog", "cat", "dog", "ape"])
    assert classes == ("ape", "cat", "dog")
    assert labels.tolist() == [2, 1, 2, 0]


def test_one_class_is_none():
    classes, labels = number_classes(["cat", "cat"])
    assert classes == ()
    assert labels.tolist() == [0, 0]


def test_names_that_would_upset_a_terminal_become_printable():
    assert printable("caf\udce9 \x1b[2J été") == "caf? ?[2J été"
