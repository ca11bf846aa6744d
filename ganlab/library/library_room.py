"""The room of what a person has: favourites, history, comparison, presets, and models of one's own.

A comparison is A and B: two pictures under one wipe, their difference, and what makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label, ScrollBox, Segmented, WordButton, to_image, to_pixels
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.library.history_strip import HistoryPanel, HistoryThumbnails
from ganlab.library.open_controller import Opener
from ganlab.library.shelves import FavouriteShelf, GalleryPanel, PresetShelf, PresetsPanel
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.session import Session
from ganlab.style import COLOUR, FOCUS
from ganlab.window import Command, MainWindow, Messages, ask_name
from ganlab_core.export import Favourite, as_command, as_python
from ganlab_core.models import ModelInfo, suggested_name
from ganlab_core.recipe import Recipe, fit, latent_text, recipe_diff
from ganlab_core.rendering import Frame

NO_MODEL_TO_KEEP = "There is no model on the desk to keep."
SENTENCE = "The model is copied among your own, where lists and new trainings find it. Its name:"

BLEND_SENTENCE = (
    "The blend on the desk becomes a model of your own, with both parents in its header. Its name:"
)


class LibraryImport(QObject):
    """Asks for a name and keeps the model, beside the window's thread.

    Parameters
    ----------
    session, window, tasks, messages, opener
        What is on the desk, where to ask, who copies, where it is told, who lists models.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        tasks: BackgroundTasks,
        messages: Messages,
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._opener = opener
        window.actions_["keep_model"].triggered.connect(self.ask)

    def ask(self) -> None:
        """Ask what the model should be called."""
        info = self._session.info
        if info is None:
            self._messages.tell(NO_MODEL_TO_KEEP, passing=True)
            return
        if info.second is not None and self._session.fitted.asks_for_second:
            self._ask_for_blend(info)
            return
        self.ask_for(info.path)

    def _ask_for_blend(self, info: ModelInfo) -> None:
        """Ask what the blend on the desk should be called as a model."""
        assert info.second is not None
        name = self._free(f"{info.name}-{info.second.name}")
        blend = partial(_kept_blend, info.path, info.second.path, self._session.fitted)
        ask_name(
            self._window, "Keep Model", BLEND_SENTENCE, name,
            lambda chosen: self._tasks.start(partial(blend, chosen), self._on_kept),
        )  # fmt: skip

    def ask_for(self, path: Path) -> None:
        """Ask what the model in a file should be called."""
        name = self._free(suggested_name(path))
        ask_name(self._window, "Keep Model", SENTENCE, name, partial(self.keep, path))

    def _free(self, name: str) -> str:
        """The name, or with a number behind it where a model has it."""
        taken = {info.name for info in self._opener.library}
        numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
        return next(free for free in (name, *numbered) if free not in taken)

    def keep(self, path: Path, name: str) -> None:
        """Keep the model in a file under a name."""
        self._tasks.start(partial(_kept, path, name), self._on_kept)

    def _on_kept(self, info: ModelInfo) -> None:
        self._messages.tell(f"Kept among your own models as {info.name}.", passing=True)
        self._opener.look_for_models()


def _kept_blend(first: Path, second: Path, recipe: Recipe, name: str) -> ModelInfo:
    """The weights of two models under a Recipe's amounts, as one of the person's own."""
    from ganlab_core.training import keep_blend

    return keep_blend(str(first), str(second), recipe, name)


def _kept(path: Path, name: str) -> ModelInfo:
    """The copy; torch is loaded by then, but not when this module is."""
    from ganlab_core.training import keep_model

    return keep_model(str(path), name)


RIGHT, BOTTOM = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea


