"""What the export dialogs share: a form of named rows, a choice with words below it, a place to save to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ganlab.controls.buttons import Segmented, WordButton
from ganlab.controls.dock import resize_on_screen
from ganlab.controls.label import Label
from ganlab.style import COLOUR, STEP, font, set_tip, set_tone

METHOD_TIPS = {
    "lanczos": "Smooth: Lanczos' windowed sinc.",
    "nearest": "Squares: every pixel repeated, as it is.",
}
LARGE = 1024
"""Pixels that the larger side of what is exported has at least, unless it is wanted as rendered."""

METHOD_NAMES = {"lanczos": "Lanczos, smooth", "nearest": "nearest neighbour, in squares"}
"""How a sentence calls the method."""


class Choice(QComboBox):
    """A few words to choose from, each of which means a value.

    Signals
    -------
    edited(object)
        A person chose this value.
    """

    edited = Signal(object)

    def __init__(
        self,
        name: str,
        tip: str,
        options: Sequence[tuple[str, object]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        set_tip(self, tip)
        self._values: list[object] = []
        self.set_options(options)
        self.activated.connect(lambda index: self.edited.emit(self._values[index]))

    def set_options(self, options: Sequence[tuple[str, object]]) -> None:
        """Offer other words; what was chosen stays if it is still offered."""
        values, words = [value for _, value in options], [words for words, _ in options]
        if values == self._values and words == [self.itemText(n) for n in range(self.count())]:
            return
        before = self.value if self._values else None
        self.clear()
        self._values = values
        self.addItems(words)
        self.set_value(before)

    @property
    def value(self) -> object:
        """What is chosen."""
        return self._values[max(0, self.currentIndex())]

    def set_value(self, value: object) -> None:
        """Choose a value; an unknown one is the first."""
        if self._values:
            self.setCurrentIndex(self._values.index(value) if value in self._values else 0)


class Size(QWidget):
    """How large a picture is written, and how it is enlarged; large at first, as rendered by a click.

    Signals
    -------
    edited()
        A person chose another size or method.
    """

    edited = Signal()

    def __init__(self, tip: str, resolution: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._resolution, self._chosen = resolution, False
        self.sides = Choice("Size", tip, sizes(resolution))
        self.method = Segmented("How it is enlarged", list(METHOD_TIPS.items()), COLOUR.MUTED)
        self.native = WordButton(
            "As Rendered", f"Every pixel as the network makes it: {resolution} px."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        for part in (self.sides, self.method, self.native):
            row.addWidget(part)
        row.addStretch(1)
        self.sides.edited.connect(self._on_chosen)
        self.native.clicked.connect(self._on_native)
        self.method.edited.connect(self.edited)
        self.offer()

    @property
    def side(self) -> int | None:
        """Pixels of the side; None = as rendered."""
        return cast("int | None", self.sides.value)

    def offer(self, *, count: int = 1, columns: int = 1) -> None:
        """Offer the sizes that fit `count` times; large with `columns` unless one was chosen."""
        self.sides.set_options(sizes(self._resolution, count=count, columns=columns))
        if not self._chosen:
            self.sides.set_value(large_side(self._resolution, columns))
        self._tell()

    def scaling_text(self) -> str:
        """What becomes of the pixels, in words; empty where they stay as they are."""
        if self.side is None:
            return ""
        return f"Enlarged from {self._resolution} px by {METHOD_NAMES[self.method.value]}."

    def _on_chosen(self, _side: object) -> None:
        self._chosen = True
        self._tell()
        self.edited.emit()

    def _on_native(self) -> None:
        self.sides.set_value(None)
        self._on_chosen(None)

    def _tell(self) -> None:
        self.method.set_available("" if self.side else "The pictures stay as they are rendered.")
        self.native.setEnabled(self.side is not None)


class FormPlace(QWidget):
    """Where a file goes: a path that can be typed, and a button that asks.

    Attributes
    ----------
    makes
        A folder that is made where it is missing.

    Signals
    -------
    changed()
        Another path stands there.
    asked()
        The button was pressed.
    """

    changed = Signal()
    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.makes: Path | None = None
        self.line = QLineEdit()
        self.line.setAccessibleName("Where to")
        set_tip(self.line, "The file or folder that is written.")
        self.button = WordButton("Choose…", "Choose the place in a window.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.line.textChanged.connect(self.changed)
        self.button.clicked.connect(self.asked)

    @property
    def path(self) -> Path:
        """What stands there."""
        return Path(self.line.text().strip()).expanduser()

    def show_path(self, path: Path) -> None:
        """Put a path there."""
        self.line.setText(str(path))

    def problem(self) -> str:
        """Why nothing can be written there; empty when nothing is known against it."""
        if not self.line.text().strip():
            return "Choose where it is written to."
        folder = self.path.absolute().parent
        if not folder.is_dir() and folder != self.makes:
            return f"The folder {self.path.parent} does not exist."
        return ""


class FormDialog(QDialog):
    """Rows of controls that scroll where they do not fit, a line of words, and two buttons.

    Parameters
    ----------
    title
        Of the window.
    verb
        On the button that does it.
    """

    def __init__(self, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        page.setProperty("plain", "true")
        self.rows = QFormLayout(page)
        self.rows.setContentsMargins(0, 0, 2 * STEP, 0)
        self.rows.setHorizontalSpacing(4 * STEP)
        self.rows.setVerticalSpacing(2 * STEP)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._page = page
        self._scroll = QScrollArea()
        self._scroll.setWidget(page)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.summary = muted("")
        self.buttons = QDialogButtonBox()
        self.do = QPushButton(verb)
        self.do.setDefault(True)
        self.buttons.addButton(self.do, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * STEP, 4 * STEP, 4 * STEP, 4 * STEP)
        column.setSpacing(3 * STEP)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.summary)
        column.addWidget(self.buttons)

    def fit(self) -> None:
        """As large as the rows need, within reason and the screen."""
        wanted = self._page.sizeHint().height() + 30 * STEP
        resize_on_screen(self, QSize(140 * STEP, min(wanted, 170 * STEP)))

    def allow(self, problem: str) -> None:
        """Let the export be made, or say why it cannot."""
        self.do.setEnabled(not problem)
        set_tip(self.do, problem or "Put it on the list of exports; you can go on meanwhile.")


def muted(words: str) -> Label:
    """Small grey words that may take several lines."""
    label = Label(words)
    label.setWordWrap(True)
    label.setFont(font("small"))
    set_tone(label, "muted")
    return label


def side_by_side(*parts: QWidget | str) -> QWidget:
    """Controls and words in a row."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(STEP)
    for part in parts:
        line.addWidget(muted_word(part) if isinstance(part, str) else part)
    line.addStretch(1)
    return row


