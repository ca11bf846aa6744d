"""The lab: what noise, single layers and truncation do to this picture, and its spectrum."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from ganlab.controls.segmented import Segmented
from ganlab.inside.layers_view import LayersView
from ganlab.inside.live_view import LiveView
from ganlab.inside.noise_view import NoiseView
from ganlab.inside.parts import column
from ganlab.inside.psi_view import PsiView
from ganlab.inside.spectrum_view import SpectrumView
from ganlab.style import COLOUR, STEP
from ganlab_core.capabilities import Capabilities
from ganlab_core.frame import Frame
from ganlab_core.inspection.answers import Answer


class LabView(LiveView):
    """Four experiments, one at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.noise = NoiseView()
        self.layers = LayersView()
        self.psi = PsiView()
        self.spectrum = SpectrumView()
        self.which = Segmented(
            "Experiment",
            (
                ("noise", "The picture with and without noise, and where noise decides"
                 " (StyleGAN, Karras et al. 2019, fig. 4)."),
                ("layers", "What the picture loses without the noise or the style of each layer."),
                ("psi", "The picture over the truncation psi (StyleGAN, Karras et al. 2019, fig. 8)."),
                ("spectrum", "The power of the picture's frequencies (Durall et al. 2020)."),
            ),
            {"noise": COLOUR.NOISE, "layers": COLOUR.TEXT, "psi": COLOUR.TRUNCATION,
             "spectrum": COLOUR.TEXT},
        )  # fmt: skip
        self._by_name: dict[str, LiveView] = {
            "noise": self.noise,
            "layers": self.layers,
            "psi": self.psi,
            "spectrum": self.spectrum,
        }
        self._stack = QStackedWidget()
        layout = column(self)
        layout.setContentsMargins(0, STEP, 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(2 * STEP, 0, 2 * STEP, 0)
        head.addWidget(self.which)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        for view in self.views:
            self._stack.addWidget(view)
            view.asked.connect(self.asked)
            view.dropped.connect(self.dropped)
            view.edited.connect(self.edited)
            self.forward_drags(view)
            self.askers |= view.askers
        self.which.edited.connect(self.show_experiment)

    @property
    def views(self) -> tuple[LiveView, ...]:
        """The experiments."""
        return tuple(self._by_name.values())

    @property
    def topics(self) -> tuple[str, ...]:
        """What the experiments ask about."""
        return tuple(self.askers)

    def show_experiment(self, name: str) -> None:
        """Turn to one of them."""
        self.which.set_value(name)
        self._stack.setCurrentWidget(self._by_name[name])

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do."""
        for view in self.views:
            view.set_capabilities(can)

    def refresh(self) -> None:
        """Show the Recipe in every experiment."""
        for view in self.views:
            view.show_recipe(self.recipe)

    def show_frame(self, frame: Frame) -> None:
        """Pass the picture on."""
        for view in self.views:
            view.show_frame(frame)

    def look(self) -> None:
        """The experiments look for themselves."""

    def show_answer(self, topic: str, answer: Answer) -> None:
        """Bring an answer to the experiment that asked."""
        self._owner(topic).show_answer(topic, answer)

    def show_progress(self, topic: str, fraction: float | None) -> None:
        """Bring word to the experiment that asked."""
        self._owner(topic).show_progress(topic, fraction)

    def forget(self) -> None:
        """Forget the pictures of the model before."""
        for view in self.views:
            view.forget()

    def _owner(self, topic: str) -> LiveView:
        return next(view for view in self.views if topic in view.askers)
