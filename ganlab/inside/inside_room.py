"""The room where one looks inside: a panel with a view for every question, joined to the render thread.

Of the views the one of the model's own discriminator stands here: its blocks' feature maps, its score,
and because of where.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import PictureMarks
from ganlab.engine import BackgroundTasks, RenderWorker
from ganlab.inside.directions_panel import DirectionsView
from ganlab.inside.feature_maps import AttentionView, FeaturesView, MapGrid, MapView
from ganlab.inside.laboratory import LabView
from ganlab.inside.style_views import StylesView
from ganlab.inside.views import (
    SLOW_MS,
    VEIL,
    Button,
    LiveView,
    PartsView,
    PictureBox,
    SearchBar,
    ViewChoice,
    as_image,
    indexed,
    scrolling_column,
    text_label,
)
from ganlab.recipe_widget import NO_MODEL, RecipeWidget
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.style import COLOUR, STEP
from ganlab.window import MainWindow, Messages, ask_directions, ask_where_for_directions
from ganlab_core.errors import GanlabError
from ganlab_core.inspection import (
    Answer,
    AskCritic,
    CriticMaps,
    CriticReport,
    DirectionSet,
    SeeCritic,
    check_fits,
    keep_directions,
    kept_directions,
    load_directions,
    named_directions,
    save_directions,
)
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import Frame

WIDTH = 68 * STEP
"""The least width in which everything can be read."""


class InsidePanel(RecipeWidget):
    """Directions, feature maps, attention, the lab, the map of the network, styles and D.

    Signals
    -------
    asked(str, Question), dropped(str)
        What a view on the screen wants to know, by topic, and does not any more.
    """

    asked = Signal(str, object)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Inside")
        self.directions = DirectionsView()
        self.features = FeaturesView()
        self.attention = AttentionView()
        self.lab = LabView()
        self.map = MapView()
        self.styles = StylesView()
        self.critic = CriticView()
        self.network = PartsView(
            "Network",
            (
                ("stages", "Every stage with its shape, time and weights.", COLOUR.TEXT, self.map),
                ("styles", "From Z to W, what a style does to each channel, and the learned noise"
                 " (StyleGAN, Karras et al. 2019).", COLOUR.STYLE, self.styles),
                ("D", "What the model's own discriminator makes of the picture"
                 " (Goodfellow et al. 2014).", COLOUR.TEXT, self.critic),
            ),
        )  # fmt: skip
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the bar of tabs takes the keyboard
        self.tabs.tabBar().setProperty("compact", "true")
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setFont(style.font("small"))
        self.tabs.tabBar().setElideMode(
            Qt.TextElideMode.ElideRight
        )  # in the narrowest window alone
        self.tabs.tabBar().setUsesScrollButtons(False)
        self.tabs.tabBar().setAccessibleName("Ways to look inside")
        self._owners: dict[str, LiveView] = {}
        self._build()

    def _build(self) -> None:
        tips = {
            "Directions": "Directions of the latent space (GANSpace, SeFa).",
            "Maps": "Feature maps of one stage: see, ablate and boost them"
            " (GAN dissection, Bau et al. 2019).",
            "Attention": "Where self-attention looks (SAGAN, Zhang et al. 2019).",
            "Lab": "Noise, layers, truncation, classes and spectrum of the picture.",
            "Stages": "The stages of G, the styles before them, and D.",
        }
        for (name, tip), view in zip(tips.items(), self.views, strict=True):
            self.tabs.setTabToolTip(self.tabs.addTab(view, name), tip)
            view.asked.connect(self.asked)
            view.dropped.connect(self.dropped)
            view.edited.connect(self.edited)
            self.forward_drags(view)
        self._owners = {
            "directions": self.directions,
            "maps": self.features,
            "effects": self.features,
            "attention": self.attention,
            **{topic: self.lab for topic in self.lab.topics},
            **{topic: self.network for topic in self.network.topics},
        }
        self.map.mapping_chosen.connect(self.show_mapping)
        self.map.stage_chosen.connect(self.show_stage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, STEP, 0, STEP)
        layout.addWidget(self.tabs)

    @property
    def views(self) -> tuple[LiveView, ...]:
        """All views, in the order of their tabs."""
        return self.directions, self.features, self.attention, self.lab, self.network

    def sizeHint(self) -> QSize:
        """Wide enough for five maps in a row."""
        return QSize(90 * STEP, 160 * STEP)

    def minimumSizeHint(self) -> QSize:
        """Enough to scroll in."""
        return QSize(WIDTH, 40 * STEP)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do."""
        for view in self.views:
            view.set_capabilities(can)

    def refresh(self) -> None:
        """Show the Recipe in every view."""
        for view in self.views:
            view.show_recipe(self.recipe)

    def show_frame(self, frame: Frame) -> None:
        """Let the views know which picture is shown."""
        for view in self.views:
            view.show_frame(frame)

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Bring an answer to whoever asked; others ask as well."""
        view = self._owners.get(topic)
        if view is None:
            return
        if topic in view.askers:
            view.askers[topic].close()
        view.show_answer(topic, answer)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Bring word of how far an answer is to whoever asked."""
        if topic in self._owners:
            self._owners[topic].show_progress(topic, fraction)

    def forget(self) -> None:
        """Forget everything about the model before."""
        for view in self.views:
            view.forget()

    def show_stage(self, stage: int) -> None:
        """Open a stage's feature maps."""
        self.features.open_stage(stage)
        self.tabs.setCurrentWidget(self.features)

    def show_mapping(self) -> None:
        """Open the mapping network."""
        self.styles.show_part("Z to W")
        self.network.show_part("styles")
        self.tabs.setCurrentWidget(self.network)


