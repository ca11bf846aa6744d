"""The psi curve: truncation drawn over the resolutions."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Choice, CurvePad, Label, Span, Stop, ValueSlider, WordButton
from ganlab.recipe_widget import NO_MODEL, PSI_HIGH, PSI_LOW, PSI_STEP, RecipeWidget, section_title
from ganlab.style import COLOUR
from ganlab_core.recipe import MOST_CENTRES, Capabilities, Centres, latent_text

PAPER = "(truncation; StyleGAN, Karras et al. 2019, appendix B; BigGAN, Brock et al. 2019)"
NO_PSI = "This model normalises its z, so there is nothing to truncate."
FOLLOWS = "Every resolution follows the master's psi already."
NO_W = "This model has no W: psi scales z, towards zero."
SEVERAL = "(multi-modal truncation; Mokady et al. 2022, sec. 3.3)"
CLUSTERS = (2, 3, 4, 6, 8, 12, 16)
IS_ONE = "This picture is among the centres already."
IS_FULL = f"There are at most {MOST_CENTRES} centres."
IS_HERE = "Psi leads to this picture already."
IS_MEAN = "Psi leads to the mean already."
HINT = "Draw, or walk with the arrow keys. Delete or a double click: as the master again."


class PsiCurvePanel(RecipeWidget):
    """Every resolution's psi as one line; drawing gives them a psi of their own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Psi curve")
        self._sides: tuple[int, ...] = ()
        self._can: Capabilities | None = None
        self.curve = CurvePad(
            "Psi over the resolutions",
            f"Draw how far each resolution's style may lie from the average {PAPER}.",
            Span(PSI_LOW, PSI_HIGH, PSI_STEP, 2),
            COLOUR.TRUNCATION,
        )
        self.level = WordButton(
            "As master", f"Let every resolution follow the master's psi again {PAPER}."
        )
        self.here = WordButton("This picture", f"Let psi lead to the picture on the desk {PAPER}.")
        self.mean = WordButton("Mean of W", f"Let psi lead to the average style again {PAPER}.")
        self.like = WordButton(
            "Add this picture", f"Let psi lead to this picture where it is the nearest {SEVERAL}."
        )
        self.several = Choice(
            "Centres", f"Psi leads each style to the nearest of several centres {SEVERAL}."
        )
        self.pick = Choice("Which centre", f"The nearest to each style, or always one {SEVERAL}.")
        self.softness = ValueSlider(
            "softness", 0, 4, 0.0, 0.1, 2, COLOUR.TRUNCATION,
            f"0 = the nearest alone; above, all centres count, so that nothing jumps in a walk {SEVERAL}.",
        )  # fmt: skip
        self.centre = Label()
        self.hint = Label(HINT)
        for label in (self.centre, self.hint):
            label.setFont(style.font("small"))
            label.setWordWrap(True)
            style.set_tone(label, "muted")
        style.set_tip(self.centre, f"What psi 0 shows at every resolution {PAPER}.")
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(section_title("PSI CURVE", f"Psi from coarse to fine {PAPER}."), 1)
        top.addWidget(self.level)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.curve, 1)
        column.addWidget(self.hint)
        column.addWidget(section_title("CENTRE", f"What psi leads towards {PAPER}."))
        column.addWidget(self.centre)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.here)
        row.addWidget(self.mean)
        column.addLayout(row)
        more = QHBoxLayout()
        more.setSpacing(8)
        more.addWidget(self.several, 1)
        more.addWidget(self.like)
        column.addLayout(more)
        column.addWidget(self.pick)
        column.addWidget(self.softness)
        for part in (self.several, self.pick):
            part.setFont(style.font("small"))
            part.setMinimumWidth(64)

    def _connect(self) -> None:
        self.curve.moved.connect(self._on_moved)
        self.curve.default_asked.connect(self._on_default)
        self.curve.drag_started.connect(self.drag_started)
        self.curve.drag_finished.connect(self.drag_finished)
        self.level.clicked.connect(self._on_level)
        self.here.clicked.connect(self._on_here)
        self.mean.clicked.connect(self._on_mean)
        self.like.clicked.connect(self._on_like)
        self.several.edited.connect(self._on_several)
        self.pick.edited.connect(self._on_pick)
        self.softness.edited.connect(self._on_softness)
        self.softness.drag_started.connect(self.drag_started)
        self.softness.drag_finished.connect(self.drag_finished)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer the resolutions that take a style; None when no model is open."""
        self._can = can
        styled = {layer.resolution for layer in can.layers if layer.style} if can else set()
        self._sides = tuple(sorted(styled)) if can and can.has_truncation else ()
        self.refresh()

    def refresh(self) -> None:
        """Show what the Recipe says at each resolution."""
        can, recipe = self._can, self.recipe
        own = dict(recipe.psi_at)
        stops = []
        for side in self._sides:
            assert can is not None
            layer = next(layer for layer in can.layers_at(side) if layer.style)
            stops.append(Stop(str(side), recipe.psi_of(layer), side in own))
        self.curve.show_stops(stops)
        lacking = NO_MODEL if can is None else "" if self._sides else NO_PSI
        self.curve.set_available(lacking)
        some = any(side in own for side in self._sides)
        self.level.set_available(lacking or ("" if some else FOLLOWS))
        self.hint.setText(lacking or HINT)
        self._refresh_centre(lacking)

    def _refresh_centre(self, lacking: str) -> None:
        centre, centres = self.recipe.centre, self.recipe.centres
        has_w = self._can is not None and self._can.has_w
        lacking = lacking or ("" if has_w else NO_W)
        own = "the mean of W" if centre is None else latent_text(centre)
        if centres.count:
            own = _centres_text(centres)
        self.centre.setText(lacking or f"Psi leads towards {own}.")
        here = centre == self.recipe.latent and not centres.count
        self.here.set_available(lacking or (IS_HERE if here else ""))
        is_mean = centre is None and not centres.count
        self.mean.set_available(lacking or (IS_MEAN if is_mean else ""))
        there = IS_ONE if self.recipe.latent in centres.latents else ""
        full = IS_FULL if len(centres.latents) >= MOST_CENTRES else ""
        self.like.set_available(lacking or there or full)
        self._refresh_several(lacking)

    def _refresh_several(self, lacking: str) -> None:
        centres = self.recipe.centres
        offered: list[tuple[str, object]] = [("one centre", 0)]
        offered += [
            (f"{count} clusters of W", count)
            for count in sorted({*CLUSTERS, centres.clusters} - {0})
        ]
        if centres.latents:
            offered.append((f"pictures: {len(centres.latents)}", -1))
        self.several.set_options(offered)
        self.several.set_value(-1 if centres.latents else centres.clusters)
        self.several.setEnabled(not lacking)
        numbers = [(f"always centre {number + 1}", number) for number in range(centres.count)]
        self.pick.set_options([("the nearest", None), *numbers])
        self.pick.set_value(None if centres.pick is None else round(centres.pick))
        self.softness.set_value(centres.softness)
        self.pick.setVisible(centres.count > 0)
        self.softness.setVisible(centres.count > 0 and centres.pick is None)

    def _on_moved(self, place: int, psi: float) -> None:
        self.propose(self.recipe.with_psi_at(self._sides[place], psi), "psi curve")

    def _on_default(self, place: int) -> None:
        self.propose(self.recipe.with_psi_at(self._sides[place], None), "psi curve")

    def _on_here(self) -> None:
        recipe = replace(self.recipe, centre=self.recipe.latent, centres=Centres())
        self.propose(recipe, "centre here")

    def _on_mean(self) -> None:
        self.propose(replace(self.recipe, centre=None, centres=Centres()), "centre at the mean")

    def _on_like(self) -> None:
        latents = (*self.recipe.centres.latents, self.recipe.latent)
        self._centres(Centres(latents, softness=self.recipe.centres.softness))

    def _on_several(self, clusters: int) -> None:
        if clusters >= 0:
            self._centres(Centres(clusters=clusters))

    def _on_pick(self, number: int | None) -> None:
        pick = None if number is None else float(number)
        self._centres(replace(self.recipe.centres, pick=pick))

    def _on_softness(self, softness: float) -> None:
        self._centres(replace(self.recipe.centres, softness=softness))

    def _centres(self, centres: Centres) -> None:
        self.propose(replace(self.recipe, centres=centres), "centres")

    def _on_level(self) -> None:
        self.propose(replace(self.recipe, psi_at=()), "psi as master")


def _centres_text(centres: Centres) -> str:
    kind = "clusters of W" if centres.clusters else "pictures"
    if centres.pick is not None:
        return f"centre {centres.pick + 1:.4g} of {centres.count} {kind}"
    if centres.count == 1:
        return "one picture"
    return f"the nearest of {centres.count} {kind}"
