"""What every view of the inside is: it shows a Recipe, and asks about it only while it is seen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ganlab.inside.asker import Asker
from ganlab.panels.recipe_widget import RecipeWidget
from ganlab_core.capabilities import Capabilities
from ganlab_core.frame import Frame
from ganlab_core.inspection.answers import Answer

QUICK_MS = 0
SLOW_MS = 350
"""How long a picture must have stayed before something slow is asked about it."""


class LiveView(RecipeWidget):
    """Hears of every frame, and asks its questions while it is on the screen.

    Signals
    -------
    asked(str, Question), dropped(str)
        From its askers.
    """

    asked = Signal(str, object)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.can: Capabilities | None = None
        self.frame: Frame | None = None
        self.askers: dict[str, Asker] = {}

    def add_asker(self, topic: str, rest_ms: int) -> Asker:
        """An asker whose questions and answers pass through here."""
        asker = self.askers[topic] = Asker(topic, rest_ms, self)
        asker.asked.connect(self.asked)
        asker.dropped.connect(self.dropped)
        return asker

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Take what the model can do, and offer what that means."""
        self.can = can
        self.offer()

    def offer(self) -> None:
        """Offer what the model can do; by default nothing depends on it."""

    def refresh(self) -> None:
        """Bring every control to what `recipe` says; by default there are none."""

    def show_frame(self, frame: Frame) -> None:
        """Take the picture that is shown now."""
        self.frame = frame
        if self.isVisible():
            self.look()

    def look(self) -> None:
        """Ask what is to be known about the picture now shown; called while on the screen."""
        raise NotImplementedError

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Take an answer to one of this view's questions."""
        raise NotImplementedError

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far an answer is; by default it comes when it comes."""

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        self.frame = None
        for asker in self.askers.values():
            asker.forget()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask what was not asked while nobody looked."""
        super().showEvent(event)
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give up what nobody sees."""
        for asker in self.askers.values():
            asker.drop()
        super().hideEvent(event)