class InsideRoom(QObject):
    """Puts the Inside panel into the window, carries its questions, and keeps its directions.

    Parameters
    ----------
    session, window, worker, messages, settings
        What is looked into, where, by whom; where it is told.
    tasks
        Reads and writes files of directions.

    Attributes
    ----------
    panel
        The Inside panel.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        tasks: BackgroundTasks,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._tasks = tasks
        self._messages = messages
        self._settings = settings
        self._fingerprint = ""
        self._request: DirectionSet | None = None
        self.panel = InsidePanel()
        self.dock = window.add_panel("Inside", self.panel, Qt.DockWidgetArea.RightDockWidgetArea)
        self.panel.asked.connect(worker.look)
        self.panel.dropped.connect(worker.drop_look)
        worker.seen.connect(self.panel.show_answer)
        worker.looking.connect(self.panel.show_progress)
        worker.rendered.connect(self.panel.show_frame)
        worker.loaded.connect(self._on_loaded)
        directions = self.panel.directions
        directions.changed.connect(self._on_changed)
        directions.load_asked.connect(self._on_load_asked)
        directions.save_asked.connect(self._on_save_asked)
        self.region = PictureMarks(window.canvas)
        self.region.setAccessibleName("Region on the picture")
        self.region.changed.connect(lambda: directions.show_region(self.region.painted))
        directions.region_tool.connect(self._on_region_tool)
        directions.region_left.connect(self._on_region_left)

    # --- models ----------------------------------------------------------------------------------

    def _on_loaded(self) -> None:
        """Forget the model before, and take the directions that are kept for this one."""
        self.panel.forget()
        info = self._session.info
        self._fingerprint = info.fingerprint if info else ""
        if info is not None:
            work = partial(_at_hand, info)
            self._tasks.start(work, partial(self._on_kept, self._fingerprint))

    def _on_kept(self, fingerprint: str, found: DirectionSet | None) -> None:
        can = self._session.capabilities
        if found is None or can is None or fingerprint != self._fingerprint:
            return
        try:
            self.panel.directions.show_set(found, check_fits(found, fingerprint, can))
        except GanlabError:
            return  # they can be found again

    # --- the region that a direction may change --------------------------------------------------

    def _on_region_tool(self, tool: str) -> None:
        self.region.setVisible(tool != "off")
        if tool != "off":
            self.region.set_tool(tool)
            self.region.raise_()  # a drag may have its points on the picture as well

    def _on_region_left(self) -> None:
        self.region.clear()
        self.panel.directions.show_region(None)

    # --- files -----------------------------------------------------------------------------------

    def _on_changed(self, found: DirectionSet) -> None:
        self._tasks.start(partial(keep_directions, found), _ignore)

    def _on_load_asked(self) -> None:
        ask_directions(self._window, self._settings.last_folder, self._on_load_chosen)

    def _on_load_chosen(self, path: str) -> None:
        self.load(Path(path))

    def label(self, recipe: Recipe, liked: bool) -> None:
        """Count a picture among the liked ones or the others, and say how many there are."""
        directions = self.panel.directions
        if directions.no_way:
            self._messages.tell(directions.no_way, passing=True)
            return
        directions.label(recipe, liked)
        ours, others = (len(directions.labelled[kind]) for kind in (True, False))
        said = f"{ours} liked, {others} not. Inside > Directions makes a slider of them."
        self._messages.tell(said, passing=True)

    def load(self, path: Path) -> None:
        """Show the directions of a file, or say why they cannot be used here."""
        self._settings.last_folder = path.parent
        self._tasks.start(partial(load_directions, path), self._on_read)

    def _on_read(self, found: DirectionSet) -> None:
        info, can = self._session.info, self._session.capabilities
        if info is None or can is None:
            return
        try:
            note = check_fits(found, info.fingerprint, can)
        except GanlabError as error:
            self._messages.show_error(error)
        else:
            self.panel.directions.show_set(found, note)

    def _on_save_asked(self, found: DirectionSet) -> None:
        self._request = found
        info = self._session.info
        name = f"{info.name if info else 'model'}-directions.json"
        suggested = self._settings.saving_folder("documents") / name
        ask_where_for_directions(self._window, suggested, self._on_save_chosen)

    def _on_save_chosen(self, path: str) -> None:
        if self._request is not None:
            self.save(self._request, Path(path))

    def save(self, found: DirectionSet, path: Path) -> None:
        """Write directions into a file."""
        self._settings.keep_saving_folder("documents", path.parent)
        self._tasks.start(partial(save_directions, found, path), partial(self._on_saved, path))

    def _on_saved(self, path: Path, _nothing: None) -> None:
        self._messages.tell(f"Saved {path.name}.", passing=True)


def _at_hand(info: ModelInfo) -> DirectionSet | None:
    """The directions that were last shown for a model, else those that it came with."""
    return kept_directions(info.fingerprint) or named_directions(info)


def _ignore(_result: object) -> None:
    """Whether it could be kept changes nothing now."""


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
