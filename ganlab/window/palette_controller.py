"""What the command palette offers: actions, panels, models, presets, favourites."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget

from ganlab.library.favourites_controller import Gallery
from ganlab.library.open_controller import Opener
from ganlab.library.preset_controller import Presetter
from ganlab.window.main_window import MainWindow
from ganlab.window.palette import Command, Palette
from ganlab_core.recipe import latent_words

NOT_NOW = "This cannot be done now: open a model first, or change something."


class Commander(QObject):
    """Opens the palette with everything that can be done.

    Parameters
    ----------
    window, opener, gallery, presetter
        Where actions and panels, models, favourites and presets are known.

    Signals
    -------
    favourite_chosen(Favourite)
        To show this one.
    """

    favourite_chosen = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        opener: Opener,
        gallery: Gallery,
        presetter: Presetter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._opener = opener
        self._gallery = gallery
        self._presetter = presetter

    def open(self) -> None:
        """Show the palette; it goes by itself."""
        Palette(self.commands(), self._window).open()

    def commands(self) -> list[Command]:
        """Everything there is, actions first."""
        return [*self._actions(), *self._panels(), *self._models(), *self._kept()]

    def _actions(self) -> Iterator[Command]:
        actions = self._window.actions_
        for group in actions.groups():
            for action in actions.group(group):
                if action.objectName() != "palette":
                    yield _of(action, group)

    def _panels(self) -> Iterator[Command]:
        for dock in self._window.findChildren(QDockWidget):
            name = dock.windowTitle()
            text = f"Hide {name}" if dock.isVisible() else f"Show {name}"
            yield Command(text, "Panel", "", partial(self._toggle, dock))

    def _toggle(self, dock: QDockWidget) -> None:
        """Show a panel and put the keyboard into it, or hide it and give it to the picture."""
        shown = not dock.isVisible()
        dock.setVisible(shown)
        if shown:
            dock.raise_()
            inside = dock.widget().nextInFocusChain()
            if inside is not None and dock.isAncestorOf(inside):
                inside.setFocus()
        else:
            self._window.canvas.setFocus()

    def _models(self) -> Iterator[Command]:
        for info in self._opener.library:
            title = info.title or info.name
            yield Command(title, "Model", "", partial(self._opener.open, info.path))

    def _kept(self) -> Iterator[Command]:
        for preset in self._presetter.known:
            yield Command(preset.name, "Preset", "", partial(self._presetter.apply, preset))
        for favourite in self._gallery.known:
            plain = latent_words(favourite.recipe.latent)
            name = favourite.name or f"{favourite.model_name} {plain}"
            words = " ".join((name, *favourite.tags))
            run = partial(self.favourite_chosen.emit, favourite)
            yield Command(words, "Favourite", "", run)


def _of(action: QAction, group: str) -> Command:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    text = action.text().replace("&", "").replace("…", "")
    return Command(text, group, keys, action.trigger, "" if action.isEnabled() else NOT_NOW)
