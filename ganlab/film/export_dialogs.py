"""The window in which a film's export is chosen: kind, size, rate, quality, grid, words, place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ganlab.controls.buttons import Toggle
from ganlab.controls.form import (
    Choice,
    FormDialog,
    FormPlace,
    Size,
    bytes_text,
    muted,
    number,
    side_by_side,
)
from ganlab.controls.sliders import ValueSlider
from ganlab.style import COLOUR, set_tip
from ganlab.window.file_dialogs import ask_folder, ask_to_save
from ganlab_core.recipe import SEED_MAX, Capabilities
from ganlab_core.timeline import RATES, fps_shown

LARGEST_IN_BOX = 2**31 - 1

FILM_KINDS: tuple[tuple[str, str, str, str], ...] = (
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
        ControlNames below; empty = none.
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
        self.kind = Choice(
            "Kind of film", "Which kind of file.", [(k[1], k[0]) for k in FILM_KINDS]
        )
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
                           0, LARGEST_IN_BOX, 0)  # fmt: skip
        self.caption = QLineEdit()
        self.place = FormPlace()
        self.place.makes = suggested.absolute().parent
        self._build()
        self._connect()
        self._on_kind()
        self._on_beside()

    def _build(self) -> None:
        self.caption.setPlaceholderText("none; for example {time}   psi {psi}")
        set_tip(
            self.caption,
            "ControlNames below the picture; {time}, {frame}, {seed}, {psi}, {growth} and {model} are"
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
        name, _, ending, about = next(kind for kind in FILM_KINDS if kind[0] == self.kind.value)
        self.about.setText(about)
        lossless = "" if name in LOSSY else "This kind has no quality to choose."
        self.quality.set_available(lossless)
        known = self.place.path if self.place.line.text() else self._suggested
        endings = {kind[2] for kind in FILM_KINDS if kind[2]}
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
        size = bytes_text(estimate(whole, frames, self._resolution))
        said = (
            f"{frames} frames, {self._seconds:.4g} s, {side * columns} × {side * rows}"
            f" px, very roughly {size}. {self.size_.scaling_text()}"
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


# ------------------------------------------------------------------------------------------------
# Seeds as a person types them.


MOST = 100_000


def seeds_in(text: str) -> list[int] | None:
    """The seeds of a list such as `"0-7,12"`; None when it is none, or absurdly long."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last > SEED_MAX or last - first >= MOST - len(found):
            return None
        found += range(first, last + 1)
    return found


# ------------------------------------------------------------------------------------------------
# The window in which pictures are exported: one, many seeds, a contact sheet, a comparison, a
# strip.


PICTURE_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("one", "This picture", "", "The picture on the desk, in the format you choose."),
    ("batch", "Many seeds", "0-15", "One file per seed, everything else as on the desk."),
    ("contact", "Contact sheet", "0-15", "A picture per seed on one sheet, to choose from."),
    ("compare", "Comparison", "0-3", "Seeds down, something across, as papers show it."),
    ("strip", "Strip", "0,1", "From one seed to another in even steps."),
)
"""(Name, title, seeds to begin with, what for)."""

FORMATS: tuple[tuple[str, str], ...] = (
    ("png", "PNG: every pixel as it is, with its Recipe"),
    ("jpg", "JPEG: small, for everywhere, with its Recipe"),
    ("webp", "WebP: smaller than JPEG, with its Recipe"),
    ("tif", "TIFF: 16 bits a channel, for print and further work"),
)
LABELS_ROW = 6

