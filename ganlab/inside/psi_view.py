"""The truncation lab: the picture over psi, and how far its style lies from the centre."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ganlab.inside.live_view import SLOW_MS, LiveView
from ganlab.inside.parts import SearchBar, column, scrolled, words
from ganlab.inside.picture_grid import PictureGrid
from ganlab.inside.pictures import as_image
from ganlab.panels.sections import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection.answers import Answer, PsiStrip
from ganlab_core.inspection.questions import PSIS, TryPsis
from ganlab_core.recipe import Recipe

TOPIC = "psis"
NO_PSI = "This model normalises its z, so there is nothing to truncate."


class PsiView(LiveView):
    """The picture at several psi; pressing one takes that psi."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.lacking = words(NO_MODEL)
        self.search = SearchBar("Drawing the strip over psi")
        self.told = words()
        self.grid = PictureGrid(
            "The picture at this psi, and how far its style lies from the centre: press to take it"
            " (truncation; StyleGAN, Karras et al. 2019, appendix B; BigGAN, Brock et al. 2019)."
        )
        self.grid.set_names([f"psi {psi:g}" for psi in PSIS])
        inner = QWidget()
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, 2 * STEP, 0)
        stack.addWidget(self.grid)
        stack.addWidget(self.told)
        stack.addStretch(1)
        self._area = scrolled(inner)
        layout = column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.search)
        layout.addWidget(self._area, 1)
        self.search.stopped.connect(self._asker.drop)
        self.grid.pressed.connect(self._on_pressed)
        self.offer()

    def offer(self) -> None:
        """Be there for a model that can be truncated, and name what is measured."""
        has = self.can is not None and self.can.has_truncation
        self.lacking.setText(NO_PSI if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._area.setVisible(has)
        w = self.can is not None and self.can.has_w
        formula = "||w - mean of W||" if w else "||z||, as psi scales it"
        self.told.setText(f"Below each picture: psi, and the distance from the centre, {formula}.")

    def refresh(self) -> None:
        """Frame the picture of the psi on the desk."""
        own = self.recipe.psi_at
        near = [place for place, psi in enumerate(PSIS) if abs(psi - self.recipe.psi) < 0.005]
        self.grid.light(near[0] if near and not own else -1, COLOUR.TRUNCATION)

    def look(self) -> None:
        """Ask for the strip of the picture that is shown; its own psi does not matter."""
        if self.frame is not None and self.can is not None and self.can.has_truncation:
            self._asker.want(TryPsis(_any_psi(self.frame.recipe)))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the strip."""
        if isinstance(answer, PsiStrip):
            for box, one in zip(self.grid.boxes, answer.pictures, strict=False):
                box.show_image(as_image(one.pixels))
                box.set_caption(f"psi {one.psi:g}  ·  {one.distance:.1f}")

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.search.show_fraction(None)
        for box in self.grid.boxes:
            box.show_image(QImage())

    def _on_pressed(self, place: int) -> None:
        """What is pressed is what is shown then: no resolution keeps a psi of its own."""
        self.propose(replace(self.recipe, psi=PSIS[place], psi_at=()), "psi")


def _any_psi(recipe: Recipe) -> Recipe:
    """Equal for Recipes that give the same strip."""
    return replace(recipe, psi=1.0, psi_at=())
