"""Opening: models, runs, Recipes and pictures, from the menu, the command line or a drop.

Models to choose from stand in a list: each with its face, its name and one line.
"""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, place_below
from ganlab.engine import BackgroundTasks, Loaded, RenderWorker
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import COLOUR, RADIUS, plain_tip
from ganlab.window import MainWindow, Messages, Tile, ask_file, ask_run_folder
from ganlab_core.data import is_film, looks_like_a_picture
from ganlab_core.errors import CheckpointError, GanlabError
from ganlab_core.files import bundled_models_dir
from ganlab_core.models import THUMBNAIL, ModelInfo, architecture_name, find_models, read_info
from ganlab_core.recipe import Capabilities, Mix, Recipe, fit, recipe_diff
from ganlab_core.timeline import LARGEST_TIMELINE

if TYPE_CHECKING:
    from ganlab_core.export import Embedded, Favourite, FilmNote


# What lists of models show of each: its name, one line, and its face.
# The face is the PNG in the header's provenance (`"thumbnail"`, base64), else `<model>.png`
# beside the file: the whole of it when it is square, and the first tile when it is a sheet of
# samples.

SIDE = 96
"""Pixels kept of a face."""

PICTURED_BESIDE = (".pkl", ".pth", ".pt", ".bin")
LARGEST_PICTURE = 32 * 2**20


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model in a list.

    Attributes
    ----------
    path
        Its file.
    title
        Its name for people.
    line
        Architecture, size, classes and licence.
    group
        `"bundled"`, `"yours"` or `"opened last"`.
    face
        At most 96 px wide; None when it has none.
    brief
        As much of the line as a tile has room for; empty where there is none.
    """

    path: Path
    title: str
    line: str
    group: str
    face: QImage | None
    brief: str = ""


def read_cards(models: Sequence[ModelInfo], recent: Iterable[Path]) -> list[ModelCard]:
    """Cards of the library's models, then of those opened last that are not among them."""
    bundled = bundled_models_dir()
    cards = [
        card_of(info, "bundled" if info.path.parent == bundled else "yours") for info in models
    ]
    known = {info.path for info in models}
    fresh = (card for path in recent if path not in known if (card := _recent_card(path)))
    return [*cards, *fresh]


BETWEEN = " \N{MIDDLE DOT} "


def card_of(info: ModelInfo, group: str) -> ModelCard:
    """The card of a model file of ours."""
    kind, size = architecture_name(info.architecture), f"{info.resolution} px"
    many = [f"{len(info.classes)} classes"] if info.classes else []
    facts = [kind, size, *many]
    brief = BETWEEN.join([kind, *(many or [size])])
    line = BETWEEN.join([*facts, info.licence] if info.licence else facts)
    return ModelCard(info.path, info.title or info.name, line, group, face_of(info), brief)


def face_of(info: ModelInfo) -> QImage | None:
    """The picture that stands for a model; None when nobody gave it one."""
    kept = info.provenance.get(THUMBNAIL)
    image = _decoded(kept) if isinstance(kept, str) else QImage()
    if image.isNull():
        image = _beside(info)
    if image.isNull():
        return None
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image if image.width() <= SIDE else image.scaled(SIDE, SIDE, keep, smooth)


def _recent_card(path: Path) -> ModelCard | None:
    if path.suffix.lower() in PICTURED_BESIDE:
        return ModelCard(path, path.stem, "a published checkpoint", "opened last", None)
    if path.suffix.lower() != ".safetensors":
        return None
    try:
        return card_of(read_info(path), "opened last")
    except CheckpointError:
        return None