def muted_word(word: str) -> Label:
    """One small grey word."""
    label = muted(word)
    label.setWordWrap(False)
    return label


def large_side(resolution: int, count: int = 1) -> int | None:
    """The side for a picture of which `count` stand side by side; None where it is large as rendered.

    A whole multiple of the rendered one, so that every pixel is enlarged alike.
    """
    times = -(-LARGE // (count * resolution))
    return resolution * times if times > 1 else None


def sizes(resolution: int, *, count: int = 1, columns: int = 1) -> list[tuple[str, object]]:
    """Sides of a picture worth offering, None for as rendered.

    `count` of them in a row stay within the largest side there is, and `columns` can be large.
    """
    powers = [resolution * 2**step for step in range(1, 8)]
    large = [side for side in (large_side(resolution), large_side(resolution, columns)) if side]
    common = [512, 720, 1024, 1080, 2048, *large]
    found = sorted({side for side in (*powers, *common) if resolution < side <= 4096})
    fitting = [side for side in found if side * count <= 16384]
    return [(f"as rendered, {resolution} px", None), *((f"{side} px", side) for side in fitting)]


def bytes_text(size: float) -> str:
    """A size as people say it: `"3 MB"`."""
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.3g} {unit}" if size < 9.95 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


Ask = Callable[[QWidget, Path, Callable[[str], None]], None]