class LibraryRoom(QObject):
    """Everything that keeps pictures and finds them again; all of it is hidden at first.

    Parameters
    ----------
    session, window, worker, tasks, messages
        What is kept, where the panels go, who draws, who handles files, where failures are told.
    on_desk, opener
        Know the frame on the desk with its model, and the models.

    Signals
    -------
    labelled(Recipe, bool)
        A picture of the history or the favourites is liked, or not, for a slider to be made.
    """

    labelled = Signal(object, bool)

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        on_desk: Callable[[], tuple[Frame, ModelInfo] | None],
        opener: Opener,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._messages = messages
        self._on_desk = on_desk
        self._opener = opener
        self.gallery_panel = GalleryPanel()
        self.history_panel = HistoryPanel()
        self.compare_panel = ComparePanel()
        self.presets_panel = PresetsPanel()
        window.add_panel("Favourites", ScrollBox(self.gallery_panel), RIGHT)
        window.add_panel("Compare", ScrollBox(self.compare_panel), RIGHT, on_picture=True)
        window.add_panel("Presets", ScrollBox(self.presets_panel), RIGHT)
        window.add_panel("History", self.history_panel, BOTTOM)
        self.gallery = FavouriteShelf(
            self.gallery_panel, tasks, messages, self._on_desk, self.show_favourite, self
        )
        self.history_thumbnails = HistoryThumbnails(session, worker, self.history_panel, self)
        self.comparison = Comparison(session, worker, self.compare_panel, self)
        self.presets = PresetShelf(session, self.presets_panel, tasks, messages, self)
        self.library_import = LibraryImport(session, window, tasks, messages, opener, self)
        window.commands.add(self._commands)
        self._connect()

    def _connect(self) -> None:
        actions = self._window.actions_
        for name, slot in {
            "keep": self.gallery.keep,
            "take_a": self.take_a,
            "copy_command": self.copy_command,
            "copy_python": self.copy_python,
        }.items():
            actions[name].triggered.connect(slot)
        self.gallery_panel.compared.connect(self.compare_favourite)
        self.history_panel.view.compared.connect(self.compare_step)
        self.gallery_panel.labelled.connect(self._on_favourite_labelled)
        self.history_panel.view.labelled.connect(self._on_step_labelled)
        self._session.model_changed.connect(self._on_model_changed)

    def load(self) -> None:
        """Read what was kept on other days."""
        self.gallery.load()
        self.presets.load()

    def _on_model_changed(self) -> None:
        self.end_wipe()
        self.gallery_panel.set_available()

    def _commands(self) -> Iterator[Command]:
        """What the palette offers of the library."""
        for info in self._opener.library:
            title = info.title or info.name
            also = f"{info.name} {info.architecture} {info.resolution} px network open"
            yield Command(title, "Model", "", partial(self._opener.open, info.path), also=also)
        for preset in self.presets.known:
            yield Command(preset.name, "Preset", "", partial(self.presets.apply, preset))
        for favourite in self.gallery.known:
            plain = latent_text(favourite.recipe.latent)
            name = favourite.name or f"{favourite.model_name} {plain}"
            words = " ".join((name, *favourite.tags))
            yield Command(words, "Favourite", "", partial(self.show_favourite, favourite))

    # --- favourites ------------------------------------------------------------------------------

    def show_favourite(self, favourite: Favourite) -> None:
        """Put a favourite on the desk, with its model where the library has it."""
        self._opener.show_picture(favourite, "favourite")

    def compare_favourite(self, favourite: Favourite) -> None:
        """Make A of a favourite; one of another model is compared by its small picture."""
        self._show("Compare")
        info = self._session.info
        if info is not None and info.fingerprint == favourite.fingerprint:
            self.comparison.draw_as_a(favourite.recipe)
            return
        pixels = to_pixels(QImage(str(favourite.path)))
        if pixels is not None:
            self.comparison.put_as_a(
                Still(favourite.recipe, pixels, favourite.model_name, favourite.fingerprint)
            )

    def _on_favourite_labelled(self, favourite: Favourite, liked: bool) -> None:
        """One of another model is no place among this one's."""
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None:
            return
        if favourite.fingerprint != info.fingerprint:
            self._messages.tell(f"That picture is of {favourite.model_name or 'another model'}.")
            return
        self.labelled.emit(fit(favourite.recipe, can), liked)

    def _on_step_labelled(self, number: int, liked: bool) -> None:
        step, can = self._session.history.step(number), self._session.capabilities
        if step is not None and can is not None:
            self.labelled.emit(fit(step.recipe, can), liked)

    def compare_step(self, number: int) -> None:
        """Make A of a step of the history."""
        step, can = self._session.history.step(number), self._session.capabilities
        if step is not None and can is not None:
            self._show("Compare")
            self.comparison.draw_as_a(fit(step.recipe, can))

    def take_a(self) -> None:
        """Keep the desk as A, and show it to the left of a line over the picture; again ends that."""
        canvas = self._window.canvas
        if canvas.wipe is not None:
            self.end_wipe()
            return
        self.comparison.take_a()
        canvas.show_wipe(canvas.image)
        canvas.badges.show_badge(
            "wipe", "\N{BLACK CIRCLE} A | now \N{MIDDLE DOT} drag the line \N{MIDDLE DOT} press to end",
            "Left of the line is the picture as it was; the Compare panel shows both beside each other.",
            self.end_wipe,
        )  # fmt: skip

    def end_wipe(self) -> None:
        """Show the picture alone again; A stays in the Compare panel."""
        self._window.canvas.show_wipe(QImage())
        self._window.canvas.badges.hide_badge("wipe")

    def _show(self, name: str) -> None:
        dock = self._window.findChild(QDockWidget, f"{name.lower()}Dock")
        if dock is not None:
            dock.show()
            dock.raise_()

    # --- the clipboard ---------------------------------------------------------------------------

    def copy_command(self) -> None:
        """Copy a command that makes the picture on the desk."""
        self._copy(as_command, "The command is on the clipboard.")

    def copy_python(self) -> None:
        """Copy a Python program that makes the picture on the desk."""
        self._copy(as_python, "The program is on the clipboard.")

    def _copy(self, write: Callable[[ModelInfo, Recipe, str], str], said: str) -> None:
        found = self._on_desk()
        if found is None:
            self._messages.tell("There is no picture to copy yet.")
            return
        frame, info = found
        QGuiApplication.clipboard().setText(write(info, frame.recipe, frame.device))
        self._messages.tell(said, passing=True)


