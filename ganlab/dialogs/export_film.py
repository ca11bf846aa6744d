"""The window in which a film's export is chosen: kind, size, rate, quality, grid, words, place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ganlab.controls.slider import ValueSlider
from ganlab.dialogs.files import ask_folder, ask_to_save
from ganlab.dialogs.form import (
    Choice,
    FormDialog,
    Place,
    Size,
    bytes_words,
    muted,
    number,
    side_by_side,
)
from ganlab.style import COLOUR, set_tip
from ganlab_core.timeline_rates import RATES, fps_shown

SEED_MAX = 2**31 - 1

KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("h264", "MP4 (H.264)", ".mp4", "For everywhere: every phone, browser and player opens it."),
    ("vp9", "WebM (VP9)", ".webm", "For web pages: smaller than MP4, opened by every browser."),
    ("gif", "GIF", ".gif", "For chats that take no film: 256 colours and a large file."),
    ("webp", "Animated WebP", ".webp", "For web pages that take pictures only: a better GIF."),
    ("ffv1", "MKV (FFV1)", ".mkv", "For archives: every pixel exactly as it was rendered."),
    ("prores", "MOV (ProRes 422 HQ)", ".mov", "For editing programs: large, hardly any loss."),
    ("png", "PNG sequence", "",
     "For anything else: a folder of pictures, each with its Recipe; it can be taken up again."),
)  # fmt: skip
"""(Name in the core, title, ending, what for)."""

LOSSY = ("h264", "vp9", "webp")
GIF_FASTEST = 50

ROOM: dict[str, tuple[float, float]] = {
    "h264": (1.1, 1.0), "vp9": (1.2, 0.9), "gif": (3.7, 1.8), "webp": (1.9, 1.0),
    "ffv1": (9.0, 1.4), "prores": (6.5, 1.7), "png": (11.5, 1.5),
}  # fmt: skip
"""Bits for each rendered pixel of a frame at quality 80, and the power of the enlargement by which they
grow; measured on a walk through moving faces of 64 px."""

GRID_ROW = 6

DOUBLES = 30
"""Steps of quality that double the size."""


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """A film to be written.

    Attributes
    ----------
    codec, path
        Which kind, where to.
    fps, quality
        Frames a second; 0 to 100, for the kinds that lose something.
    side, method
        Pixels of each picture's side, None = as rendered; nearest or lanczos.
    columns, rows, first_seed
        Pictures side by side, and the first one's seed; 1 x 1 is the film as it is.
    models
        Whether the models of the library stand side by side instead.
    caption
        Words below; empty = none.
    """

    codec: str
    path: Path
    fps: Fraction
    quality: int = 80
    side: int | None = None
    method: str = "lanczos"
    columns: int = 1
    rows: int = 1
    first_seed: int = 0
    models: bool = False
    caption: str = ""


class ExportFilmDialog(FormDialog):
    """Asks how a film is to be written.

    Parameters
    ----------
    suggested
        Where to, without an ending.
    seconds, fps
        How long the film is, and its rate.
    resolution
        Of the model's picture, in pixels.
    models
        How many models could stand side by side, this one included.

    Signals
    -------
    ordered(FilmOrder)
        Export was pressed.
    """

    ordered = Signal(object)

    def __init__(
        self,
        suggested: Path,
        seconds: float,
        fps: Fraction,
        resolution: int,
        models: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export the film", "Export", parent)
        self._suggested, self._seconds, self._resolution = suggested, seconds, resolution
        self._models = models
        self.beside = Choice("Pictures", "What a frame shows.", _beside(models))
        self.kind = Choice("Kind of film", "Which kind of file.", [(k[1], k[0]) for k in KINDS])
        self.about = muted("")
        self.size_ = Size("Pixels of each picture's side.", resolution)
        self.sides, self.method = self.size_.sides, self.size_.method
        rates = dict.fromkeys((fps, *RATES))
        self.fps = Choice("Frames per second", "The film is as long at any rate.",
                          [(f"{fps_shown(rate)} fps", rate) for rate in rates])  # fmt: skip
        self.quality = ValueSlider(
            "quality", 0, 100, 80, 5, 0, COLOUR.MUTED,
            "More keeps finer detail and takes more room; 80 is hard to tell from the original.",
        )  # fmt: skip
        self.columns = number("Columns", "Pictures side by side.", 1, 8, 2)
        self.rows_ = number("Rows", "Pictures on top of each other.", 1, 8, 2)
        self.seed = number("First seed", "The first picture's seed; the others follow.",
                           0, SEED_MAX, 0)  # fmt: skip
        self.caption = QLineEdit()
        self.place = Place()
        self.place.makes = suggested.absolute().parent
        self._build()
        self._connect()
        self._on_kind()
        self._on_beside()

    def _build(self) -> None:
        self.caption.setPlaceholderText("none; for example {time}   psi {psi}")
        set_tip(
            self.caption,
            "Words below the picture; {time}, {frame}, {seed}, {psi}, {growth} and {model} are"
            " filled in for each frame.",
        )
        self.caption.setAccessibleName("Caption")
        add = self.rows.addRow
        add("Kind", self.kind)
        add("", self.about)
        add("Size", self.size_)
        add("Rate", self.fps)
        add("", self.quality)
        add("Pictures", self.beside)
        add("Grid", side_by_side(self.columns, "×", self.rows_, "seeds from", self.seed))
        add("Caption", self.caption)
        add("Where to", self.place)

    def _connect(self) -> None:
        self.kind.edited.connect(self._on_kind)
        self.beside.edited.connect(self._on_beside)
        self.size_.edited.connect(self._tell)
        self.fps.edited.connect(self._tell)
        for box in (self.columns, self.rows_):
            box.valueChanged.connect(self._tell)
        self.quality.edited.connect(self._tell)
        self.place.changed.connect(self._tell)
        self.place.asked.connect(self._ask_place)
        self.accepted.connect(self._on_accepted)

    # --- what is chosen --------------------------------------------------------------------------

    @property
    def order(self) -> FilmOrder:
        """What is chosen now."""
        return FilmOrder(
            codec=str(self.kind.value),
            path=self.place.path,
            fps=cast("Fraction", self.fps.value),
            quality=round(self.quality.value),
            side=self.size_.side,
            method=self.method.value,
            columns=self.columns.value() if self.beside.value == "seeds" else 1,
            rows=self.rows_.value() if self.beside.value == "seeds" else 1,
            first_seed=self.seed.value(),
            models=self.beside.value == "models",
            caption=self.caption.text(),
        )

    def _on_beside(self) -> None:
        self.rows.setRowVisible(GRID_ROW, self.beside.value == "seeds")
        self.size_.offer(columns=self._arranged(self.order)[0])
        self._tell()
        self.fit()

    def _on_kind(self) -> None:
        """Tell what the kind is for, and give the file its ending."""
        name, _, ending, about = next(kind for kind in KINDS if kind[0] == self.kind.value)
        self.about.setText(about)
        lossless = "" if name in LOSSY else "This kind has no quality to choose."
        self.quality.set_available(lossless)
        known = self.place.path if self.place.line.text() else self._suggested
        endings = {kind[2] for kind in KINDS if kind[2]}
        stem = known.with_suffix("") if known.suffix.lower() in endings else known
        self.place.show_path(stem.with_name(stem.name + ending))
        self._tell()

    def _ask_place(self) -> None:
        then: Callable[[str], None] = lambda path: self.place.show_path(Path(path))  # noqa: E731
        if self.kind.value == "png":
            ask_folder(self, "A folder for the pictures", self.place.path.parent, then)
        else:
            ask_to_save(self, "Export the film", self.place.path, then)

    def _tell(self) -> None:
        order = self.order
        columns, rows = self._arranged(order)
        frames = max(1, round(self._seconds * order.fps))
        side = order.side or self._resolution
        whole = replace(order, side=side, columns=columns, rows=rows)
        size = bytes_words(estimate(whole, frames, self._resolution))
        said = (
            f"{frames} frames, {self._seconds:.4g} s, {side * columns} × {side * rows}"
            f" px, very roughly {size}. {self.size_.words()}"
        ).strip()
        if order.codec == "gif" and order.fps > GIF_FASTEST:
            said += f" Many players slow a GIF of more than {GIF_FASTEST} frames a second down."
        wrong = side * max(columns, rows) > 16384
        problem = (
            "No side of a film may be longer than 16384 px." if wrong else self.place.problem()
        )
        if not problem and order.codec != "png" and order.path.exists():
            said += " The file that is there will be replaced."
        self.summary.setText(problem or said)
        self.allow(problem)

    def _arranged(self, order: FilmOrder) -> tuple[int, int]:
        """Columns and rows of a frame; models stand nearly in a square."""
        if not order.models:
            return order.columns, order.rows
        columns = math.ceil(math.sqrt(self._models))
        return columns, -(-self._models // columns)

    def _on_accepted(self) -> None:
        self.ordered.emit(self.order)


def _beside(models: int) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [("the film as it is", "one"), ("several seeds", "seeds")]
    return [*found, (f"{models} models of the library", "models")] if models > 1 else found


def estimate(order: FilmOrder, frames: int, resolution: int) -> float:
    """Bytes of a film, very roughly: what is enlarged holds little more than what was rendered."""
    side = order.side or resolution
    bits, power = ROOM[order.codec]
    grown = float(max(1.0, side / resolution) ** power)
    pixels = order.columns * order.rows * min(side, resolution) ** 2
    quality = float(2.0 ** ((order.quality - 80) / DOUBLES)) if order.codec in LOSSY else 1.0
    return frames * pixels * grown * bits * quality / 8
