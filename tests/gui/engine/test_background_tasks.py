"""BackgroundTasks: work beside the window, answers on the window's thread."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.engine.background_tasks import BackgroundTasks


class Hearer(QObject):
    """Remembers what came back, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []
        self.threads: list[threading.Thread] = []

    def hear(self, result: object) -> None:
        self.results.append(result)
        self.threads.append(threading.current_thread())


@pytest.fixture
def tasks(qapp: object) -> Iterator[BackgroundTasks]:
    tasks = BackgroundTasks()
    yield tasks
    tasks.finish()


def test_work_is_done_elsewhere_and_answered_here(tasks: BackgroundTasks, qtbot: QtBot) -> None:
    hearer = Hearer()
    tasks.start(threading.get_ident, hearer.hear)
    qtbot.waitUntil(lambda: bool(hearer.results))
    assert hearer.results != [threading.get_ident()]
    assert hearer.threads == [threading.main_thread()]


def test_a_failure_is_told(tasks: BackgroundTasks, qtbot: QtBot) -> None:
    hearer = Hearer()
    with qtbot.waitSignal(tasks.failed) as told:
        tasks.start(lambda: 1 / 0, hearer.hear)
    assert isinstance(told.args[0], ZeroDivisionError)
    assert hearer.results == []


def test_errands_are_run_in_order(tasks: BackgroundTasks, qtbot: QtBot) -> None:
    hearer = Hearer()
    for number in range(20):
        tasks.start(lambda number=number: number, hearer.hear)
    qtbot.waitUntil(lambda: len(hearer.results) == 20)
    assert hearer.results == list(range(20))


def test_what_is_done_at_the_end_is_done_but_told_to_nobody(
    tasks: BackgroundTasks, qapp: QApplication
) -> None:
    hearer, done = Hearer(), threading.Event()
    tasks.start(done.set, hearer.hear)
    tasks.finish()
    qapp.processEvents()
    assert done.is_set()
    assert hearer.results == []


class Errand:
    """A piece of work that can be known by a weak reference."""

    def __init__(self, done: threading.Event) -> None:
        self._done = done

    def __call__(self) -> None:
        self._done.set()


def test_what_is_done_is_forgotten(tasks: BackgroundTasks, qtbot: QtBot) -> None:
    """Also what is done before `start` has come back: a QRunnable would then be kept."""
    hearer = Hearer()
    known: list[weakref.ref[Errand]] = []
    for _ in range(1000):
        done = threading.Event()
        errand = Errand(done)
        known.append(weakref.ref(errand))
        tasks.start(errand, hearer.hear)
        del errand
        done.wait()
    qtbot.waitUntil(lambda: len(hearer.results) == len(known))
    qtbot.waitUntil(lambda: all(one() is None for one in known))
