"""What all tests share: a home of their own, shapes that hold, and time for a busy machine."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator

import pytest
from hypothesis import settings

from ganlab_core.before_torch import wait_briefly
from tests.shapes import check_shapes, check_shapes_of

settings.register_profile("ganlab", deadline=None, max_examples=50)
settings.load_profile("ganlab")
check_shapes()  # before anything imports a network
wait_briefly()  # before anything imports torch: its threads wait in tests as they do in the program


def pytest_configure(config: pytest.Config) -> None:
    """Whatever a test or one of its processes leaves goes into a home that goes with the session."""
    home = tempfile.mkdtemp(prefix="ganlab-tests-")
    os.environ["GANLAB_HOME"] = home
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave the garbage collector off meanwhile: all that is made stays, and it would look often."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what thousands of collected tests are made of; it all stays.

    Looking through it takes a third of a second, and tests of the window have it done after each.
    """
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    check_shapes_of(item.path)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever looks for tests that hang on the order of threads change that order."""
    parser.addoption(
        "--delay-threads", type=int, metavar="SEED", help="delay the window's threads at random"
    )
