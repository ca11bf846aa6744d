"""A picture that ganlab saved, put back on the desk together with the model that made it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ganlab.messages import Messages
from ganlab.session import Session
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Recipe
from ganlab_core.recipe_fit import fit
from ganlab_core.recipe_words import recipe_diff

if TYPE_CHECKING:
    from ganlab_core.export.png import Embedded


class Matcher(QObject):
    """Finds the model of the picture last opened, once it is known what there is to choose from.

    Signals
    -------
    model_wanted(str)
        The path of the model that made the picture.
    """

    model_wanted = Signal(str)

    def __init__(self, session: Session, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self._library: list[ModelInfo] | None = None
        self._picture: tuple[Recipe, str, str] | None = None

    def show_library(self, models: list[ModelInfo]) -> None:
        """Choose among these models from now on."""
        self._library = models
        self.match()

    def show_picture(self, recipe: Recipe, fingerprint: str, model_name: str, label: str) -> None:
        """Put a kept Recipe on the desk, and ask for its model or say why that cannot be."""
        self._session.edit(recipe, label)
        self._picture = (recipe, fingerprint, model_name)
        self.match()

    def match(self) -> None:
        """Ask for the picture's model where there is one to ask for and something to compare with."""
        picture, now, library = self._picture, self._session.info, self._library
        if picture is None or now is None or library is None:
            return
        self._picture = None
        recipe, fingerprint, model_name = picture
        if fingerprint == now.fingerprint:
            return
        for info in library:
            if info.fingerprint == fingerprint:
                self.model_wanted.emit(str(info.path))
                return
        self._messages.tell(
            f"This picture was made with {model_name or 'another model'}, which is not in "
            f"the library; its Recipe is shown with {now.title or now.name}.",
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
