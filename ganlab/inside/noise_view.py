"""The noise lab: with and without, what differs, and where noise decides."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ganlab.inside.live_view import SLOW_MS, LiveView
from ganlab.inside.parts import SearchBar, column, scrolled, words
from ganlab.inside.pictures import PictureBox, as_image
from ganlab.panels.sections import NO_MODEL, NO_NOISE
from ganlab.style import STEP
from ganlab_core.inspection.answers import Answer, NoiseComparison
from ganlab_core.inspection.questions import CompareNoise

TOPIC = "noise"
PAPER = "(StyleGAN, Karras et al. 2019, fig. 4)"


class NoiseView(LiveView):
    """Four pictures: with noise, without, their difference, the deviation over draws."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.lacking = words(NO_MODEL)
        self.search = SearchBar("Comparing noise")
        self.with_noise = PictureBox("with noise", "The picture as it is shown.")
        self.without = PictureBox("without noise", f"What the style alone paints {PAPER}.")
        self.difference = PictureBox("difference", "Where the two differ, made brighter.")
        self.deviation = PictureBox(
            "deviation",
            f"How much each pixel varies over draws of the noise: bright where noise decides {PAPER}.",
        )
        self.told = words()
        inner = QWidget()
        grid = QGridLayout()
        grid.setSpacing(2 * STEP)
        for place, box in enumerate(self.boxes):
            grid.addWidget(box, place // 2, place % 2)
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, 2 * STEP, 0)
        stack.addLayout(grid)
        stack.addWidget(self.told)
        stack.addStretch(1)
        self._area = scrolled(inner)
        layout = column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.search)
        layout.addWidget(self._area, 1)
        self.search.stopped.connect(self._asker.drop)
        self.offer()

    @property
    def boxes(self) -> tuple[PictureBox, ...]:
        """The four pictures."""
        return self.with_noise, self.without, self.difference, self.deviation

    def offer(self) -> None:
        """Be there for a model that adds noise."""
        has = self.can is not None and self.can.has_noise
        self.lacking.setText(NO_NOISE if self.can else NO_MODEL)
        self.lacking.setVisible(not has)
        self._area.setVisible(has)

    def look(self) -> None:
        """Ask about the noise of the picture that is shown."""
        if self.frame is not None and self.can is not None and self.can.has_noise:
            self._asker.want(CompareNoise(self.frame.recipe))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the four pictures."""
        if not isinstance(answer, NoiseComparison):
            return
        pictures = (
            answer.with_noise, answer.without_noise, answer.difference, answer.deviation
        )  # fmt: skip
        for box, picture in zip(self.boxes, pictures, strict=True):
            box.show_image(as_image(picture))
        self.difference.set_caption(f"difference x {answer.gain:.0f}")
        self.deviation.set_caption(f"deviation, white = {answer.peak:.1f}")
        self.told.setText(
            f"Without noise the picture changes by {answer.change:.2f} of 255 grey levels on average;"
            f" over draws the most restless pixel deviates by {answer.peak:.1f}."
        )

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.search.show_fraction(None)
        self.told.setText("")
        for box in self.boxes:
            box.show_image(QImage())
