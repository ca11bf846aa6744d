"""What holds for a whole film: its length and how it is counted, its rate, loop, noise, and space."""

from __future__ import annotations

from fractions import Fraction

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from ganlab import style
from ganlab.controls.segmented import Segmented
from ganlab.controls.toggle import Toggle
from ganlab.controls.value_field import ValueField
from ganlab.controls.word_button import WordButton
from ganlab.film.rows import words_of
from ganlab.panels.sections import NO_MODEL
from ganlab.style import COLOUR, STEP
from ganlab.views.time_scale import UNITS, Counting
from ganlab_core.capabilities import Capabilities
from ganlab_core.timeline import NOISES, Timeline
from ganlab_core.timeline_rates import RATES, fps_shown

UNIT_WORDS = dict(zip(UNITS, ("s", "frames", "beats"), strict=True))
UNIT_TIPS = {
    "seconds": "Count the film in seconds.",
    "frames": "Count the film in frames, from 0.",
    "beats": "Count the film in beats, from 1, so that it goes with music.",
}
NOISE_TIPS = {
    "frozen": "The noise stays as the keyframes say.",
    "fresh": "Another noise in every frame, as in film grain.",
    "loop": "The noise goes round a circle, so that it moves without a seam.",
}
SPACE_TIPS = {
    "W": "Latents blend in W, where the way is straightest: the default where a model has a mapping"
    " network (StyleGAN, Karras et al. 2019, sec. 4.1).",
    "Z": "Latents blend in Z, along the sphere: the default for ProGAN and BigGAN, which have no W.",
}


class SettingsRow(QWidget):
    """Shows them, and tells what a person wants.

    Signals
    -------
    length_asked(float), counting_asked(str, float)
        Seconds; unit and beats a minute.
    rate_asked(Fraction), loop_asked(bool), noise_asked(str), space_asked(str)
        Frames a second; and so on.
    """

    length_asked = Signal(float)
    counting_asked = Signal(str, float)
    rate_asked = Signal(object)
    loop_asked = Signal(bool)
    noise_asked = Signal(str)
    space_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counting = Counting()
        self.length = _field("Length of the film", 11 * STEP,
                             "How long the film is; its keyframes keep their places in it.")  # fmt: skip
        self.bpm = _field("Beats per minute", 11 * STEP, "Beats per minute.")
        self._bpm_name = words_of("Beats per minute.", "bpm")
        units = [(UNIT_WORDS[unit], UNIT_TIPS[unit]) for unit in UNITS]
        self.unit = Segmented("Unit of time", units, COLOUR.MUTED)
        self.fps = WordButton("30 fps", "Frames per second of the film and of its preview.")
        self.fps.setMenu(self._rates())
        self.loop = Toggle(
            "Loop", COLOUR.STYLE, "The last keyframe leads back to the first, without a seam."
        )
        self.loop.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        noises = [(noise, NOISE_TIPS[noise]) for noise in NOISES]
        self.noise = Segmented("Noise of the film", noises, COLOUR.NOISE)
        self.space = Segmented("Where latents blend", list(SPACE_TIPS.items()), COLOUR.STYLE)
        self._build()

    def _build(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(STEP)
        for part in (
            self.length, self.unit, self.bpm, self._bpm_name, self.fps, self.loop, self.noise,
            self.space,
        ):  # fmt: skip
            line.addWidget(part)
        self.length.committed.connect(self._on_length)
        self.bpm.committed.connect(self._on_bpm)
        self.unit.edited.connect(self._on_unit)
        self.loop.edited.connect(self.loop_asked)
        self.noise.edited.connect(self.noise_asked)
        self.space.edited.connect(self._on_space)

    def _rates(self) -> QMenu:
        menu = QMenu(self)
        for fps in RATES:
            action = menu.addAction(fps_shown(fps))
            action.triggered.connect(lambda _=False, fps=fps: self._on_rate(fps))
        return menu

    def show_settings(self, line: Timeline, counting: Counting) -> None:
        """Show those of a film."""
        self._counting = counting
        self.length.show_text(counting.length(line.duration))
        self.unit.set_value(UNIT_WORDS[counting.unit])
        self.bpm.show_text(f"{counting.bpm:g}")
        for part in (self.bpm, self._bpm_name):
            part.setVisible(counting.unit == "beats")
        self.fps.setText(f"{fps_shown(line.fps)} fps")
        self.loop.set_value(line.loop)
        self.noise.set_value(line.noise)
        self.space.set_value(line.latent_space.upper())

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        no_noise = "" if can is None or can.has_noise else "This model adds no noise to its layers."
        self.noise.set_available(reason or no_noise)
        no_w = "" if can is None or can.has_w else "This model has no W; its latents blend in Z."
        self.space.set_available(reason or no_w)

    def _on_rate(self, fps: Fraction) -> None:
        self.rate_asked.emit(fps)

    def _on_space(self, word: str) -> None:
        self.space_asked.emit(word.lower())

    def _on_length(self, text: str) -> None:
        seconds = self._counting.read(text)
        if seconds is not None:
            self.length_asked.emit(seconds)

    def _on_bpm(self, text: str) -> None:
        beats = Counting().read(text)
        if beats is not None:
            self.counting_asked.emit(self._counting.unit, beats)

    def _on_unit(self, word: str) -> None:
        unit = next(unit for unit, own in UNIT_WORDS.items() if own == word)
        self.counting_asked.emit(unit, self._counting.bpm)


def _field(name: str, width: int, tip: str) -> ValueField:
    field = ValueField()
    field.setAccessibleName(name)
    field.setFixedWidth(width)
    style.set_tip(field, tip)
    return field
