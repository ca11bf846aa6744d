"""How training takes the pictures: shape, ground, augmentation, mirroring."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from ganlab.controls.label import Label
from ganlab.dialogs.steer_dialog import AUGMENTATIONS
from ganlab.style import STEP, set_tip
from ganlab_core.training.config import TrainConfig

FITS = {
    "crop": "Cut the middle out of pictures that are not square.",
    "pad": "Put a border round pictures that are not square.",
    "stretch": "Squeeze pictures that are not square.",
}
GROUNDS = ("white", "black")


class PictureSettings(QWidget):
    """Two rows of choices.

    Signals
    -------
    changed(str, object)
        A setting of `TrainConfig` was chosen, and its value.
    """

    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fit = QComboBox()
        self.fit.addItems(list(FITS))
        self.fit.setAccessibleName("Pictures that are not square")
        set_tip(self.fit, "What is done with pictures that are not square.")
        for index, tip in enumerate(FITS.values()):
            self.fit.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.ground = QComboBox()
        self.ground.addItems(list(GROUNDS))
        self.ground.setAccessibleName("Behind see-through pixels")
        set_tip(self.ground, "The colour behind see-through pixels; others among All settings.")
        self.boxes = {word: QCheckBox(word) for word in AUGMENTATIONS}
        tip = "Changes all that D sees, so that it cannot learn few pictures by heart (Zhao et al. 2020)."
        for box in self.boxes.values():
            set_tip(box, tip)
            box.clicked.connect(self._on_augment)
        self.mirror = QCheckBox("mirror")
        set_tip(self.mirror, "Also show each picture flipped; not for writing.")
        self.mirror.clicked.connect(lambda on: self.changed.emit("mirror", on))
        self.fit.textActivated.connect(lambda text: self.changed.emit("fit", text))
        self.ground.textActivated.connect(lambda text: self.changed.emit("background", text))
        self._place()

    def _place(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2 * STEP)
        for line, parts in enumerate(
            (
                (Label("Not square"), self.fit, Label("Behind see-through"), self.ground),
                (Label("Augment"), *self.boxes.values(), self.mirror),
            )
        ):
            row = QHBoxLayout()
            row.setSpacing(3 * STEP)
            for part in parts[1:]:
                row.addWidget(part)
            row.addStretch(1)
            grid.addWidget(parts[0], line, 0)
            grid.addLayout(row, line, 1)

    def show_config(self, config: TrainConfig) -> None:
        """Show what is chosen; emits nothing."""
        self.fit.setCurrentText(config.fit)
        if self.ground.findText(config.background) < 0:
            self.ground.addItem(config.background)
        self.ground.setCurrentText(config.background)
        for word, box in self.boxes.items():
            box.setChecked(word in config.augment)
        self.mirror.setChecked(config.mirror)

    def _on_augment(self) -> None:
        words = [word for word, box in self.boxes.items() if box.isChecked()]
        self.changed.emit("augment", ",".join(words) or "none")
