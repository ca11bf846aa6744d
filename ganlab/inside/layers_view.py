"""The difference each layer makes: the picture without its noise, or with the average style there."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ganlab.controls.segmented import Segmented
from ganlab.inside.live_view import SLOW_MS, LiveView
from ganlab.inside.parts import SearchBar, column, scrolled, words
from ganlab.inside.picture_grid import PictureGrid
from ganlab.inside.pictures import PictureBox, as_image
from ganlab.panels.sections import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab_core.inspection.answers import Answer, LayerDifferences
from ganlab_core.inspection.questions import LeaveOut

TOPIC = "layers"
COLOURS = {"noise": COLOUR.NOISE, "style": COLOUR.STYLE}
NOTHING = "No layer of this model adds noise or can take another style by itself."


class LayersView(LiveView):
    """One difference picture per layer; the one pressed is shown beside the picture without it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(TOPIC, SLOW_MS)
        self.found: LayerDifferences | None = None
        self._at_hand = 0
        self.lacking = words(NO_MODEL)
        self.part = Segmented(
            "Leave out",
            (
                ("noise", "Each layer without its noise (StyleGAN, Karras et al. 2019, sec. 3.2)."),
                ("style", "Each layer with the average style, or z = 0 for BigGAN's blocks"
                 " (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1)."),
            ),
            COLOURS,
        )  # fmt: skip
        self.search = SearchBar("Leaving layers out")
        self.told = words()
        self.whole = PictureBox("as it is", "The picture as it is shown.")
        self.without = PictureBox("without", "The picture without this layer's part.")
        self.difference = PictureBox("difference", "Where the two differ, made brighter.")
        self.grid = PictureGrid("Where this layer's part changes the picture: press to compare.")
        self._build()
        self.part.edited.connect(self._on_part)
        self.search.stopped.connect(self._asker.drop)
        self.grid.pressed.connect(self.show_layer)
        self.offer()

    def _build(self) -> None:
        inner = QWidget()
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, 2 * STEP, 0)
        stack.setSpacing(2 * STEP)
        three = QHBoxLayout()
        three.setSpacing(2 * STEP)
        for box in (self.whole, self.without, self.difference):
            three.addWidget(box)
        stack.addLayout(three)
        stack.addWidget(self.told)
        stack.addWidget(self.grid)
        stack.addStretch(1)
        self._area = scrolled(inner)
        layout = column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.part)
        layout.addWidget(self.search)
        layout.addWidget(self._area, 1)

    def offer(self) -> None:
        """Offer what can be left out of this model's layers."""
        can = self.can
        has_noise = can is not None and can.has_noise
        has_style = can is not None and can.has_mixing
        if not has_noise and has_style:
            self.part.set_value("style")
        elif not has_style:
            self.part.set_value("noise")
        self.part.setVisible(has_noise and has_style)
        self.lacking.setText(NOTHING if can else NO_MODEL)
        self.lacking.setVisible(not (has_noise or has_style))
        self._area.setVisible(has_noise or has_style)

    def look(self) -> None:
        """Ask about every layer of the picture that is shown."""
        can = self.can
        if self.frame is not None and can is not None and (can.has_noise or can.has_mixing):
            self._asker.want(LeaveOut(self.frame.recipe, self.part.value))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show the differences."""
        if not isinstance(answer, LayerDifferences) or answer.asked.part != self.part.value:
            return
        self.found = answer
        self.grid.set_names([one.name for one in answer.layers])
        for box, one in zip(self.grid.boxes, answer.layers, strict=True):
            box.show_image(as_image(one.difference))
            box.set_caption(f"{short(one.name)}  {one.change:.2f}")
        self.whole.show_image(as_image(answer.whole))
        self.show_layer(min(self._at_hand, len(answer.layers) - 1))

    def show_layer(self, place: int) -> None:
        """Compare one layer's picture with the whole one."""
        if self.found is None or place < 0:
            return
        self._at_hand = place
        self.grid.light(place, COLOURS[self.found.asked.part])
        one, part = self.found.layers[place], self.found.asked.part
        self.without.show_image(as_image(one.without))
        self.difference.show_image(as_image(one.difference))
        self.difference.set_caption(f"difference x {self.found.gain:.0f}")
        what = "its noise" if part == "noise" else "its own style"
        self.told.setText(
            f"{one.name}: without {what} the picture changes by {one.change:.2f} of 255 grey levels on"
            " average. All differences are made brighter alike."
        )

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far it is."""
        self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        super().forget()
        self.found, self._at_hand = None, 0
        self.search.show_fraction(None)
        self.told.setText("")
        self.grid.set_names([])
        for box in (self.whole, self.without, self.difference):
            box.show_image(QImage())

    def _on_part(self) -> None:
        if self.isVisible():
            self.look()


def short(name: str) -> str:
    """A stage's name where there is little room: `"16x16/conv0"` is `"16 conv0"`."""
    side, _, rest = name.partition("/")
    return f"{side.partition('x')[0]} {rest}"
