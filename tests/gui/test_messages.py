"""Messages: one funnel for everything that goes wrong."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ganlab.window.messages import Messages, Notice, report_of
from ganlab_core.errors import GanlabError


@pytest.fixture
def messages(qapp: object) -> Iterator[Messages]:
    messages = Messages()
    yield messages
    messages.uninstall()


def test_an_expected_failure_is_said_in_its_own_words(messages: Messages, qtbot: QtBot) -> None:
    with qtbot.waitSignal(messages.noticed) as told:
        messages.show_error(GanlabError("It broke.", "Mend it."))
    assert told.args == [Notice("It broke. Mend it.")]


def test_the_cause_of_a_failure_is_behind_the_details(messages: Messages, qtbot: QtBot) -> None:
    error = GanlabError("It broke.")
    error.__cause__ = ValueError("the reason")
    with qtbot.waitSignal(messages.noticed) as told:
        messages.show_error(error)
    assert "the reason" in told.args[0].details


def test_a_failure_of_the_disk_is_a_sentence(messages: Messages, qtbot: QtBot) -> None:
    with qtbot.waitSignal(messages.noticed) as told:
        messages.show_error(PermissionError(13, "Permission denied", "a.json"))
    assert told.args[0].text.endswith("failed: Permission denied (a.json).")


def test_an_unexpected_failure_is_a_report(messages: Messages, qtbot: QtBot) -> None:
    with qtbot.waitSignal(messages.crashed) as told:
        messages.show_error(ZeroDivisionError("a slip"))
    assert "ZeroDivisionError: a slip" in told.args[0]
    assert "Python" in told.args[0]


def test_errors_that_nobody_caught_arrive(
    messages: Messages, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    messages.install()
    error = ZeroDivisionError("a slip")
    with qtbot.waitSignal(messages.crashed):
        sys.excepthook(type(error), error, None)
    with qtbot.waitSignal(messages.noticed):
        sys.excepthook(GanlabError, GanlabError("Expected."), None)


def test_errors_of_other_threads_arrive_on_this_one(messages: Messages, qtbot: QtBot) -> None:
    messages.install()

    def slip() -> None:
        raise ZeroDivisionError("elsewhere")

    thread = threading.Thread(target=slip)
    with qtbot.waitSignal(messages.crashed) as told:
        thread.start()
    thread.join()
    assert "elsewhere" in told.args[0]


def test_an_interrupt_is_no_error(messages: Messages, qtbot: QtBot) -> None:
    messages.install()
    with qtbot.assertNotEmitted(messages.crashed):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)


def test_a_report_does_not_tell_the_persons_name() -> None:
    try:
        raise ValueError(f"in {Path.home()}/secret")
    except ValueError as error:
        report = report_of(error)
    assert str(Path.home()) not in report
    assert "~/secret" in report
