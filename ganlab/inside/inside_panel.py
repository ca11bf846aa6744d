"""The Inside panel: one tab for each way of looking into the network."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from ganlab import style
from ganlab.inside.attention import AttentionView
from ganlab.inside.directions_panel import DirectionsView
from ganlab.inside.feature_maps import FeaturesView
from ganlab.inside.laboratory import LabView
from ganlab.inside.network_map import MapView
from ganlab.inside.views import LiveView
from ganlab.recipe_widget import RecipeWidget
from ganlab.style import STEP
from ganlab_core.inspection import Answer
from ganlab_core.recipe import Capabilities
from ganlab_core.rendering import Frame

WIDTH = 68 * STEP
"""The least width in which everything can be read."""


class InsidePanel(RecipeWidget):
    """Directions, feature maps, attention, the lab and the map of the network.

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
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the bar of tabs takes the keyboard
        self.tabs.tabBar().setProperty("compact", "true")
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setFont(style.font("small"))
        self.tabs.tabBar().setAccessibleName("Ways to look inside")
        self._owners: dict[str, LiveView] = {}
        self._build()

    def _build(self) -> None:
        tips = {
            "Directions": "Directions of the latent space (GANSpace, SeFa).",
            "Maps": "Feature maps of one stage: see, ablate and boost them"
            " (GAN dissection, Bau et al. 2019).",
            "Attention": "Where self-attention looks (SAGAN, Zhang et al. 2019).",
            "Lab": "Noise, layers, truncation and spectrum of the picture.",
            "Stages": "Every stage with its shape, time and weights.",
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
            "map": self.map,
            **{topic: self.lab for topic in self.lab.topics},
        }
        self.map.stage_chosen.connect(self.show_stage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, STEP, 0, STEP)
        layout.addWidget(self.tabs)
        self.setMinimumWidth(WIDTH)

    @property
    def views(self) -> tuple[LiveView, ...]:
        """All views, in the order of their tabs."""
        return self.directions, self.features, self.attention, self.lab, self.map

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
        """Bring an answer to whoever asked."""
        view = self._owners[topic]
        if topic in view.askers:
            view.askers[topic].close()
        view.show_answer(topic, answer)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Bring word of how far an answer is to whoever asked."""
        self._owners[topic].show_progress(topic, fraction)

    def forget(self) -> None:
        """Forget everything about the model before."""
        for view in self.views:
            view.forget()

    def show_stage(self, stage: int) -> None:
        """Open a stage's feature maps."""
        self.features.open_stage(stage)
        self.tabs.setCurrentWidget(self.features)
