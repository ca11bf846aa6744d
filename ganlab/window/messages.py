"""The one funnel of what goes wrong: expected failures as notices, the rest as reports."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal, qVersion

from ganlab_core.errors import GanlabError, explain_os_error
from ganlab_core.version import ganlab_version


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person.

    Attributes
    ----------
    text
        The sentence.
    details
        What stands behind it, where there is more to say.
    passing
        Whether it need not be put away by hand.
    """

    text: str
    details: str = ""
    passing: bool = False


class Messages(QObject):
    """Turns errors into notices and reports; may be called from any thread.

    Signals
    -------
    noticed(Notice)
        Something expected happened; show it beside the picture.
    crashed(str)
        Something unexpected happened; save everything, then show this report.
    """

    noticed = Signal(object)
    crashed = Signal(object)

    def tell(self, sentence: str, details: str = "", *, passing: bool = False) -> None:
        """Say one sentence, with more to read behind it; a `passing` one goes away by itself."""
        self.noticed.emit(Notice(sentence, details, passing))

    def show_error(self, error: BaseException) -> None:
        """Say an expected failure in its own words; report any other one."""
        if isinstance(error, GanlabError):
            self.noticed.emit(Notice(str(error), _cause_of(error)))
        elif isinstance(error, OSError):
            self.noticed.emit(Notice(explain_os_error(error, "working with the file")))
        else:
            self.crashed.emit(report_of(error))

    def install(self) -> None:
        """Route the errors that nobody caught, in any thread, here."""
        sys.excepthook = self._on_uncaught
        threading.excepthook = self._on_uncaught_in_thread

    def uninstall(self) -> None:
        """Give uncaught errors back to Python."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _on_uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        sys.__excepthook__(kind, error, trace)
        self.show_error(error.with_traceback(trace))

    def _on_uncaught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._on_uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)


def report_of(error: BaseException) -> str:
    """A report for the makers: versions and the traceback, without the person's name in paths."""
    lines = [
        f"ganlab {ganlab_version()}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"torch {_version_of('torch')}",
        platform.platform(),
        "",
        *(line.rstrip() for line in traceback.format_exception(error)),
    ]
    return _without_home("\n".join(lines))


def _version_of(package: str) -> str:
    """The installed version of a package, or "(not installed)"."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return "(not installed)"


def _cause_of(error: GanlabError) -> str:
    if error.__cause__ is None:
        return ""
    return _without_home("".join(traceback.format_exception(error.__cause__)).strip())


def _without_home(text: str) -> str:
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
