"""How many threads render: the same number everywhere, because it decides the last bit of a picture."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from ganlab_core.cli import main
from ganlab_core.device import leave_a_core


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def test_rendering_leaves_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = max(1, cores() - 1)
    assert leave_a_core() == torch.get_num_threads() == expected
    assert leave_a_core() == expected, "asked twice it takes no more away"


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    torch.set_num_threads(7)
    assert leave_a_core() == 7


@pytest.mark.usefixtures("model_file")
def test_the_command_line_renders_with_as_many(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    expected = max(1, cores() - 1)
    assert main(["render", "tiny", "--out", str(tmp_path), "--device", "cpu"]) == 0
    assert torch.get_num_threads() == expected