ACROSS: tuple[tuple[str, str], ...] = (
    ("psi", "truncation psi"), ("noise", "noise"), ("growth", "growth"), ("class", "classes"),
    ("models", "models of the library"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """Pictures to be written.

    Attributes
    ----------
    kind
        one, batch, contact, compare or strip.
    path
        The file; for a batch the folder.
    format, quality
        png, jpg, webp or tif; 0 to 100 for JPEG and WebP.
    seeds
        As the command line takes them: `"0-15,20"`; empty for the desk's own.
    across
        What a comparison's columns differ in.
    steps
        Pictures of a strip.
    side, method
        Pixels of each picture's side, None = as rendered; nearest or lanczos, which the file says.
    labels
        Whether words stand beside the pictures.
    """

    kind: str
    path: Path
    format: str = "png"
    quality: int = 92
    seeds: str = ""
    across: str = "psi"
    steps: int = 9
    side: int | None = None
    method: str = "lanczos"
    labels: bool = True


class ExportPicturesDialog(FormDialog):
    """Asks which pictures are to be written, and how.

    Parameters
    ----------
    suggested
        Where to, without an ending.
    can
        What the model can do.
    others
        Whether the library has other models to compare with.
    named
        Where to by the name of a kind, for those that are no picture of the desk's seed.

    Signals
    -------
    ordered(PictureOrder)
        Export was pressed.
    """

    ordered = Signal(object)

    def __init__(
        self,
        suggested: Path,
        can: Capabilities,
        *,
        others: bool,
        named: Mapping[str, Path] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export pictures", "Export", parent)
        self._suggested, self._resolution = suggested, can.resolution
        self._named, self._offered = dict(named or {}), suggested
        self.kind = Choice("What", "What is written.", [(k[1], k[0]) for k in PICTURE_KINDS])
        self.about = muted("")
        self.format = Choice("Format", "Which kind of file.", [(f[1], f[0]) for f in FORMATS])
        self.quality = ValueSlider(
            "quality", 0, 100, 92, 1, 0, COLOUR.MUTED,
            "More keeps finer detail and takes more room; a WebP of 100 loses nothing.",
        )  # fmt: skip
        self.seeds = QLineEdit()
        self.seeds.setAccessibleName("Seeds")
        set_tip(self.seeds, "Seeds and ranges with commas between, as 0-7,12.")
        offered = [(words, name) for name, words in ACROSS if _can_vary(name, can, others=others)]
        self.across = Choice("Across", "What the columns differ in.", offered)
        self.steps = number("Steps", "Pictures of the strip, both ends included.", 2, 64, 9)
        self.size_ = Size("Pixels of each picture: larger ones for print.", can.resolution)
        self.sides, self.method = self.size_.sides, self.size_.method
        self.labels = Toggle("Labels", COLOUR.MUTED, "Write seeds and values beside the pictures.")
        self.labels.set_value(True)
        self.place = FormPlace()
        self.place.makes = suggested.absolute().parent
        self._build()
        self._connect()
        self._on_kind()
        self.fit()

    def _build(self) -> None:
        add = self.rows.addRow
        add("What", self.kind)
        add("", self.about)
        add("Seeds", self.seeds)
        add("Across", self.across)
        add("Steps", self.steps)
        add("Size", self.size_)
        add("", side_by_side(self.labels))
        add("Format", self.format)
        add("", self.quality)
        add("Where to", self.place)

    def _connect(self) -> None:
        self.kind.edited.connect(self._on_kind)
        self.format.edited.connect(self._on_format)
        self.size_.edited.connect(self._tell)
        self.seeds.textChanged.connect(self._tell)
        self.place.changed.connect(self._tell)
        self.place.asked.connect(self._ask_place)
        self.accepted.connect(self._on_accepted)

    # --- what is chosen --------------------------------------------------------------------------

    @property
    def order(self) -> PictureOrder:
        """What is chosen now."""
        kind = str(self.kind.value)
        return PictureOrder(
            kind=kind,
            path=self.place.path,
            format=str(self.format.value),
            quality=round(self.quality.value),
            seeds="" if kind == "one" else self.seeds.text().strip(),
            across=str(self.across.value),
            steps=self.steps.value(),
            side=self.size_.side,
            method=self.method.value,
            labels=self.labels.isChecked(),
        )

    def _on_kind(self) -> None:
        name, _, seeds, about = next(kind for kind in PICTURE_KINDS if kind[0] == self.kind.value)
        self.about.setText(about)
        self.seeds.setText(seeds)
        sheet = name in ("contact", "compare", "strip")
        for part, shown in (
            (self.seeds, name != "one"),
            (self.across, name == "compare"),
            (self.steps, name == "strip"),
        ):
            self.rows.setRowVisible(part, shown)
        self.rows.setRowVisible(LABELS_ROW, sheet)
        count = 4 if sheet else 1  # a sheet holds several, and no side may be longer than 16384 px
        self.size_.offer(count=count, columns=count)
        self._on_format()
        self.fit()

    def _on_format(self) -> None:
        """Give the file its ending; many pictures go into a folder."""
        form = str(self.format.value)
        self.quality.set_available(
            "" if form in ("jpg", "webp") else "This format has no quality to choose."
        )
        before, self._offered = (
            self._offered,
            self._named.get(str(self.kind.value), self._suggested),
        )
        known = self.place.path
        if not self.place.line.text() or known.with_suffix("") == before or known == before:
            known = self._offered  # nobody has chosen another name yet
        stem = known.with_suffix("") if known.suffix[1:] in dict(FORMATS) else known
        ending = "" if self.kind.value == "batch" else f".{form}"
        self.place.show_path(stem.with_name(stem.name + ending))
        self._tell()

    def _ask_place(self) -> None:
        then: Callable[[str], None] = lambda path: self.place.show_path(Path(path))  # noqa: E731
        if self.kind.value == "batch":
            ask_folder(self, "A folder for the pictures", self.place.path.parent, then)
        else:
            ask_to_save(self, "Export pictures", self.place.path, then)

    def _tell(self) -> None:
        order = self.order
        found = seeds_in(order.seeds) if order.kind != "one" else [0]
        problem = self.place.problem()
        if found is None:
            problem = "Write seeds and ranges with commas between, as 0-7,12."
        elif order.kind == "strip" and len(found) != 2:
            problem = "A strip goes from one seed to another; write two, as 3,8."
        said = "" if found is None else f"{len(found)} seeds." if len(found) > 1 else ""
        if not problem and order.kind != "batch" and order.path.exists():
            said = f"{said} The file that is there will be replaced.".strip()
        said = " ".join(filter(None, (self._pixels(order), said)))
        self.summary.setText(problem or said)
        self.allow(problem)

    def _pixels(self, order: PictureOrder) -> str:
        side = order.side or self._resolution
        each = "" if order.kind == "one" else " each"
        return f"{side} × {side} px{each}. {self.size_.scaling_text()}".strip()

    def _on_accepted(self) -> None:
        self.ordered.emit(self.order)


def _can_vary(name: str, can: Capabilities, *, others: bool) -> bool:
    able = {
        "psi": can.has_truncation,
        "noise": can.has_noise,
        "growth": can.has_growth,
        "class": bool(can.classes),
    }
    return able.get(name, others)
