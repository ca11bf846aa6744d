"""What all tests share: shapes in signatures hold, and hypothesis gives a busy machine its time."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.shapes import check_shapes, check_shapes_of

settings.register_profile("ganlab", deadline=None, max_examples=50)
settings.load_profile("ganlab")
check_shapes()  # before anything imports a network


def pytest_runtest_setup(item: pytest.Item) -> None:
    check_shapes_of(item.path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever looks for tests that hang on the order of threads change that order."""
    parser.addoption(
        "--delay-threads", type=int, metavar="SEED", help="delay the window's threads at random"
    )
