"""What is seen of exports: the windows in which one is chosen, and the list of those under way.

Chosen are kind, size, rate, quality, grid, words and place. The list tells how far each is, with
buttons to rest, give up, or look at what it made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import (
    Cell,
    Choice,
    ElidedLabel,
    FormDialog,
    FormPlace,
    Label,
    NumberBox,
    Picture,
    PictureGrid,
    Size,
    Toggle,
    ValueSlider,
    WordButton,
    bytes_text,
    muted,
    side_by_side,
)
from ganlab.recipe_widget import section_title
from ganlab.style import COLOUR, STEP, set_tip
from ganlab.window import ask_folder, ask_to_save
from ganlab_core.errors import ExportError, GanlabError
from ganlab_core.export import (
    CODECS,
    LARGEST_SIDE,
    FilmJob,
    FilmPlan,
    PictureSize,
    SheetJob,
    StartRecipe,
    StillJob,
    read_seeds,
)
from ganlab_core.recipe import Capabilities, Latent, Recipe
from ganlab_core.timeline import RATES, Timeline, fps_shown

LARGEST_IN_BOX = 2**31 - 1

FILE_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("h264", "MP4 (H.264)", ".mp4", "For everywhere: every phone, browser and player opens it."),
    ("vp9", "WebM (VP9)", ".webm", "For web pages: smaller than MP4, opened by every browser."),
    ("gif", "GIF", ".gif", "For chats that take no film: 256 colours and a large file."),
    ("webp", "Animated WebP", ".webp", "For web pages that take pictures only: a better GIF."),
    ("ffv1", "MKV (FFV1)", ".mkv", "For archives: every pixel exactly as it was rendered."),
    ("prores", "MOV (ProRes 422 HQ)", ".mov", "For editing programs: large, hardly any loss."),
    ("prores4444", "MOV (ProRes 4444)", ".mov",
     "For editing programs that lay films over each other: full colour, and what is see-through."),
    ("png", "PNG sequence", "",
     "For anything else: a folder of pictures, each with its Recipe; it can be taken up again."),
)  # fmt: skip
"""(Name in the core, title, ending, what for)."""

LOSSY = ("h264", "vp9", "webp")
GIF_FASTEST = 50

BITS_PER_PIXEL: dict[str, tuple[float, float]] = {
    "h264": (1.1, 1.0), "vp9": (1.2, 0.9), "gif": (3.7, 1.8), "webp": (1.9, 1.0),
    "ffv1": (9.0, 1.4), "prores": (6.5, 1.7), "prores4444": (9.1, 1.7), "png": (11.5, 1.5),
}  # fmt: skip
"""Bits for each rendered pixel of a frame at quality 80, and the power of the enlargement by which they
grow; measured on a walk through moving faces of 64 px."""

MOMENTS = 5
"""Of a film that stand in the picture of it."""


DOUBLES = 30
"""Steps of quality that double the size."""


MOST_SHOWN = 16
"""Pictures in the picture of a result."""

RESULT_SIDE, RESULT_WIDTH = 120, 500
"""Of one picture at most, and of all in a row, in device-independent pixels."""


class ResultDialog(FormDialog):
    """A form above which stands what it makes, in small pictures of the desk's model.

    Signals
    -------
    pictures_wanted(list of Recipe)
        These are seen; answer with `show_picture`.
    """

    pictures_wanted = Signal(object)

    def __init__(self, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(title, verb, parent)
        self._seen: tuple[Recipe, ...] = ()
        self.sketches = PictureGrid("The result", "What is written, in small pictures.", columns=1)
        self.sketches.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sketches.hide()
        self.rows.insertRow(0, self.sketches)

    @property
    def seen(self) -> tuple[Recipe, ...]:
        """Whose pictures stand above the form."""
        return self._seen

    def ask_pictures(self) -> None:
        """Ask for the pictures once more, for somebody who listens only now."""
        self.pictures_wanted.emit(list(self._seen))

    def show_picture(self, recipe: Recipe, picture: Picture) -> None:
        """Take a picture that was asked for."""
        for index, seen in enumerate(self._seen):
            if seen == recipe:
                self.sketches.show_picture(index, picture)

    def show_result(self, recipes: Sequence[Recipe], columns: int) -> None:
        """Show the pictures of these, as many in a row; none where they cannot be drawn here."""
        if tuple(recipes) == self._seen:
            return
        self._seen = tuple(recipes)
        columns = max(1, min(columns, len(recipes)))
        side = min(RESULT_SIDE, RESULT_WIDTH // columns)
        self.sketches.set_columns(columns)
        self.sketches.setFixedWidth(columns * side)
        self.sketches.set_cells([Cell() for _ in recipes])
        self.rows.setRowVisible(self.sketches, bool(recipes))
        self.ask_pictures()


class ExportFilmDialog(ResultDialog):
    """Asks how a film is to be written.

    Parameters
    ----------
    film
        The film as it would be written: its Timeline, its model, and a place.
    resolution
        Of the model's picture, in pixels.
    beside
        Models that could stand side by side, this one first.
    transparent
        Whether its pictures are see-through in places.

    Signals
    -------
    ordered(FilmJob)
        Export was pressed.
    """

    ordered = Signal(object)

    def __init__(
        self,
        film: FilmJob,
        resolution: int,
        beside: Sequence[str] = (),
        parent: QWidget | None = None,
        *,
        transparent: bool = False,
    ) -> None:
        super().__init__("Export the film", "Export", parent)
        self._transparent = transparent
        line = film.timeline or Timeline()
        self._film, self._suggested, self._resolution = film, film.out.with_suffix(""), resolution
        self._seconds, fps = line.duration, line.fps
        self._models = tuple(beside)
        models = len(self._models)
        self.beside = Choice("Pictures", "What a frame shows.", _beside(models))
        self.kind = Choice(
            "Kind of film", "Which kind of file.", [(k[1], k[0]) for k in FILE_KINDS]
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
        self.columns = NumberBox("Columns", "Pictures side by side.", 1, 8, 2)
        self.rows_ = NumberBox("Rows", "Pictures on top of each other.", 1, 8, 2)
        self.seed = NumberBox("First seed", "The first picture's seed; the others follow.",
                              0, LARGEST_IN_BOX, 0)  # fmt: skip
        self._grid_row = side_by_side(self.columns, "×", self.rows_, "seeds from", self.seed)
        self.shown = QLineEdit()
        self.caption = QLineEdit()
        self.place = FormPlace()
        self.place.makes = film.out.absolute().parent
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
        self.shown.setPlaceholderText("16:0-15, or 16x16/conv1:all")
        self.shown.setAccessibleName("Feature maps")
        set_tip(
            self.shown,
            "A resolution or a layer, then which of its feature maps, as tiles of one grey scale along"
            " the film.",
        )
        add = self.rows.addRow
        add("Kind", self.kind)
        add("", self.about)
        add("Size", self.size_)
        add("Rate", self.fps)
        add("", self.quality)
        add("Pictures", self.beside)
        add("Grid", self._grid_row)
        add("Maps", self.shown)
        add("Caption", self.caption)
        add("Where to", self.place)

    def _connect(self) -> None:
        self.kind.edited.connect(self._on_kind)
        self.shown.textChanged.connect(self._tell)
        self.beside.edited.connect(self._on_beside)
        self.size_.edited.connect(self._tell)
        self.fps.edited.connect(self._tell)
        for box in (self.columns, self.rows_, self.seed):
            box.valueChanged.connect(self._tell)
        self.quality.edited.connect(self._tell)
        self.place.changed.connect(self._tell)
        self.place.asked.connect(self._ask_place)
        self.accepted.connect(self._on_accepted)

    # --- what is chosen --------------------------------------------------------------------------

    @property
    def job(self) -> FilmJob:
        """What is chosen now; raises `ExportError` for what makes no film."""
        grid = self._grid() if self.beside.value == "seeds" else (1, 1)
        first, count = self.seed.value(), grid[0] * grid[1]
        return msgspec.structs.replace(
            self._film,
            models=self._models if self._compares else self._film.models,
            out=self.place.path,
            codec=str(self.kind.value),
            sound=self._film.sound if CODECS[str(self.kind.value)].sound else None,
            plan=FilmPlan(fps=cast("Fraction", self.fps.value)),
            quality=round(self.quality.value),
            size=PictureSize(side=self.size_.side, method=self.method.value),
            grid=grid if count > 1 else None,
            seeds=tuple(range(first, first + count)) if count > 1 else (),
            caption=self.caption.text(),
            show=self.shown.text() if self.beside.value == "maps" else None,
        )

    @property
    def _compares(self) -> bool:
        return self.beside.value == "models"

    def _grid(self) -> tuple[int, int]:
        """Columns and rows of a frame; models stand nearly in a square."""
        if self._compares:
            columns = math.ceil(math.sqrt(len(self._models)))
            return columns, -(-len(self._models) // columns)
        seeds = self.beside.value == "seeds"
        return (self.columns.value(), self.rows_.value()) if seeds else (1, 1)

    def _on_beside(self) -> None:
        self.rows.setRowVisible(self._grid_row, self.beside.value == "seeds")
        self.rows.setRowVisible(self.shown, self.beside.value == "maps")
        self.size_.offer(columns=self._grid()[0])
        self._tell()
        self.fit()

    def _on_kind(self) -> None:
        """Tell what the kind is for, and give the file its ending."""
        name, _, ending, about = next(kind for kind in FILE_KINDS if kind[0] == self.kind.value)
        self.about.setText(about)
        lossless = "" if name in LOSSY else "This kind has no quality to choose."
        self.quality.set_available(lossless)
        known = self.place.path if self.place.line.text() else self._suggested
        endings = {kind[2] for kind in FILE_KINDS if kind[2]}
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
        problem = self.place.problem()
        try:
            said = self._facts(self.job)
        except ExportError as error:
            problem, said = problem or str(error), ""
        if self._side() * max(self._grid()) > LARGEST_SIDE:
            problem = f"No side of a film may be longer than {LARGEST_SIDE} px."
        self.show_result(*self._moments())
        self.summary.setText(problem or said)
        self.allow(problem)

    def _moments(self) -> tuple[list[Recipe], int]:
        """The film at even moments, or its first frame of many; how many stand in a row."""
        line = self._film.timeline
        if line is None or self.beside.value in ("maps", "models"):
            return [], 1
        if self.beside.value == "one":
            last = MOMENTS if line.loop else MOMENTS - 1  # a loop ends where it begins
            return [line.recipe_at(line.duration * k / last) for k in range(MOMENTS)], MOMENTS
        columns, rows = self._grid()
        first, shown = self.seed.value(), min(columns * rows, MOST_SHOWN // columns * columns)
        start = line.recipe_at(0.0)
        return [replace(start, latent=Latent(first + k)) for k in range(shown)], columns

    def _side(self) -> int:
        return self.size_.side or self._resolution

    def _facts(self, film: FilmJob) -> str:
        """What would be written, in words."""
        columns, rows = self._grid()
        fps, side = film.plan.rate, self._side()
        frames = max(1, round(self._seconds * fps))
        if film.show is not None:
            return f"{frames} frames, {self._seconds:.4g} s, feature maps as tiles."
        size = bytes_text(estimate(film, frames, self._resolution, columns * rows))
        said = (
            f"{frames} frames, {self._seconds:.4g} s, {side * columns} × {side * rows}"
            f" px, very roughly {size}. {self.size_.scaling_text()}"
        ).strip()
        if film.codec == "gif" and fps > GIF_FASTEST:
            said += f" Many players slow a GIF of more than {GIF_FASTEST} frames a second down."
        said += f" {CODECS[str(film.codec)].said_of(transparent=self._transparent)}".rstrip()
        if film.codec != "png" and film.out.exists():
            said += " The file that is there will be replaced."
        return said

    def _on_accepted(self) -> None:
        self.ordered.emit(self.job)


def _beside(models: int) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [
        ("the film as it is", "one"), ("several seeds", "seeds"), ("feature maps of a stage", "maps")
    ]  # fmt: skip
    return [*found, (f"{models} models of the library", "models")] if models > 1 else found


def estimate(film: FilmJob, frames: int, resolution: int, pictures: int = 1) -> float:
    """Bytes of a film, very roughly: what is enlarged holds little more than what was rendered."""
    side = film.size.side or resolution
    bits, power = BITS_PER_PIXEL[film.kind_of_film.name]
    grown = float(max(1.0, side / resolution) ** power)
    pixels = pictures * min(side, resolution) ** 2
    lossy = film.kind_of_film.name in LOSSY
    quality = float(2.0 ** ((film.quality - 80) / DOUBLES)) if lossy else 1.0
    return frames * pixels * grown * bits * quality / 8


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
SHEETS = ("contact", "compare", "strip")

ACROSS: tuple[tuple[str, str], ...] = (
    ("psi", "truncation psi"), ("noise", "noise"), ("growth", "growth"), ("class", "classes"),
    ("models", "models of the library"),
)  # fmt: skip


class ExportPicturesDialog(ResultDialog):
    """Asks which pictures are to be written, and how.

    Parameters
    ----------
    suggested
        Where to, without an ending.
    can
        What the model can do.
    recipe
        What is on the desk.
    beside
        Models that could be compared, this one first.
    named
        Where to by the name of a kind, for those that are no picture of the desk's seed.

    Signals
    -------
    ordered(StillJob or SheetJob)
        Export was pressed.
    """

    ordered = Signal(object)

    def __init__(
        self,
        suggested: Path,
        can: Capabilities,
        recipe: Recipe,
        beside: Sequence[str],
        named: Mapping[str, Path] | None = None,
        parent: QWidget | None = None,
        second: str | None = None,
    ) -> None:
        super().__init__("Export pictures", "Export", parent)
        self._second = second
        self._suggested, self._resolution = suggested, can.resolution
        self._start, self._models = StartRecipe(recipe=recipe), tuple(beside)
        self._recipe, self._can = recipe, can
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
        others = len(self._models) > 1
        offered = [(words, name) for name, words in ACROSS if _can_vary(name, can, others=others)]
        self.across = Choice("Across", "What the columns differ in.", offered)
        self.steps = NumberBox("Steps", "Pictures of the strip, both ends included.", 2, 64, 9)
        self.size_ = Size("Pixels of each picture: larger ones for print.", can.resolution)
        self.sides, self.method = self.size_.sides, self.size_.method
        self.labels = Toggle("Labels", COLOUR.MUTED, "Write seeds and values beside the pictures.")
        self.labels.set_value(True)
        self._labels_row = side_by_side(self.labels)
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
        add("", self._labels_row)
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
    def job(self) -> StillJob | SheetJob:
        """What is chosen now; raises `ExportError` for what makes no picture."""
        kind = str(self.kind.value)
        seeds = () if kind == "one" else read_seeds(self.seeds.text())
        if kind not in SHEETS:
            return StillJob(
                model=self._models[0],
                second=self._second,
                out=self.place.path,
                format=str(self.format.value),
                seeds=seeds,
                start=self._start,
                size=self._picture_size(),
                quality=round(self.quality.value),
            )
        across = str(self.across.value) if kind == "compare" else None
        return SheetJob(
            models=self._models if across == "models" else self._models[:1],
            second=None if across == "models" else self._second,
            out=self.place.path,
            kind=kind,
            seeds=seeds,
            across=across,
            steps=self.steps.value(),
            labels=self.labels.isChecked(),
            start=self._start,
            size=self._picture_size(),
            quality=round(self.quality.value),
        )

    def _picture_size(self) -> PictureSize:
        return PictureSize(side=self.size_.side, method=self.method.value)

    def _on_kind(self) -> None:
        name, _, seeds, about = next(kind for kind in PICTURE_KINDS if kind[0] == self.kind.value)
        self.about.setText(about)
        self.seeds.setText(seeds)
        sheet = name in SHEETS
        for part, shown in (
            (self.seeds, name != "one"),
            (self.across, name == "compare"),
            (self.steps, name == "strip"),
        ):
            self.rows.setRowVisible(part, shown)
        self.rows.setRowVisible(self._labels_row, sheet)
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
        problem, said = self.place.problem(), ""
        try:
            job = self.job
            said = self._facts(job)
            self.show_result(*self._pictures(job))
        except GanlabError as error:
            problem = problem or str(error)
        self.summary.setText(problem or said)
        self.allow(problem)

    def _pictures(self, job: StillJob | SheetJob) -> tuple[list[Recipe], int]:
        """What would be written, and how many of it stand in a row."""
        from ganlab_core.export import edits_across, strip_recipes

        rows = [replace(self._recipe, latent=Latent(seed)) for seed in job.seeds]
        if isinstance(job, StillJob) or job.kind == "contact":
            return rows[:MOST_SHOWN] or [self._recipe], MOST_SHOWN // 2 if rows else 1
        if job.kind == "strip":
            steps = strip_recipes(rows[0], rows[-1], job.steps)
            return steps[:MOST_SHOWN], min(job.steps, MOST_SHOWN // 2)
        if job.across in (None, "models"):
            return [], 1
        edits = edits_across(job.across, job.values, self._can)[: MOST_SHOWN // 2]
        found = [edit(row) for row in rows for _, edit in edits]
        return found[: MOST_SHOWN // len(edits) * len(edits)], len(edits)

    def _facts(self, job: StillJob | SheetJob) -> str:
        """What would be written, in words."""
        side, kind = self._picture_size().side or self._resolution, self.kind.value
        each = "" if kind == "one" else " each"
        said = [f"{side} × {side} px{each}. {self.size_.scaling_text()}".strip()]
        said += [f"{len(job.seeds)} seeds."] if len(job.seeds) > 1 else []
        replaced = kind != "batch" and job.target.exists()
        return " ".join([*said, *["The file that is there will be replaced."] * replaced])

    def _on_accepted(self) -> None:
        self.ordered.emit(self.job)


def _can_vary(name: str, can: Capabilities, *, others: bool) -> bool:
    able = {
        "psi": can.has_truncation,
        "noise": can.has_noise,
        "growth": can.has_growth,
        "class": bool(can.classes),
    }
    return able.get(name, others)


EMPTY = "Nothing is being exported."


@dataclass(frozen=True, slots=True)
class JobShown:
    """One export as it is shown.

    Attributes
    ----------
    number
        Which one, for the signals.
    title, detail
        What it is; how it goes, or why it failed.
    fraction
        Done, 0 to 1; None while unknown.
    state
        waiting, running, paused, stopping, done, failed, cancelled or interrupted.
    """

    number: int
    title: str
    detail: str
    fraction: float | None
    state: str


class JobsPanel(QFrame):
    """Shows the exports.

    `pause_asked`, `go_asked`, `cancel_asked`, `open_asked`, `folder_asked`, `again_asked` and
    `forget_asked` tell the number of the job a button belongs to; `film_asked` and `pictures_asked` that
    something is to be exported.
    """

    pause_asked = Signal(int)
    go_asked = Signal(int)
    cancel_asked = Signal(int)
    open_asked = Signal(int)
    folder_asked = Signal(int)
    again_asked = Signal(int)
    forget_asked = Signal(int)
    film_asked = Signal()
    pictures_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Exports")
        self.rows: dict[int, JobRow] = {}
        self._empty = Label(EMPTY)
        self._empty.setWordWrap(True)
        style.set_tone(self._empty, "muted")
        page = QWidget()
        page.setProperty("plain", "true")
        self._list = QVBoxLayout(page)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(2 * STEP)
        self._list.addWidget(self._empty)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 2 * STEP, 4 * STEP, 3 * STEP)
        column.addWidget(section_title("EXPORTS", "Films and pictures being written, in order."))
        column.addWidget(scroll, 1)
        column.addLayout(self._asking())
        self.setMinimumWidth(60 * STEP)

    def _asking(self) -> QHBoxLayout:
        """Buttons to export something."""
        film = WordButton("Export Film…", "Write the film of the timeline to a file (Ctrl+E).")
        pictures = WordButton(
            "Export Pictures…", "Write pictures, contact sheets, comparisons (Ctrl+Shift+E)."
        )
        film.clicked.connect(self.film_asked)
        pictures.clicked.connect(self.pictures_asked)
        row = QHBoxLayout()
        row.setSpacing(STEP)
        row.addWidget(film)
        row.addWidget(pictures)
        row.addStretch(1)
        return row

    def show_jobs(self, jobs: Sequence[JobShown]) -> None:
        """Show these, in this order."""
        numbers = {job.number for job in jobs}
        for gone in [shown for shown in self.rows if shown not in numbers]:
            row = self.rows.pop(gone)
            row.hide()
            row.deleteLater()
        for index, job in enumerate(jobs):
            row = self.rows[job.number] if job.number in self.rows else self._made(job.number)
            if self._list.indexOf(row) != index:
                self._list.insertWidget(index, row)
            row.show_job(job)
        self._empty.setVisible(not jobs)

    def _made(self, number: int) -> JobRow:
        row = self.rows[number] = JobRow()
        for button, signal in (
            (row.open, self.open_asked), (row.folder, self.folder_asked),
            (row.cancel, self.cancel_asked),
            (row.again, self.again_asked), (row.forget, self.forget_asked),
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(number))
        row.pause.clicked.connect(lambda: self._on_pause(row, number))
        return row

    def _on_pause(self, row: JobRow, number: int) -> None:
        (self.go_asked if row.state == "paused" else self.pause_asked).emit(number)


class JobRow(QFrame):
    """One export."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "strip")
        self.state = ""
        self.title = ElidedLabel()
        self.detail = Label()
        self.detail.setWordWrap(True)
        self.detail.setFont(style.font("small"))
        style.set_tone(self.detail, "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * STEP)
        self.bar.setMaximum(1000)
        self.bar.setAccessibleName("Progress")
        self.pause = WordButton("Pause", "Let this export rest; it goes on where it was.")
        self.cancel = WordButton("Cancel", "Give this export up and clear away what it began.")
        self.open = WordButton(
            "Open", "Play the film, or look at the picture, in the system's own program."
        )
        self.folder = WordButton("Open Folder", "Show the folder that the export lies in.")
        self.again = WordButton("Try Again", "Export the same once more, to the same place.")
        self.forget = WordButton("Remove", "Take it from the list; the file stays.")
        buttons = QHBoxLayout()
        buttons.setSpacing(STEP)
        for button in (self.pause, self.cancel, self.open, self.folder, self.again, self.forget):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        column.setSpacing(STEP)
        for part in (self.title, self.bar, self.detail):
            column.addWidget(part)
        column.addLayout(buttons)

    def show_job(self, job: JobShown) -> None:
        """Show how it goes; the buttons are those that make sense now."""
        self.state = job.state
        over = job.state in ("done", "failed", "cancelled", "interrupted")
        self.title.setText(job.title)
        self.setAccessibleName(f"{job.title}: {job.detail}")
        self.detail.setText(job.detail)
        self.bar.setVisible(not over)
        known = job.fraction is not None or job.state != "running"
        self.bar.setMaximum(1000 if known else 0)
        self.bar.setValue(round(1000 * (job.fraction or 0.0)))
        self.pause.setVisible(job.state in ("running", "paused"))
        self.pause.setText("Go On" if job.state == "paused" else "Pause")
        self.cancel.setVisible(not over)
        self.cancel.setEnabled(job.state != "stopping")
        self.open.setVisible(job.state == "done")
        self.folder.setVisible(job.state == "done")
        self.again.setVisible(job.state in ("failed", "cancelled", "interrupted"))
        self.forget.setVisible(over)