Pixels = NDArray[np.uint8]
STEP = 0.02
EMPTY = "Take the desk as A, then change something: B follows the desk."


def difference(a: Pixels, b: Pixels) -> Pixels:
    """How much two pictures differ at each pixel: the largest of the channels, uint8 (H, W), as A."""
    if a.shape != b.shape:
        rows = np.arange(a.shape[0]) * b.shape[0] // a.shape[0]
        columns = np.arange(a.shape[1]) * b.shape[1] // a.shape[1]
        b = b[rows][:, columns]
    high, low = np.maximum(a, b), np.minimum(a, b)
    apart: Pixels = (high - low).max(axis=2)
    return apart


def heat_map(apart: Pixels) -> QImage:
    """Differences as colours from black over cyan to white, which luminance alone tells apart."""
    height, width = apart.shape
    data = np.ascontiguousarray(apart)
    image = QImage(data.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable([_heat(level / 255) for level in range(256)])
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _heat(share: float) -> int:
    bright = share**0.5
    cyan, white = min(1.0, 2 * bright), max(0.0, 2 * bright - 1)
    red, green, blue = 79 * cyan * (1 - white), 195 * cyan * (1 - white), 217 * cyan * (1 - white)
    return QColor(
        round(red + 255 * white), round(green + 255 * white), round(blue + 255 * white)
    ).rgb()


class CompareView(QWidget):
    """A left of the line, B right of it; the line follows the hand and the arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._a: Pixels | None = None
        self._b: Pixels | None = None
        self._images: tuple[QImage, QImage] | None = None
        self._heat: QImage | None = None
        self._shows_heat = False
        self._line = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Wipe between A and B")
        style.set_tip(self, "Drag the line, or move it with the arrow keys: A is left of it.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def line(self) -> float:
        """Where the line is, 0 to 1."""
        return self._line

    def show_pair(self, a: Pixels | None, b: Pixels | None) -> None:
        """Show two pictures, uint8 (H, W, 3); None while one is missing."""
        self._a, self._b = a, b
        self._heat = None
        self._images = None if a is None or b is None else (to_image(a), to_image(b))
        self.update()

    def show_heat(self, on: bool) -> None:
        """Show the difference in the place of the pictures."""
        self._shows_heat = on
        self.update()

    def sizeHint(self) -> QSize:
        """As large as a panel may be."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Enough to tell two pictures apart."""
        return QSize(160, 120)

    def _field(self) -> QRectF:
        """The square the pictures fill."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint both, the line between them, and their letters."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            field = self._field()
            painter.fillRect(field, QColor(COLOUR.GROUND))
            if self._images is None:
                painter.setPen(QColor(COLOUR.MUTED))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(field.adjusted(16, 0, -16, 0), flags, EMPTY)
            elif self._shows_heat:
                painter.drawImage(field, self._difference())
            else:
                self._paint_wipe(painter, field, *self._images)
            if self.hasFocus():
                painter.setPen(QPen(QColor(FOCUS), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(field.adjusted(0.5, 0.5, -0.5, -0.5))

    def _difference(self) -> QImage:
        if self._heat is None:
            assert self._a is not None
            assert self._b is not None
            self._heat = heat_map(difference(self._a, self._b))
        return self._heat

    def _paint_wipe(self, painter: QPainter, field: QRectF, a: QImage, b: QImage) -> None:
        at = field.left() + self._line * field.width()
        for image, clip in (
            (a, QRectF(field.left(), field.top(), at - field.left(), field.height())),
            (b, QRectF(at, field.top(), field.right() - at, field.height())),
        ):
            painter.setClipRect(clip)
            smooth = image.width() > field.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(field, image)
        painter.setClipping(False)
        for colour, width in ((COLOUR.GROUND, 4), (COLOUR.TEXT, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QPointF(at, field.top()), QPointF(at, field.bottom()))
        self._paint_letter(painter, "A", QPointF(field.left() + 8, field.top() + 8))
        self._paint_letter(painter, "B", QPointF(field.right() - 28, field.top() + 8))

    def _paint_letter(self, painter: QPainter, letter: str, corner: QPointF) -> None:
        box = QRectF(corner, QSize(20, 20))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(COLOUR.STRIP))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(COLOUR.TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the line there."""
        self._move_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the line."""
        self._move_to(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the line a little."""
        steps = {Qt.Key.Key_Left.value: -STEP, Qt.Key.Key_Right.value: STEP}
        if event.key() in steps:
            self._put(self._line + steps[event.key()])
        else:
            event.ignore()

    def _move_to(self, point: QPointF) -> None:
        field = self._field()
        self._put((point.x() - field.left()) / max(1.0, field.width()))

    def _put(self, line: float) -> None:
        self._line = min(max(line, 0.0), 1.0)
        self.setAccessibleDescription(f"the line is at {self._line:.0%}")
        self.update()


class ComparePanel(QFrame):
    """The wipe, what A and B are, and a list of what differs.

    `take_a_asked` and `take_b_asked` freeze the desk as A or B, `follow_asked` lets B follow the desk,
    `go_to_a_asked` puts A on the desk; `shown` tells that the panel came into view or went.
    """

    take_a_asked = Signal()
    take_b_asked = Signal()
    follow_asked = Signal()
    go_to_a_asked = Signal()
    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Compare")
        self.view = CompareView()
        self.mode = Segmented(
            "Compare by",
            [("wipe", "Show A left of a line and B right of it."),
             ("difference", "Show where A and B differ, white where most.")],
            COLOUR.STYLE,
        )  # fmt: skip
        self.take_a = WordButton("Take A", "Keep the picture on the desk as A.")
        self.take_b = WordButton("Take B", "Keep the picture on the desk as B.")
        self.follow = WordButton("B follows", "Let B be whatever is on the desk.")
        self.go_to_a = WordButton("Go to A", "Put A's Recipe on the desk.")
        self._names = Label()
        self._names.setFont(style.font("small"))
        self._names.setWordWrap(True)
        style.set_tone(self._names, "muted")
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setTabChangesFocus(True)
        self.words.setFixedHeight(92)
        self.words.setFont(style.font("small"))
        self.words.setAccessibleName("What differs between A and B")
        style.set_tip(self.words, "What differs between the Recipes of A and B.")
        self._build()
        self.mode.edited.connect(lambda word: self.view.show_heat(word == "difference"))
        self.take_a.clicked.connect(self.take_a_asked)
        self.take_b.clicked.connect(self.take_b_asked)
        self.follow.clicked.connect(self.follow_asked)
        self.go_to_a.clicked.connect(self.go_to_a_asked)
        self.set_available(NO_MODEL)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(section_title("COMPARE", "Two pictures, and what makes them differ."))
        top.addStretch(1)
        top.addWidget(self.mode)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.take_a, self.take_b, self.follow, self.go_to_a):
            row.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        column.addWidget(self._names)
        column.addWidget(self.words)

    def set_available(self, reason: str = "") -> None:
        """Whether there is a picture to take; without a reason there is."""
        self.take_a.set_available(reason)
        self.take_b.set_available(reason)

    def show_state(self, *, has_a: bool, b_is_kept: bool) -> None:
        """Grey out what means nothing now."""
        self.go_to_a.set_available("" if has_a else "There is no A yet.")
        self.follow.set_available("" if b_is_kept else "B follows the desk already.")

    def show_text(self, names: str, lines: Sequence[str]) -> None:
        """Tell what A and B are, and what differs."""
        self._names.setText(names)
        self.words.setPlainText("\n".join(lines))

    def showEvent(self, event: object) -> None:
        """Tell that somebody looks."""
        self.shown.emit(True)

    def hideEvent(self, event: object) -> None:
        """Tell that nobody looks."""
        self.shown.emit(False)


