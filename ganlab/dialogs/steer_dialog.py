"""Changing a run while it trains."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.label import Label
from ganlab.style import STEP, font, set_tip, set_tone
from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.steering import Change, Value, applied

SENTENCE = "What you change holds from the next step on, and becomes part of the run."
AUGMENTATIONS = ("color", "translation", "cutout")
FIELDS = (
    ("learning_rate", "Learning rate", "Adam's step size of both networks."),
    ("learning_rate_d", "Learning rate of D", "Adam's step size of the discriminator alone."),
    ("r1_gamma", "R1 weight", "How strongly D's gradients are held down (Mescheder et al. 2018)."),
    ("growth_speed", "Speed of growth",
     "1 = as planned, 2 = twice as fast, 0 = alpha stands still (Karras et al. 2018)."),
)  # fmt: skip


class SteerDialog(QDialog):
    """Asks for new values; only what differs from the run's own is told.

    Parameters
    ----------
    config
        As it holds now.

    Signals
    -------
    chosen(dict)
        Names of settings and their new values.
    """

    chosen = Signal(object)

    def __init__(self, config: TrainConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Steer the run")
        self._config = config
        self._before = settings_of(config)
        self.lines: dict[str, QLineEdit] = {}
        form = QFormLayout()
        form.setHorizontalSpacing(4 * STEP)
        form.setVerticalSpacing(2 * STEP)
        for name, title, tip in self._fields():
            line = QLineEdit(f"{self._before[name]:g}")
            line.setAccessibleName(title)
            set_tip(line, tip)
            about = Label(tip)
            about.setFont(font("small"))
            set_tone(about, "muted")
            form.addRow(title, line)
            form.addRow("", about)
            self.lines[name] = line
        self.boxes = {word: QCheckBox(word) for word in AUGMENTATIONS}
        row = QHBoxLayout()
        row.setSpacing(4 * STEP)
        for word, box in self.boxes.items():
            box.setChecked(word in str(self._before["augment"]))
            set_tip(box, "Differentiable augmentation of all that D sees (Zhao et al. 2020).")
            row.addWidget(box)
        row.addStretch(1)
        form.addRow("Augmentation", row)
        self.words = Label(SENTENCE)
        self.words.setWordWrap(True)
        apply_, close = QPushButton("Change it"), QPushButton("Close")
        apply_.setDefault(True)
        close.setAutoDefault(False)
        apply_.clicked.connect(self._on_apply)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(apply_)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 3 * STEP)
        column.setSpacing(3 * STEP)
        column.addLayout(form)
        column.addWidget(self.words)
        column.addLayout(buttons)

    def _fields(self) -> list[tuple[str, str, str]]:
        """What this run has a use for."""
        return [field for field in FIELDS if field[0] in self._before]

    def _on_apply(self) -> None:
        try:
            settings = self._asked()
            applied(self._config, Change(0, 0, tuple(settings.items())))
        except TrainingError as error:
            self.words.setText(str(error))
            set_tone(self.words, "truncation")
            return
        if settings:
            self.chosen.emit(settings)
        self.accept()

    def _asked(self) -> dict[str, Value]:
        """What differs from now; raises `TrainingError`."""
        asked: dict[str, Value] = {}
        for name, title, _ in self._fields():
            text = self.lines[name].text().strip().replace(",", ".")
            try:
                asked[name] = float(text)
            except ValueError:
                raise TrainingError(f"{title} needs a number, not {text!r}.") from None
        words = [word for word, box in self.boxes.items() if box.isChecked()]
        asked["augment"] = ",".join(words) or "none"
        return {name: value for name, value in asked.items() if _differs(value, self._before[name])}


def _differs(value: Value, before: Value) -> bool:
    """Whether a person changed a value, as far as it was shown."""
    if isinstance(value, float) and isinstance(before, float):
        return f"{value:g}" != f"{before:g}"
    return value != before


def settings_of(config: TrainConfig) -> dict[str, Value]:
    """What may be steered, as it holds now."""
    words = [word for word in AUGMENTATIONS if word in config.augment]
    known: dict[str, Value] = {
        "learning_rate": float(config.learning_rate),
        "r1_gamma": float(config.r1_gamma),
        "growth_speed": config.growth_speed_at[-1][1] if config.growth_speed_at else 1.0,
        "augment": ",".join(words) or "none",
    }
    if config.learning_rate_d is not None:
        known["learning_rate_d"] = float(config.learning_rate_d)
    if config.loss != "logistic-r1":
        del known["r1_gamma"]
    return known
