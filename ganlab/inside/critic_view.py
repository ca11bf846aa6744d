"""What the model's own discriminator sees: its blocks' feature maps, its score, and because of where."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ganlab.inside.feature_maps import MapGrid
from ganlab.inside.views import (
    SLOW_MS,
    VEIL,
    Button,
    LiveView,
    PictureBox,
    SearchBar,
    ViewChoice,
    as_image,
    indexed,
    scrolling_column,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL
from ganlab.style import STEP
from ganlab_core.inspection import Answer, AskCritic, CriticMaps, CriticReport, SeeCritic
from ganlab_core.rendering import Frame

CRITIC_TOPIC, REPORT_TOPIC = "critic", "critic report"
NO_CRITIC = (
    "This model's file carries no discriminator. Models that ganlab trains have one; published ones"
    " mostly leave it out."
)
PAPER = "(Goodfellow et al. 2014)"


class CriticView(LiveView):
    """The picture through D: maps of one of its blocks, its score beside fakes, and where it looks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = self.add_asker(CRITIC_TOPIC, SLOW_MS)
        self._reporter = self.add_asker(REPORT_TOPIC, 0)
        self.block = 0
        self.lacking = text_label(NO_MODEL)
        self.blocks = ViewChoice(
            "D's block", "Which block of D is looked into, from the picture on."
        )
        self.grid = MapGrid()
        self.grid.setAccessibleName("D's feature maps")
        self.told = text_label()
        self.compare = Button(
            "Compare with fakes", f"Where this picture stands among 32 others by D's score {PAPER}."
        )
        self.search = SearchBar("Drawing fakes")
        self.where = PictureBox(
            "where it looks", "The picture lit where D's score would change most with its pixels."
        )
        self._body = [self.blocks, self.grid, self.told, self.compare, self.where]
        layout = scrolling_column(self)
        layout.addWidget(self.lacking)
        layout.addWidget(self.blocks)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.told)
        row = QHBoxLayout()
        row.addWidget(self.compare)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addWidget(self.search)
        layout.addWidget(self.where)
        self.grid.setMinimumHeight(28 * STEP)
        self.blocks.chosen.connect(self._on_block)
        self.compare.clicked.connect(self._on_compare)
        self.search.stopped.connect(self._reporter.drop)
        self._score = ""
        self.offer()

    def offer(self) -> None:
        """Whether there is a D is known when it has been asked."""
        self.lacking.setText(NO_MODEL)
        self._show_body(self.can is not None)

    def show_frame(self, frame: Frame) -> None:
        """Another picture: what was said of the one before does not hold."""
        if self.frame is None or frame.recipe != self.frame.recipe:
            self._reporter.forget()
            self.where.show_image(QImage())
        super().show_frame(frame)

    def look(self) -> None:
        """Ask about the block at hand."""
        if self.frame is not None and self.can is not None:
            self._asker.want(SeeCritic(self.frame.recipe, self.block))

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Show maps and score, or where D looks."""
        if isinstance(answer, CriticMaps):
            self._show_maps(answer)
        elif isinstance(answer, CriticReport) and self.frame is not None:
            self.where.show_image(self._lit(answer))
            share = 100 * answer.rank
            self.told.setText(
                f"{self._score} It looks more real to D than {share:.0f} % of"
                f" {len(answer.fakes)} fresh fakes, whose mean is {answer.fakes.mean():.2f}."
            )

    def _show_maps(self, answer: CriticMaps) -> None:
        self._show_body(answer.maps is not None)
        if answer.maps is None:
            self.lacking.setText(NO_CRITIC)
            return
        names = [
            f"block {k + 1}   {c} maps, {side} px" for k, (c, side) in enumerate(answer.blocks)
        ]
        self.blocks.show_items(names)
        self.blocks.setCurrentIndex(min(self.block, len(names) - 1))
        self.grid.show_maps(answer.maps, range(len(answer.maps.facts)))
        beside = ", ".join(f"{score:.2f}" for score in answer.others)
        self._score = (
            f"D's score of this picture: {answer.score:.2f}; of three fakes beside it: {beside}."
            " Higher is more real."
        )
        self.told.setText(self._score)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Tell how far the comparison is."""
        if topic == REPORT_TOPIC:
            self.search.show_fraction(fraction)

    def forget(self) -> None:
        """Forget the model before."""
        super().forget()
        self.block, self._score = 0, ""
        self.search.show_fraction(None)
        self.told.setText("")
        self.grid.show_maps(None, [])
        self.where.show_image(QImage())

    def _lit(self, answer: CriticReport) -> QImage:
        """The picture in shade but for where D looks."""
        assert self.frame is not None
        picture = as_image(self.frame.pixels).convertToFormat(QImage.Format.Format_ARGB32)
        heat = np.rint(255 * np.sqrt(answer.heat)).astype(np.uint8)
        veil = indexed(heat, VEIL).convertToFormat(QImage.Format.Format_ARGB32)
        with QPainter(picture) as painter:
            painter.drawImage(picture.rect(), veil)
        return picture

    def _show_body(self, there: bool) -> None:
        self.lacking.setVisible(not there)
        for part in self._body:
            part.setVisible(there)

    def _on_block(self, block: int) -> None:
        self.block = block
        self.look()

    def _on_compare(self) -> None:
        if self.frame is not None:
            self._reporter.want(AskCritic(self.frame.recipe))
