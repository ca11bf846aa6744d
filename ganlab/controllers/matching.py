"""The model that made a picture or a film that ganlab saved, found again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ganlab.messages import Messages
from ganlab.session import Session
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Recipe, fit, recipe_diff

if TYPE_CHECKING:
    from ganlab_core.export.png import Embedded


MADE_BY = {"picture": "Recipe", "film": "Timeline"}


class Matcher(QObject):
    """Finds the model of what was last opened, once it is known what there is to choose from.

    Signals
    -------
    model_wanted(str)
        The path of the model that made it.
    """

    model_wanted = Signal(str)

    def __init__(self, session: Session, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self._library: list[ModelInfo] | None = None
        self._made: tuple[str, Recipe, str, str] | None = None

    def show_library(self, models: list[ModelInfo]) -> None:
        """Choose among these models from now on."""
        self._library = models
        self.match()

    def look_for(self, what: str, recipe: Recipe, fingerprint: str, model_name: str) -> None:
        """Ask for the model of a picture or a film, or say why that cannot be and what differs."""
        self._made = (what, recipe, fingerprint, model_name)
        self.match()

    def match(self) -> None:
        """Ask for the model where there is one to ask for and something to compare with."""
        made, now, library = self._made, self._session.info, self._library
        if made is None or now is None or library is None:
            return
        self._made = None
        what, recipe, fingerprint, model_name = made
        if fingerprint == now.fingerprint:
            return
        for info in library:
            if info.fingerprint == fingerprint:
                self.model_wanted.emit(str(info.path))
                return
        self._messages.tell(
            f"This {what} was made with {model_name or 'another model'}, which is not in "
            f"the library; its {MADE_BY[what]} is shown with {now.title or now.name}.",
            "\n".join(self._what_differs(recipe, fingerprint, now)),
        )

    def _what_differs(self, recipe: Recipe, fingerprint: str, now: ModelInfo) -> list[str]:
        """How the model on the desk shows a Recipe differently from the one it was made with."""
        can = self._session.capabilities
        lost = [] if can is None else recipe_diff(recipe, fit(recipe, can), now.classes)
        known = [f"model {fingerprint or 'unknown'} → {now.fingerprint}"]
        return [*known, *lost] if lost else [*known, "This model can do all the Recipe asks for."]


def read_saved_picture(path: Path) -> Embedded:
    """What a picture says about its making; the decoders are loaded with the first one."""
    from ganlab_core.export.pictures import read_picture

    return read_picture(path)
