"""The window in which pictures are exported: one, many seeds, a contact sheet, a comparison, a strip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ganlab.controls.slider import ValueSlider
from ganlab.controls.toggle import Toggle
from ganlab.dialogs.files import ask_folder, ask_to_save
from ganlab.dialogs.form import (
    Choice,
    FormDialog,
    Place,
    Size,
    muted,
    number,
    side_by_side,
)
from ganlab.dialogs.seed_list import seeds_in
from ganlab.style import COLOUR, set_tip
from ganlab_core.capabilities import Capabilities

KINDS: tuple[tuple[str, str, str, str], ...] = (
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
        self.kind = Choice("What", "What is written.", [(k[1], k[0]) for k in KINDS])
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
        self.place = Place()
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
        name, _, seeds, about = next(kind for kind in KINDS if kind[0] == self.kind.value)
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
        return f"{side} × {side} px{each}. {self.size_.words()}".strip()

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
