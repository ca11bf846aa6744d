"""Asking one kind of question at a time, and only when somebody looks."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ganlab_core.inspection.questions import Question


class Asker(QObject):
    """Asks the newest question of its topic when the hand has rested, each question once.

    Parameters
    ----------
    topic
        What answers are told apart by.
    rest_ms
        How long no newer question must have come before one is asked.

    Signals
    -------
    asked(str, Question), dropped(str)
        A question, and that the answer is not wanted any more.
    """

    asked = Signal(str, object)
    dropped = Signal(str)

    def __init__(self, topic: str, rest_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self.topic = topic
        self._wish: Question | None = None
        self._asked: Question | None = None
        self._open = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(rest_ms)
        self._timer.timeout.connect(self._on_rested)

    def want(self, question: Question | None) -> None:
        """Want this answered; an equal question is not asked again, None wants nothing."""
        if question is None:
            self.drop()
        elif question != self._asked:
            self._wish = question
            self._timer.start()

    def drop(self) -> None:
        """Want nothing any more; an answer that is still on its way will have to be asked for again."""
        self._timer.stop()
        self._wish = None
        if self._open:
            self._open = False
            self._asked = None
            self.dropped.emit(self.topic)

    def forget(self) -> None:
        """Know nothing, as after another model came: its answers are not those."""
        self._timer.stop()
        self._wish = self._asked = None
        self._open = False

    def close(self) -> None:
        """Take note that the question is answered."""
        self._open = False

    def _on_rested(self) -> None:
        if self._wish is not None:
            self._asked, self._wish = self._wish, None
            self._open = True
            self.asked.emit(self.topic, self._asked)
