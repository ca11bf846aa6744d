"""The system's own windows for choosing files; they never block the program."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QInputDialog, QLabel, QWidget

from ganlab.controls import resize_on_screen
from ganlab.style import STEP
from ganlab_core.plain_text import plain_text

SIZE = QSize(160 * STEP, 100 * STEP)
"""Of a window for choosing files, in device-independent pixels, where the screen has as much."""

LEAST_LETTERS = 24
"""Shown of a kind of files, or of a folder."""

OPEN_FILTERS = (
    "All that ganlab opens (*.safetensors *.pkl *.pth *.pt *.bin *.json *.png *.jpg *.webp *.tif"
    " *.mp4 *.webm *.gif *.mkv *.mov *.npy *.npz *.model)",
    "Models (*.safetensors)",
    "Published checkpoints (*.pkl *.pth *.pt *.bin *.model *.safetensors)",
    "Latents of other programs (*.npy *.npz)",
    "Recipes and timelines (*.json)",
    "Pictures saved by ganlab (*.png *.jpg *.jpeg *.webp *.tif *.tiff)",
    "Films saved by ganlab (*.mp4 *.webm *.gif *.webp *.mkv *.mov)",
)


def ask_file(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a file to open; `then` hears its path, unless the person thinks better of it."""
    dialog = QFileDialog(parent, "Open", str(folder))
    dialog.setNameFilters(OPEN_FILTERS)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_run_folder(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for the folder of a training run."""
    dialog = QFileDialog(parent, "Open a training run", str(folder))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    _open(dialog, then)


def ask_picture(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for one picture, of any kind that can be brought into a model."""
    dialog = QFileDialog(parent, "Choose a picture", str(folder))
    dialog.setNameFilter(
        "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.avif *.jp2 *.heic *.heif)"
    )
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_pictures_folder(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a folder of pictures to train on."""
    dialog = QFileDialog(parent, "Pictures to train on", str(folder))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    _open(dialog, then)


def ask_pictures_zip(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a zip of pictures, or a video, to train on."""
    dialog = QFileDialog(parent, "Pictures to train on", str(folder))
    dialog.setNameFilter("Zip or video (*.zip *.mp4 *.m4v *.mov *.webm *.mkv *.avi *.gif)")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_start(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a model whose weights a run should begin with."""
    dialog = QFileDialog(parent, "Start from a model", str(folder))
    dialog.setNameFilters(OPEN_FILTERS[1:3])
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_curves(parent: QWidget, suggested: Path, then: Callable[[str], None]) -> None:
    """Ask where to save the curves of a run, as a picture or as a table."""
    filters = ["PNG (*.png)" if suggested.suffix == ".png" else "CSV (*.csv)"]
    _save(parent, "Save the curves", suggested, filters, then)


def ask_timelapse(parent: QWidget, suggested: Path, then: Callable[[str], None]) -> None:
    """Ask where to save the film of a run's samples."""
    filters = ["MP4 (*.mp4)", "GIF (*.gif)", "WebM (*.webm)"]
    _save(parent, "Save a film of the samples", suggested, filters, then)


def ask_png(
    parent: QWidget, suggested: Path, sizes: Sequence[str], then: Callable[[str, int], None]
) -> None:
    """Ask where to save a picture, and how large; `then` hears the path and which of the sizes."""
    filters = [f"PNG, {size} (*.png)" for size in sizes]

    def chosen(path: str) -> None:
        picked = dialog.selectedNameFilter()
        then(path, filters.index(picked) if picked in filters else 0)

    dialog = _save(parent, "Save the picture", suggested, filters, chosen)


def ask_timeline(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a timeline, or a film that carries one."""
    dialog = QFileDialog(parent, "Open a timeline or a film", str(folder))
    dialog.setNameFilters([
        "Timelines and films (*.json *.mp4 *.webm *.gif *.webp *.mkv *.mov)", OPEN_FILTERS[-1],
    ])  # fmt: skip
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_directions(parent: QWidget, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a file of directions."""
    dialog = QFileDialog(parent, "Load directions", str(folder))
    dialog.setNameFilter("Directions (*.json)")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    _open(dialog, then)


def ask_to_save(parent: QWidget, title: str, suggested: Path, then: Callable[[str], None]) -> None:
    """Ask where to save a file of the suggested one's kind."""
    filters = [f"{suggested.suffix[1:].upper()} (*{suggested.suffix})"]
    _save(parent, title, suggested, filters, then)


def ask_where_for_directions(parent: QWidget, suggested: Path, then: Callable[[str], None]) -> None:
    """Ask where to save directions, with a name to begin with."""
    _save(parent, "Save the directions", suggested, ["Directions (*.json)"], then)


def ask_folder(parent: QWidget, title: str, folder: Path, then: Callable[[str], None]) -> None:
    """Ask for a folder."""
    dialog = QFileDialog(parent, title, str(folder))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    _open(dialog, then)


def _save(
    parent: QWidget, title: str, suggested: Path, filters: Sequence[str],
    then: Callable[[str], None],
) -> QFileDialog:  # fmt: skip
    """Ask where to save; a folder that is made for it goes again if nothing is saved."""
    folder = suggested.parent
    made = False
    with contextlib.suppress(OSError):
        if not folder.exists():
            folder.mkdir(parents=True)
            made = True

    def rejected() -> None:
        with contextlib.suppress(OSError):
            folder.rmdir()  # only ever an empty one

    dialog = QFileDialog(parent, title, str(folder))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(suggested.suffix[1:])
    dialog.selectFile(suggested.name)
    if made:
        dialog.rejected.connect(rejected)
    _open(dialog, then)
    return dialog


def _open(dialog: QFileDialog, then: Callable[[str], None]) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setStyleSheet("QToolButton { padding: 2px; }")  # small ones, where it is Qt's own window
    for choice in dialog.findChildren(QComboBox):  # none where it is the system's own window
        # a list of endings is no width: Qt's window would be wider than the screen
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(LEAST_LETTERS)
    resize_on_screen(dialog, dialog.sizeHint().expandedTo(SIZE))
    dialog.fileSelected.connect(then)
    dialog.open()


# Asking for a name.


def ask_name(
    parent: QWidget, title: str, sentence: str, suggested: str, then: Callable[[str], None]
) -> None:
    """Ask for a name; `then` hears it, unless the person thinks better of it."""
    dialog = QInputDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setLabelText(plain_text(sentence))
    for label in dialog.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setTextValue(suggested)
    dialog.textValueSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
