"""Stopping on a signal at the next good moment; a second signal does not wait for it."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType


class Stopping:
    """While entered, SIGINT and SIGTERM are noted instead of ending the process.

    Attributes
    ----------
    signal
        The signal that asked to stop; None while nobody has.
    """

    class Asked(Exception):
        """Raised by `give_up_if_asked`."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Stopping:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def status(self) -> int:
        """The exit status: 0, or 128 + the signal's number as shells have it."""
        return 0 if self.signal is None else 128 + self.signal

    def give_up_if_asked(self) -> None:
        """Raise `Asked` if a signal has come: for work that leaves nothing to save."""
        if self.signal is not None:
            raise Stopping.Asked

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