# Comparing: A is a still, B the desk or another still; models may differ.

OWNER = "compare"
SAME = "Both are the same Recipe."


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One side of the comparison.

    Attributes
    ----------
    recipe, pixels
        What it is and how it looks, uint8 (H, W, 3).
    model, fingerprint
        What made it.
    """

    recipe: Recipe
    pixels: NDArray[np.uint8]
    model: str
    fingerprint: str


class Comparison(QObject):
    """Keeps A and B, and tells what differs.

    Parameters
    ----------
    session, worker, panel
        Whose desk is compared, who draws, and where it is seen.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: ComparePanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._panel = panel
        self._a: Still | None = None
        self._kept_b: Still | None = None
        self._desk: Still | None = None
        self._drawing: Recipe | None = None
        panel.take_a_asked.connect(self.take_a)
        panel.take_b_asked.connect(self.take_b)
        panel.follow_asked.connect(self.follow)
        panel.go_to_a_asked.connect(self.go_to_a)
        panel.shown.connect(self._refresh)
        worker.rendered.connect(self._on_rendered)
        worker.thumbnail_rendered.connect(self._on_thumbnail)
        self._refresh()

    @property
    def a(self) -> Still | None:
        """The left side."""
        return self._a

    @property
    def b(self) -> Still | None:
        """The right side."""
        return self._kept_b or self._desk

    def take_a(self) -> None:
        """Keep the picture on the desk as A."""
        self._a = self._desk
        self._refresh()

    def take_b(self) -> None:
        """Keep the picture on the desk as B."""
        self._kept_b = self._desk
        self._refresh()

    def follow(self) -> None:
        """Let B be whatever is on the desk."""
        self._kept_b = None
        self._refresh()

    def go_to_a(self) -> None:
        """Put A's Recipe on the desk."""
        if self._a is not None:
            self._session.edit(self._a.recipe, "back to A")

    def draw_as_a(self, recipe: Recipe) -> None:
        """Make A of any Recipe, with the model on the desk; it is rendered once."""
        can = self._session.capabilities
        if can is not None:
            self._drawing = recipe
            self._worker.request_thumbnails(OWNER, [recipe], can.resolution)

    def put_as_a(self, still: Still) -> None:
        """Make A of a still, as of another model."""
        self._a = still
        self._refresh()

    def _on_thumbnail(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        info = self._session.info
        if owner == OWNER and recipe == self._drawing and info is not None:
            self._drawing = None
            self.put_as_a(Still(recipe, pixels, info.title or info.name, info.fingerprint))

    def _on_rendered(self, frame: Frame) -> None:
        info = self._session.info
        if info is None or frame.fingerprint != info.fingerprint:
            return
        first = self._desk is None
        name = info.title or info.name
        self._desk = Still(frame.recipe, frame.pixels, name, frame.fingerprint)
        if first:
            self._panel.set_available()
        if self._kept_b is None:
            self._refresh()

    def _refresh(self) -> None:
        if not self._panel.isVisible():
            return
        a, b = self._a, self.b
        self._panel.show_state(has_a=a is not None, b_is_kept=self._kept_b is not None)
        self._panel.view.show_pair(None if a is None else a.pixels, None if b is None else b.pixels)
        if a is None or b is None:
            self._panel.show_text("", ())
            return
        info = self._session.info
        lines = recipe_diff(a.recipe, b.recipe, () if info is None else info.classes)
        if a.fingerprint != b.fingerprint:
            lines.insert(0, f"model {a.model} → {b.model}")
        self._panel.show_text(f"A: {a.model}.  B: {b.model}.", lines or [SAME])
