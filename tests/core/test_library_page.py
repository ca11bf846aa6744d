"""Every example of docs/LIBRARY.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PAGE = (Path(__file__).parents[2] / "docs" / "LIBRARY.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"## ([^\n]+)\n\n```python\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(16):
        Image.fromarray(np.full((16, 16, 3), 10 * index, np.uint8)).save(folder / f"{index}.png")
    return folder


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_runs(
    title: str, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, object] = {"PICTURES": str(pictures), "RUN": str(tmp_path / "run")}
    exec(compile(EXAMPLES[title], f"LIBRARY.md: {title}", "exec"), names)
    said = capsys.readouterr().out
    if title == "A picture":
        assert said == "(64, 64, 3)\n"
    if title == "A film's Recipes":
        assert said == "120\n"
    if title == "Training":
        assert said.splitlines()[-1].startswith("Ended 64")
