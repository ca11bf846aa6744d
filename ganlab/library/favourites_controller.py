"""Keeping favourites: files beside the window's thread, and what a click on one does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from ganlab.engine.background_tasks import BackgroundTasks
from ganlab.library.gallery import GalleryPanel
from ganlab.window.messages import Messages
from ganlab_core.export import Favourite, favourites
from ganlab_core.files import favourites_dir
from ganlab_core.models import ModelInfo
from ganlab_core.rendering import Frame

Shown = tuple[Favourite, QImage]


class FavouriteShelf(QObject):
    """Knows the favourites, and lets the panel show them.

    Parameters
    ----------
    panel, tasks, messages
        Where they are seen, who reads and writes files, and where failures are told.
    on_desk
        Tells the frame that is shown and its model; None when there is none.
    show
        Puts a favourite on the desk.
    """

    def __init__(
        self,
        panel: GalleryPanel,
        tasks: BackgroundTasks,
        messages: Messages,
        on_desk: Callable[[], tuple[Frame, ModelInfo] | None],
        show: Callable[[Favourite], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._tasks = tasks
        self._messages = messages
        self._on_desk = on_desk
        self._known: list[Shown] = []
        self._deleted: list[Path] = []
        panel.keep_asked.connect(self.keep)
        panel.chosen.connect(show)
        panel.deleted.connect(self.delete)
        panel.restore_asked.connect(self.restore)
        panel.renamed.connect(self._on_renamed)

    @property
    def known(self) -> list[Favourite]:
        """All favourites, newest first."""
        return [favourite for favourite, _ in self._known]

    def load(self) -> None:
        """Read the favourites of other days, and forget for good what was deleted then."""
        self._tasks.start(partial(_read_all, favourites_dir()), self._on_read)

    def keep(self) -> None:
        """Keep the picture on the desk."""
        found = self._on_desk()
        if found is None:
            self._messages.tell("There is no picture to keep yet.")
            return
        frame, info = found
        self._tasks.start(partial(_keep, favourites_dir(), frame, info), self._on_kept)

    def delete(self, favourite: Favourite) -> None:
        """Take a favourite away; `restore` brings it back."""
        self._tasks.start(
            partial(favourites.delete, favourite), partial(self._on_deleted, favourite)
        )

    def restore(self) -> None:
        """Bring back what was deleted last."""
        if self._deleted:
            self._tasks.start(partial(_restore, self._deleted.pop()), self._on_kept)

    def _on_read(self, found: list[Shown]) -> None:
        self._known = found
        self._refresh()

    def _on_kept(self, shown: Shown) -> None:
        self._known.append(shown)
        self._refresh()
        self._messages.tell("Kept among the favourites.", passing=True)

    def _on_deleted(self, favourite: Favourite, aside: Path) -> None:
        self._deleted.append(aside)
        self._known = [pair for pair in self._known if pair[0].path != favourite.path]
        self._refresh()

    def _on_renamed(self, favourite: Favourite, name: str, tags: tuple[str, ...]) -> None:
        self._tasks.start(partial(favourites.rename, favourite, name, tags), self._on_new_name)

    def _on_new_name(self, renamed: Favourite) -> None:
        self._known = [
            (renamed, image) if known.path == renamed.path else (known, image)
            for known, image in self._known
        ]
        self._refresh()

    def _refresh(self) -> None:
        self._known.sort(key=lambda pair: pair[0].path.name, reverse=True)
        self._panel.show_favourites(self._known)
        self._panel.set_restorable(bool(self._deleted))


def _read_all(folder: Path) -> list[Shown]:
    favourites.empty_bin(folder)
    return [(kept, QImage(str(kept.path))) for kept in favourites.read_favourites(folder)]


def _keep(folder: Path, frame: Frame, info: ModelInfo) -> Shown:
    kept = favourites.keep(folder, frame.pixels, frame.recipe, info)
    return kept, QImage(str(kept.path))


def _restore(aside: Path) -> Shown:
    kept = favourites.restore(aside)
    return kept, QImage(str(kept.path))
