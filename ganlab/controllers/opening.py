"""Opening: models, runs, Recipes and pictures, from the menu, the command line or a drop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ganlab.controllers.matching import Matcher, read_saved_picture
from ganlab.controllers.paths import Opened, look_at, read_film, read_json
from ganlab.dialogs.files import ask_file, ask_run_folder
from ganlab.main_window import MainWindow
from ganlab.messages import Messages
from ganlab.model_cards import read_cards
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.workers.errands import Errands
from ganlab.workers.render_loop import Loaded
from ganlab.workers.render_worker import RenderWorker
from ganlab.workers.run_watcher import RunWatcher
from ganlab_core.library import find_models
from ganlab_core.model_info import ModelInfo
from ganlab_core.recipe import Mix, Recipe
from ganlab_core.training.runs import remember_run

if TYPE_CHECKING:
    from ganlab_core.export.film_json import FilmNote
    from ganlab_core.export.png import Embedded

WAKING = "Waking the network…"
NO_MODEL = "There is no model here yet. Open one with Ctrl+O, or drop it on this window."


class Opener(QObject):
    """Opens whatever a person points at, and remembers what was opened.

    Parameters
    ----------
    session, window, worker, messages, settings
        Where things go: Recipes to the session, models to the worker, sentences to the window.
    errands
        Reads the small files.

    Attributes
    ----------
    library
        The models that were found.

    Signals
    -------
    run_opened(Path or None)
        Another run is watched, or none any more.
    pictures_found(Path)
        A folder or zip of pictures was opened, which can be trained on.
    film_opened(Timeline)
        A film or a timeline was opened.
    """

    run_opened = Signal(object)
    pictures_found = Signal(object)
    film_opened = Signal(object)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        errands: Errands,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._worker = worker
        self._errands = errands
        self._messages = messages
        self._settings = settings
        self.library: list[ModelInfo] = []
        self._watcher = RunWatcher(parent=self)
        self._follows = True
        self._rests = False
        self._missed: Path | None = None
        self._asked = 0
        self._found = 0
        self._awaiting_default = False
        self._fell_back = False
        self._looked = False
        self._matcher = Matcher(session, messages, self)
        self._connect()

    def _connect(self) -> None:
        window, watcher = self._window, self._watcher
        window.path_chosen.connect(self.open)
        window.paths_dropped.connect(self.open_all)
        window.source_dropped.connect(self.mix_in)
        window.actions_["open_model"].triggered.connect(self._on_ask_file)
        window.actions_["open_run"].triggered.connect(self._on_ask_run)
        self._matcher.model_wanted.connect(self._open_model)
        self._worker.loaded.connect(self._on_loaded)
        self._worker.failed.connect(self._on_failed)
        watcher.model_saved.connect(self._on_run_model)
        watcher.sheet_drawn.connect(window.show_sheet)
        watcher.progressed.connect(window.train.show_status)
        watcher.failed.connect(self._messages.show_error)

    # --- the first model -------------------------------------------------------------------------

    def start(self, model: str) -> None:
        """Put a model on the desk unasked: the named one, else the first of the library."""
        if model:
            self._open_model(model)
        else:
            self._awaiting_default = True
            self._say(WAKING)
        self.look_for_models()

    def look_for_models(self) -> None:
        """Look through the library, now or once more."""
        self._errands.start(find_models, self._on_library)

    def stop(self) -> None:
        """Watch no run any more."""
        self._watcher.stop()

    def _on_library(self, models: list[ModelInfo]) -> None:
        self.library = models
        self._looked = True
        self._window.menus.show_models(models)
        self._read_cards()
        if self._awaiting_default:
            self._open_default()
        self._matcher.show_library(models)

    def _read_cards(self) -> None:
        """Look at the faces of the models, which takes reading files."""
        work = partial(read_cards, list(self.library), self._settings.recent)
        self._errands.start(work, self._window.show_cards)

    def _open_default(self) -> None:
        self._awaiting_default = False
        if self.library:
            self._open_model(str(self.library[0].path))
        else:
            self._say(NO_MODEL)

    def _say(self, sentence: str) -> None:
        """Say something in the place of the picture, and let the desk say nothing else."""
        self._window.canvas.show_message(sentence)
        self._window.desk.invite(sentence == NO_MODEL)

    # --- by kind ---------------------------------------------------------------------------------

    def open_all(self, paths: Sequence[Path]) -> None:
        """Open what was dropped, one after the other."""
        for path in paths:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a model file, a run folder, a Recipe or a PNG; failures become a sentence."""
        self._asked += 1
        self._errands.start(partial(look_at, path), partial(self._on_found, self._asked))

    def _on_found(self, asked: int, found: Opened) -> None:
        if asked < self._found:
            return  # its disk was slow, and something else has been opened meanwhile
        self._found = asked
        self._remember(found.path)
        match found.kind:
            case "model":
                self.let_run_go()
                self._open_model(str(found.path))
            case "run":
                self._open_run(found.path)
            case "pictures":
                self.pictures_found.emit(found.path)
            case "recipe":
                self._errands.start(partial(read_json, found.path), self._on_json)
            case "film":
                self._errands.start(partial(read_film, found.path), self._on_film)
            case "picture":
                self._errands.start(partial(read_saved_picture, found.path), self._on_picture)

    def _remember(self, path: Path) -> None:
        self._settings.add_recent(path)
        self._settings.last_folder = path.parent
        self._window.menus.show_recent(self._settings.recent)
        self._read_cards()

    def _open_model(self, name: str) -> None:
        self._awaiting_default = False
        shown = self._session.info
        if shown is not None and str(shown.path) == name:
            pass  # newer weights of the same file: the change is to be seen, not announced
        elif self._window.canvas.image.isNull():
            self._say(WAKING)
        else:
            self._window.canvas.show_note(WAKING)
        self._worker.open_model(name)

    def _on_json(self, found: Recipe | FilmNote) -> None:
        if isinstance(found, Recipe):
            self._session.edit(found, "open Recipe")
        else:
            self._on_film(found)

    def _on_film(self, film: FilmNote) -> None:
        """Restore a film: its Timeline, and its model where that is in the library."""
        self.film_opened.emit(film.timeline)
        if film.fingerprint:
            first = film.timeline.recipe_at(0.0)
            self._matcher.look_for("film", first, film.fingerprint, film.model_name)

    def _on_picture(self, picture: Embedded) -> None:
        """Restore a picture: its Recipe, and its model where that is in the library."""
        self.show_picture(picture.recipe, picture.fingerprint, picture.model_name, "open picture")

    def show_picture(self, recipe: Recipe, fingerprint: str, model_name: str, label: str) -> None:
        """Put a kept Recipe on the desk, with its model where that is in the library.

        Where it is not, the person is told what differs with the model on the desk.
        """
        self._session.edit(recipe, label)
        self._matcher.look_for("picture", recipe, fingerprint, model_name)

    def mix_in(self, resolution: int, path: Path) -> None:
        """Mix the style of a picture saved by ganlab in at one resolution."""
        self._errands.start(
            partial(read_saved_picture, path), partial(self._mix_picture, resolution)
        )

    def _mix_picture(self, resolution: int, picture: Embedded) -> None:
        mix = Mix(picture.recipe.latent)
        self._session.edit(self._session.recipe.with_mix_at(resolution, mix), "mix picture")

    # --- runs ------------------------------------------------------------------------------------

    def _open_run(self, folder: Path) -> None:
        self._awaiting_default = False
        self._follows = True
        self._errands.start(partial(remember_run, folder), _nothing)
        self._window.show_run(folder.name)
        self._watcher.watch(folder)
        self.run_opened.emit(folder)

    @property
    def watcher(self) -> RunWatcher:
        """What watches the run that is open."""
        return self._watcher

    def follow_models(self, on: bool) -> None:
        """Put every newer model of the run on the desk, or leave what is there."""
        self._follows = on
        newest = self._watcher.model
        if on and newest is not None:
            self._open_model(str(newest))

    def show_model_of_run(self, path: Path) -> None:
        """Put an older model of the run on the desk; the Recipe stays."""
        self._follows = False
        self._open_model(str(path))

    def rest(self, on: bool) -> None:
        """Open no newer models while nobody sees them; afterwards open the newest."""
        was, self._rests = self._rests, on
        newest = self._watcher.model
        if was and not on and self._follows and newest is not None and newest == self._missed:
            self._open_model(str(newest))
        self._missed = None

    def look_at_run(self) -> None:
        """Look at once whether the run has something new."""
        self._watcher.look()

    def let_run_go(self) -> None:
        """Watch no run any more."""
        self._watcher.let_go()
        self._window.hide_run()
        self.run_opened.emit(None)

    def _on_run_model(self, path: Path) -> None:
        if self._rests:
            self._missed = path
        elif self._follows:
            self._open_model(str(path))

    # --- what came of it -------------------------------------------------------------------------

    def _on_loaded(self, loaded: Loaded) -> None:
        self._window.canvas.show_note("")
        self._window.show_model(loaded.info, loaded.can)
        self._session.set_model(loaded.info, loaded.can)
        self._settings.last_model = str(loaded.info.path)
        self._matcher.match()

    def _on_failed(self, error: Exception) -> None:
        self._window.canvas.show_note("")
        self._messages.show_error(error)
        if self._session.info is None and not self._fell_back:
            self._fell_back = True
            self._awaiting_default = not self._looked
            if self._looked:
                self._open_default()

    def _on_ask_file(self) -> None:
        ask_file(self._window, self._settings.last_folder, self._on_file_chosen)

    def _on_ask_run(self) -> None:
        ask_run_folder(self._window, self._settings.last_folder, self._on_file_chosen)

    def _on_file_chosen(self, path: str) -> None:
        self.open(Path(path))


def _nothing(_done: None) -> None:
    """It is for the next time."""
