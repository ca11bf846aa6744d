"""What docs/PUBLISHED.md says opens can be chosen in the Open dialog, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ganlab.library.open_controller import PUBLISHED
from ganlab.window.file_dialogs import OPEN_FILTERS
from ganlab_core.importers.published import LAYOUTS

TABLE = Path(__file__).parents[3] / "docs" / "PUBLISHED.md"
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split("|")]
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and line.count("|") == 7 and not line.startswith("| network")
]


def endings(text: str) -> set[str]:
    return set(re.findall(r"\.[a-z]+(?=[`)\s,;]|$)", text)) - {".json"}


def offered(filters: str) -> set[str]:
    return {ending[1:] for ending in filters.rpartition("(")[2].rstrip(")").split()}


def test_the_table_is_read() -> None:
    assert len(ROWS) > 15
    assert {row[3] for row in ROWS} == {"yes", "named"}
    assert {row[4] for row in ROWS} == {"yes", "no", "generator"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}, {row[1]}"[:50])
def test_every_file_of_the_table_can_be_chosen(row: list[str]) -> None:
    named = endings(row[2])
    assert named or row[3] == "named" or "state dicts" in row[2] or row[2].startswith("`.pt`")
    assert named <= offered(OPEN_FILTERS[2]) & offered(OPEN_FILTERS[0])
    assert named <= set(PUBLISHED)


def test_what_can_be_chosen_is_in_the_table() -> None:
    known = {ending for row in ROWS for ending in endings(row[2])}
    assert offered(OPEN_FILTERS[2]) - {".safetensors"} == known == set(PUBLISHED)
    assert "safetensors" in TABLE.read_text(encoding="utf-8")


def test_every_kind_that_is_sensitivity_specificity_is_in_the_table() -> None:
    words = TABLE.read_text(encoding="utf-8").lower()
    for layout in LAYOUTS:
        kind = layout.name.removeprefix("a ").removeprefix("an ").partition(" of ")[0]
        if not layout.name.startswith("the "):
            assert kind.removeprefix("network").strip().lower() in words, layout.name