def _decoded(text: str) -> QImage:
    try:
        return QImage.fromData(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QImage()


def _beside(info: ModelInfo) -> QImage:
    path = info.path.with_suffix(".png")
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_PICTURE:
            return QImage()
    except OSError:
        return QImage()
    image = QImage(str(path))
    side = info.resolution
    tiled = image.width() % side == 0 and image.height() % side == 0
    if image.isNull() or image.width() == image.height() or not tiled:
        return image
    return image.copy(0, 0, side, side)


FACE = 56
ROW = FACE + 12
WIDTH = 400
MOST_ROWS_SEEN = 6
MOST_MOMENTS = 40
"""Of a run, that are offered as a second model."""

NO_MODELS = "No models here yet. Open one from a file, or drop it on the window."

Index = QModelIndex | QPersistentModelIndex


class ModelPicker(QFrame):
    """A popup: Up and Down walk, Enter or a click opens, Escape leaves.

    `chosen` carries the `Path` of a model; `file_wanted` asks for the system's own window.
    """

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        style.set_surface(self, "strip")
        self.setAccessibleName("Models")
        self._cards = _Cards(self)
        self.list = QListView()
        self.list.setModel(self._cards)
        self.list.setItemDelegate(_CardPainter(self.list))
        self.list.setAccessibleName("Models to choose from")
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty = Label(NO_MODELS)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMinimumHeight(ROW)
        style.set_tone(self._empty, "muted")
        self.open = QPushButton("Open a file…")
        self.open.setAutoDefault(False)
        self.open.setProperty("raised", "true")
        self.open.setAccessibleName("Open a model from a file")
        style.set_tip(self.open, "Open a model file, or a published checkpoint, from anywhere.")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for part in (self._empty, self.list, self.open):
            column.addWidget(part)
        self.setFixedWidth(WIDTH)
        self.list.clicked.connect(self._on_clicked)
        self.open.clicked.connect(self._on_open)
        self.show_cards([])

    def show_cards(self, cards: Sequence[ModelCard]) -> None:
        """Offer these models."""
        self._cards.replace(cards)
        self.list.setVisible(bool(cards))
        self._empty.setVisible(not cards)
        self.list.setFixedHeight(min(len(cards), MOST_ROWS_SEEN) * ROW + 12)
        if self.isVisible():
            self.adjustSize()

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The models offered."""
        return self._cards.cards

    def open_below(self, widget: QWidget, at: object = None) -> None:
        """Show the list under a widget, the model at the path `at` marked."""
        paths = [card.path for card in self.cards]
        row = paths.index(at) if at in paths else 0
        self.list.setCurrentIndex(self._cards.index(row))
        place_below(self, widget)
        first = self.list if self.cards else self.open
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the model at hand."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.hasFocus():
            self._on_clicked(self.list.currentIndex())
            return
        super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.isValid():
            self.close()
            self.chosen.emit(self.cards[index.row()].path)

    def _on_open(self) -> None:
        self.close()
        self.file_wanted.emit()


class _Cards(QAbstractListModel):
    """The cards as Qt wants them; screen readers hear title, line and group."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: tuple[ModelCard, ...] = ()

    def replace(self, cards: Sequence[ModelCard]) -> None:
        self.beginResetModel()
        self.cards = tuple(cards)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        card = self.cards[index.row()]
        words = {
            Qt.ItemDataRole.DisplayRole: card.title,
            Qt.ItemDataRole.ToolTipRole: plain_tip(str(card.path)),
            Qt.ItemDataRole.AccessibleTextRole: f"{card.title}, {card.line}, {card.group}",
        }
        return words.get(Qt.ItemDataRole(role))


class _CardPainter(QStyledItemDelegate):
    """Paints a face, a title, a line, and the group at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Cards)
        card = model.cards[index.row()]
        state: QStyle.StateFlag = option.state
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLOUR.LINE if chosen else style.HOVER))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        face = QRectF(box.x() + 6, box.y() + 6, FACE, FACE)
        _paint_face(painter, face, card)
        _paint_text(painter, box.adjusted(FACE + 18, 12, -10, -12), card)
        painter.restore()


def _paint_face(painter: QPainter, box: QRectF, card: ModelCard) -> None:
    """The face in round corners, or the first letter of the name."""
    clip = QPainterPath()
    clip.addRoundedRect(box, RADIUS, RADIUS)
    painter.save()
    painter.setClipPath(clip)
    painter.fillRect(box, QColor(COLOUR.PANEL))
    if card.face is None:
        painter.setPen(QColor(COLOUR.MUTED))
        painter.setFont(style.font("large", bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, card.title[:1].upper())
    else:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(box, QPixmap.fromImage(card.face), QRectF(card.face.rect()))
    painter.restore()


def _paint_text(painter: QPainter, box: QRectF, card: ModelCard) -> None:
    small, bold = style.font("small"), style.font("body", bold=True)
    group = QFontMetrics(small).horizontalAdvance(card.group)
    top, bottom = QRectF(box), QRectF(box)
    top.setHeight(box.height() / 2)
    bottom.setTop(box.center().y())
    painter.setFont(small)
    painter.setPen(QColor(COLOUR.MUTED))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(top, right, card.group)
    painter.drawText(bottom, left, _elided(card.line, small, box.width()))
    painter.setFont(bold)
    painter.setPen(QColor(COLOUR.TEXT))
    painter.drawText(top, left, _elided(card.title, bold, box.width() - group - 12))


def _elided(text: str, font: QFont, room: float) -> str:
    metrics = QFontMetrics(font)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(room))


# The model that made a picture or a film that ganlab saved, found again.

MADE_BY = {"picture": "Recipe", "film": "Timeline"}


@dataclass(frozen=True, slots=True)
class Making:
    """What a picture or a film says of how it was made.

    Attributes
    ----------
    what
        `"picture"` or `"film"`.
    recipe
        Its own, or that of its beginning.
    fingerprint, model_name
        Of the model.
    base
        Fingerprint of the model that this one is a tuning of, which draws where the tuning is missing.
    second
        Fingerprint of the second model that is blended in; empty for none.
    """

    what: str
    recipe: Recipe
    fingerprint: str
    model_name: str
    base: str = ""
    second: str = ""


class Matcher(QObject):
    """Finds the models of what was last opened, once it is known what there is to choose from.

    Signals
    -------
    model_wanted(str, str)
        The path of the model that made it, and of the second one; empty for none.
    """

    model_wanted = Signal(str, str)

    def __init__(self, session: Session, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self._library: list[ModelInfo] | None = None
        self._seen: dict[str, ModelInfo] = {}
        self._made: Making | None = None

    @property
    def is_looking(self) -> bool:
        """Whether it is still to be found out which models are wanted."""
        return self._made is not None

    def show_library(self, models: list[ModelInfo]) -> None:
        """Choose among these models from now on."""
        self._library = models
        self.match()

    def look_for(self, made: Making) -> None:
        """Ask for the models of a picture or a film, or say why that cannot be and what differs."""
        self._made = made
        self.match()

    def match(self) -> None:
        """Ask for the models where there is one to ask for and something to compare with."""
        made, now, library = self._made, self._session.info, self._library
        if now is not None:
            self._seen |= {one.fingerprint: one for one in (now, now.second) if one is not None}
        if made is None or now is None or library is None:
            return
        self._made = None
        known = {info.fingerprint: info for info in library}
        seen = self._seen | known
        first = seen.get(made.fingerprint)
        second = seen.get(made.second) if made.second else None
        if first is not None and second is not None:
            beside = "" if now.second is None else now.second.fingerprint
            if (now.fingerprint, beside) != (made.fingerprint, made.second):
                self.model_wanted.emit(str(first.path), str(second.path))
        elif made.fingerprint == now.fingerprint:
            self._tell_second(made, now)
        elif made.fingerprint in known:
            self.model_wanted.emit(str(known[made.fingerprint].path), "")
        elif made.base and (base := {now.fingerprint: now, **known}.get(made.base)):
            self._show_untuned(made, base)
        else:
            self._tell_other(made, now)

    def _tell_second(self, made: Making, now: ModelInfo) -> None:
        """Say that another second model takes the part of the one that is missing."""
        if made.second and now.second is not None:
            self._messages.tell(
                f"The second model of this {made.what} is not in the library;"
                f" {now.second.title or now.second.name} is blended in for it."
            )

    def _tell_other(self, made: Making, now: ModelInfo) -> None:
        self._messages.tell(
            f"This {made.what} was made with {made.model_name or 'another model'}, which is not in "
            f"the library; its {MADE_BY[made.what]} is shown with {now.title or now.name}.",
            "\n".join(self._what_differs(made.recipe, made.fingerprint, now)),
        )

    def _show_untuned(self, made: Making, base: ModelInfo) -> None:
        now = self._session.info
        if now is None or base.fingerprint != now.fingerprint:
            self.model_wanted.emit(str(base.path), "")
        self._messages.tell(
            f"This {made.what} was made with {made.model_name or 'a model'}, a tuning that is not in"
            f" the library; {base.title or base.name} shows it without."
        )

    def _what_differs(self, recipe: Recipe, fingerprint: str, now: ModelInfo) -> list[str]:
        """How the model on the desk shows a Recipe differently from the one it was made with."""
        can = self._session.capabilities
        lost = [] if can is None else recipe_diff(recipe, fit(recipe, can), now.classes)
        known = [f"model {fingerprint or 'unknown'} → {now.fingerprint}"]
        return [*known, *lost] if lost else [*known, "This model can do all the Recipe asks for."]


def read_saved_picture(path: Path) -> Embedded:
    """What a picture says about its making; the decoders are loaded with the first one."""
    from ganlab_core.export import read_picture

    return read_picture(path)


def read_any_picture(path: Path) -> Embedded | Path:
    """What a picture says about its making, or the path of one that says nothing: a person's own."""
    from ganlab_core.export import NoRecipeError

    try:
        return read_saved_picture(path)
    except NoRecipeError:
        return path


# What a path is to ganlab, decided by its name and what lies in the folder, without reading it.

Kind = Literal["model", "run", "recipe", "picture", "own", "pictures", "film", "place"]

RUN_FILES = ("config.json", "events.jsonl")
LOOKED_AT = 200
"""Entries of a folder that are looked at for pictures."""

PUBLISHED = (".pkl", ".pth", ".pt", ".bin", ".model")
"""How published checkpoints end; what they really are is told by their content when they are opened."""

FILMS = (".mp4", ".webm", ".mkv", ".mov", ".gif", ".webp")
"""How films end; a WebP without a film's .json beside it is a picture."""

FOLDER_JSON = "film.json"
"""What lies in the folder of a film that is a PNG sequence."""

_KINDS: dict[str, Kind] = {
    ".safetensors": "model",
    **dict.fromkeys(PUBLISHED, "model"),
    ".json": "recipe",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "picture"),
    **dict.fromkeys(FILMS, "film"),
    ".zip": "pictures",
    **dict.fromkeys((".npy", ".npz"), "place"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A path and what it is."""

    kind: Kind
    path: Path


def look_at(path: Path) -> Opened:
    """Tell what a path is; raises `GanlabError` with a sentence when it is nothing of ours."""
    if not path.exists():
        raise GanlabError(f"{path.name} is not there.", "It may have been moved or renamed.")
    folder = path if path.is_dir() else path.parent
    if (path.is_dir() or path.name in RUN_FILES) and is_run(folder):
        return Opened("run", folder)
    if path.is_dir() and (path / FOLDER_JSON).is_file():
        return Opened("film", path)
    if path.is_dir() and holds_pictures(path):
        return Opened("pictures", path)
    if path.is_dir():
        raise GanlabError(
            f"The folder {path.name} is no training run and holds no pictures.",
            "A run holds a config.json and an events.jsonl.",
        )
    if not path.is_file():
        raise GanlabError(f"{path.name} is no file.", "A pipe or a device cannot be opened.")
    kind = _KINDS.get(path.suffix.lower())
    if kind is None and looks_like_a_picture(path.name):
        kind = "own"
    if kind is None:
        raise GanlabError(
            f"{path.name} is nothing that ganlab opens.",
            "Open a model (.safetensors, .pkl, .pth), a run folder, a Recipe (.json), or a picture or"
            " film saved by ganlab.",
        )
    still = path.suffix.lower() == ".webp" and not path.with_name(f"{path.name}.json").exists()
    return Opened("picture" if still else kind, path)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a training run."""
    return all((folder / name).is_file() for name in RUN_FILES)


def read_json(path: Path) -> Recipe | FilmNote:
    """The Recipe, or the Timeline with its model, in a JSON file; raises `GanlabError` or `OSError`."""
    with path.open("rb") as file:
        text = file.read(LARGEST_TIMELINE).decode("utf-8", errors="replace")
    if '"ganlab_timeline"' in text:  # a film's own .json holds one as well
        return read_film(path)
    return Recipe.from_json(text)


def read_film(path: Path) -> FilmNote:
    """What a film says of its making; what reads films is loaded with the first one."""
    from ganlab_core.export import note_of_film

    return note_of_film(path)


def first_place(path: Path, can: Capabilities, base: Recipe) -> Recipe:
    """The first latent in another program's file; what reads it is loaded with the first one."""
    from ganlab_core.importers import read_places

    return read_places(path, can, base)[0]


def holds_pictures(folder: Path) -> bool:
    """Whether a picture lies in a folder or in one of its folders, looking at no more than a few."""
    inside = itertools.islice(folder.iterdir(), LOOKED_AT)
    for path in inside:
        near = itertools.islice(path.iterdir(), LOOKED_AT) if path.is_dir() else (path,)
        if any(looks_like_a_picture(one.name) or is_film(one.name) for one in near):
            return True
    return False


LARGEST_TILE = 8 * 2**20


def _picture_of(path: Path) -> QImage | None:
    """A picture file's own look, where it is small enough to read at once; else none."""
    try:
        if path.suffix.lower() not in (".png", ".jpg") or path.stat().st_size > LARGEST_TILE:
            return None
    except OSError:
        return None
    image = QImage(str(path))
    return None if image.isNull() else image


WAKING = "Waking the network…"
NO_MODEL = "There is no model here yet. Open one with Ctrl+O, or drop it on this window."


ALONE = (
    "The Recipe blends in a second model and there is none: this one is drawn alone."
    " Choose it with Second Model in the menu File."
)


def _moments_beside(path: Path) -> list[ModelCard]:
    """The other kept moments of the run that a model belongs to, newest first."""
    root = path.parent if is_run(path.parent) else path.parent.parent
    if not is_run(root):
        return []
    found: dict[int, Path] = {}
    for kind in ("checkpoints", "snapshots"):
        folder = root / kind
        files = folder.glob("*.safetensors") if folder.is_dir() else ()
        found |= {int(own.stem): own for own in files if own.stem.isdecimal() and own != path}
    return [
        ModelCard(found[images], f"After {images:,} pictures", f"of the run {root.name}", "this run", None)
        for images in sorted(found, reverse=True)[:MOST_MOMENTS]
    ]  # fmt: skip


SEEN_IN = {"run": "Train", "film": "Film"}
"""The workspace in which what is opened on the start page is seen; anything else in Play."""


class Opener(QObject):
    """Opens whatever a person points at, and remembers what was opened.

    Parameters
    ----------
    session, window, worker, messages, settings
        Where things go: Recipes to the session, models to the worker, sentences to the window.
    tasks
        Reads the small files.

    Attributes
    ----------
    library
        The models that were found.

    Signals
    -------
    run_found(Path), model_found(Path)
        The folder of a run was opened; or a model file, and what is watched of a run is left.
    pictures_found(Path)
        A folder or zip of pictures was opened, which can be trained on.
    own_picture_found(Path)
        A picture that ganlab did not make was opened.
    film_opened(Timeline)
        A film or a timeline was opened.
    invited(bool)
        Whether there is no model at all, and one is to be opened.
    """

    run_found = Signal(object)
    model_found = Signal(object)
    pictures_found = Signal(object)
    film_opened = Signal(object)
    own_picture_found = Signal(object)
    invited = Signal(bool)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._worker = worker
        self._tasks = tasks
        self._messages = messages
        self._settings = settings
        self.library: list[ModelInfo] = []
        self.picker = ModelPicker(window)
        self.second_picker = ModelPicker(window)
        self._asked = 0
        self._found = 0
        self._awaiting_default = False
        self._fell_back = False
        self._second_next: Path | None = None
        self._loads = False
        self._looked = False
        self._told_alone = False
        self._matcher = Matcher(session, messages, self)
        self._connect()

    def _connect(self) -> None:
        window = self._window
        window.path_chosen.connect(self.open)
        window.paths_dropped.connect(self._on_dropped)
        window.actions_["open_model"].triggered.connect(self._on_ask_file)
        window.actions_["open_run"].triggered.connect(self._on_ask_run)
        window.actions_["choose_model"].triggered.connect(self.show_picker)
        self.picker.chosen.connect(window.path_chosen)
        self.picker.file_wanted.connect(window.actions_["open_model"].trigger)
        window.actions_["second_model"].triggered.connect(self.show_second_picker)
        self.second_picker.chosen.connect(self.open_second)
        self.second_picker.file_wanted.connect(self._on_ask_second)
        self._matcher.model_wanted.connect(self.open_model)
        self._worker.loaded.connect(self._on_loaded)
        self._session.recipe_changed.connect(self._tell_alone)
        self._worker.failed.connect(self._on_failed)

    # --- the first model -------------------------------------------------------------------------

    def start(self, model: str, second: str = "") -> None:
        """Put a model on the desk unasked: the named one, else the first of the library.

        A second one follows when the first is there, so that one that went away takes nothing with it.
        """
        if model:
            self._second_next = Path(second) if second else None
            self.open_model(model)
        else:
            self._awaiting_default = True
            self._say(WAKING)
        self.look_for_models()

    def look_for_models(self) -> None:
        """Look through the library, now or once more."""
        self._tasks.start(find_models, self._on_library)

    def show_picker(self) -> None:
        """Let a person choose among the models."""
        info = self._session.info
        self.picker.open_below(self._window.top_bar.model, info.path if info else None)

    def show_second_picker(self) -> None:
        """Let a person choose a second model, whose weights are blended in."""
        info = self._session.info
        if info is None:
            return
        kinds = {own.path: own.architecture for own in self.library}
        same = (card for card in self.picker.cards
                if kinds.get(card.path, info.architecture) == info.architecture)  # fmt: skip
        cards = [card for card in same if card.path != info.path]
        self.second_picker.show_cards([*_moments_beside(info.path), *cards])
        at = info.second.path if info.second else None
        self.second_picker.open_below(self._window.top_bar.model, at)

    def open_second(self, path: Path) -> None:
        """Put a second model beside the one on the desk; one that does not fit is told in a sentence."""
        info = self._session.info
        if info is not None:
            self._window.banner.put_away()
            self._window.canvas.show_note(WAKING)
            self._ask(str(info.path), str(path))

    def end_second(self) -> None:
        """Take the second model away; the amounts go with it, as a step that can be undone."""
        info, recipe = self._session.info, self._session.recipe
        if info is None or info.second is None:
            return
        plain = replace(recipe, second=0.0, second_at=(), second_mapping=None)
        self._session.edit(plain, "second model away")
        self._ask(str(info.path))

    def _on_ask_second(self) -> None:
        ask_file(
            self._window, self._settings.last_folder, lambda path: self.open_second(Path(path))
        )

    def _on_dropped(self, paths: Sequence[Path]) -> None:
        """A model dropped with Shift becomes the second one; everything else is opened."""
        shift = QGuiApplication.queryKeyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        models = [path for path in paths if _KINDS.get(path.suffix.lower()) == "model"]
        if shift and len(models) == 1 and self._session.info is not None:
            self.open_second(models[0])
            return
        self.open_all(paths)

    def _on_library(self, models: list[ModelInfo]) -> None:
        self.library = models
        self._looked = True
        self._window.menus.show_models(models)
        self._read_cards()
        if self._awaiting_default:
            self._open_default()
        self._matcher.show_library(models)
        self._tell_alone()

    def _read_cards(self) -> None:
        """Look at the faces of the models, which takes reading files."""
        work = partial(read_cards, list(self.library), self._settings.recent)
        self._tasks.start(work, self._on_cards)

    def _on_cards(self, cards: list[ModelCard]) -> None:
        """Offer the models as pictures: in the list, and on the start page."""
        self.picker.show_cards(cards)
        page = self._window.start_page
        known = {card.path for card in cards if card.group != "opened last"}
        page.show_section("Models", [self._tile_of(card) for card in cards if card.path in known])
        faces = {card.path: card for card in cards}
        recent = [path for path in self._settings.recent if path not in known]
        page.show_section(
            "Recent",
            [
                self._tile_of(faces[path])
                if path in faces
                else Tile(
                    path.name, str(path.parent), _picture_of(path), partial(self._go_to, path)
                )
                for path in recent
            ],
        )

    def _tile_of(self, card: ModelCard) -> Tile:
        go = partial(self._go_to, card.path)
        return Tile(card.title, card.brief or card.line, card.face, go, tip=card.line)

    def _go_to(self, path: Path) -> None:
        """Open what was chosen on the start page, and go where it is seen."""
        self.leave_start("Play")
        self.open(path)

    def leave_start(self, workspace: str) -> None:
        """Go where what is opened is seen, from a page that does not show it."""
        if self._window.workspaces.current.page:
            self._window.workspaces.enter(workspace)

    def _open_default(self) -> None:
        self._awaiting_default = False
        if self.library:
            self.open_model(str(self.library[0].path))
        else:
            self._say(NO_MODEL)

    def _say(self, sentence: str) -> None:
        """Say something in the place of the picture, and let the desk say nothing else."""
        self._window.canvas.show_message(sentence)
        self.invited.emit(sentence == NO_MODEL)

    # --- by kind ---------------------------------------------------------------------------------

    def open_all(self, paths: Sequence[Path]) -> None:
        """Open what was dropped, one after the other."""
        for path in paths:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a model file, a run folder, a Recipe or a PNG; failures become a sentence."""
        self._asked += 1
        self._tasks.start(partial(look_at, path), partial(self._on_found, self._asked))

    def _on_found(self, asked: int, found: Opened) -> None:
        if asked < self._found:
            return  # its disk was slow, and something else has been opened meanwhile
        self._found = asked
        self._window.banner.put_away()  # what was said before is about something else
        self._remember(found.path)
        if found.kind != "pictures":  # a new training asks in a window of its own
            self.leave_start(SEEN_IN.get(found.kind, "Play"))
        match found.kind:
            case "model":
                self.model_found.emit(found.path)
                self.open_model(str(found.path))
            case "run":
                self._awaiting_default = False
                self.run_found.emit(found.path)
            case "pictures":
                self.pictures_found.emit(found.path)
            case "place":
                self._open_place(found.path)
            case "own":  # of a kind that ganlab never writes, as BMP or HEIC
                self.own_picture_found.emit(found.path)
            case kind:
                self._read(kind, found.path)

    def _read(self, kind: Kind, path: Path) -> None:
        """Read a small file beside the window, then take what it holds."""
        reads: dict[Kind, tuple[Callable[[Path], object], Callable[[Any], None]]] = {
            "recipe": (read_json, self._on_json),
            "film": (read_film, self._on_film),
            "picture": (read_any_picture, self._on_picture),
        }
        read, take = reads[kind]
        self._tasks.start(partial(read, path), take)

    def _open_place(self, path: Path) -> None:
        """Go to the first latent of a file on the model that is on the desk."""
        can = self._session.capabilities
        if can is None:
            self._say(NO_MODEL)
            return
        read = partial(first_place, path, can, self._session.recipe)
        self._tasks.start(read, lambda recipe: self._session.edit(recipe, "open latent"))

    def _remember(self, path: Path) -> None:
        self._settings.add_recent(path)
        self._settings.last_folder = path.parent
        self._window.menus.show_recent(self._settings.recent)
        self._read_cards()

    def open_model(self, name: str, second: str = "") -> None:
        """Put the model of this name or path on the desk as soon as it is loaded; a second beside it."""
        self._awaiting_default = False
        shown = self._session.info
        if shown is not None and str(shown.path) == name:
            pass  # newer weights of the same file: the change is to be seen, not announced
        elif self._window.canvas.image.isNull():
            self._say(WAKING)
        else:
            self._window.canvas.show_note(WAKING)
        self._ask(name, second)

    def _ask(self, name: str, second: str = "") -> None:
        self._loads = True
        self._worker.open_model(name, second)

    def _on_json(self, found: Recipe | FilmNote) -> None:
        if isinstance(found, Recipe):
            self._session.edit(found, "open Recipe")
        else:
            self._on_film(found)

    def _on_film(self, film: FilmNote) -> None:
        """Restore a film: its Timeline, and its models where those are in the library."""
        if film.fingerprint:
            first = film.timeline.recipe_at(0.0)
            self._matcher.look_for(
                Making(
                    "film", first, film.fingerprint, film.model_name, "", film.second_fingerprint
                )
            )
        self.film_opened.emit(film.timeline)

    def _on_picture(self, picture: Embedded | Path) -> None:
        """Restore a picture: its Recipe, and its model where that is in the library."""
        if isinstance(picture, Path):
            self.own_picture_found.emit(picture)
            return
        self.show_picture(picture, "open picture")

    def show_picture(self, picture: Embedded | Favourite, label: str) -> None:
        """Put a kept Recipe on the desk, with its models where those are in the library.

        Where they are not, the person is told what differs with the model on the desk.
        """
        self._matcher.look_for(
            Making(
                "picture", picture.recipe, picture.fingerprint, picture.model_name,
                picture.base_fingerprint, picture.second_fingerprint,
            )
        )  # fmt: skip
        self._session.edit(picture.recipe, label)

    def mix_in(self, resolution: int, path: Path) -> None:
        """Mix the style of a picture saved by ganlab in at one resolution."""
        self._tasks.start(partial(read_saved_picture, path), partial(self._mix_picture, resolution))

    def _mix_picture(self, resolution: int, picture: Embedded) -> None:
        mix = Mix(picture.recipe.latent)
        self._session.edit(self._session.recipe.with_mix_at(resolution, mix), "mix picture")

    # --- what came of it -------------------------------------------------------------------------

    def _on_loaded(self, loaded: Loaded) -> None:
        self._window.canvas.show_note("")
        self._window.show_model(loaded.info, loaded.can)
        self._session.set_model(loaded.info, loaded.can)
        self._settings.last_model = str(loaded.info.path)
        self._loads = False
        second, self._second_next = self._second_next, None
        self._matcher.match()
        if second is not None and second.is_file() and not self._loads:
            self.open_second(second)
        self._tell_alone()

    def _tell_alone(self) -> None:
        """Say once that what a Recipe wants of a second model cannot be shown without one."""
        if self._loads or self._matcher.is_looking:
            return  # it may be on its way
        can = self._session.capabilities
        alone = can is not None and not can.blendable and self._session.recipe.asks_for_second
        if alone and not self._told_alone:
            self._messages.tell(ALONE)
        self._told_alone = alone

    def _on_failed(self, error: Exception) -> None:
        self._window.canvas.show_note("")
        self._loads = False
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
