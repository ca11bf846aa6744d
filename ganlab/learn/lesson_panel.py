"""A lesson on the screen: one part at a time, its questions, and what is behind a click."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, WordButton
from ganlab.recipe_widget import section_title
from ganlab.style import STEP

if TYPE_CHECKING:
    from ganlab_core.lessons import Ask, Lesson, Part

CHOOSE = "Choose an answer"


class AskBox(QFrame):
    """A question, the place for its answer, and what was said of it.

    `answered` brings what was typed or chosen, as a doing in words; empty where the desk answers.
    """

    answered = Signal(str)

    def __init__(self, ask: Ask, done: bool, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "strip")
        self.ask = ask
        column = QVBoxLayout(self)
        number = f"{ask.number}  " if ask.number else ""
        column.addWidget(paragraph(f"{number}{ask.text}", bold=True))
        if about:
            column.addWidget(paragraph(about, tone="muted"))
        self.choice: QComboBox | None = None
        self.line: QLineEdit | None = None
        row = QHBoxLayout()
        self._add_field(row, ask)
        self.button = WordButton("Check", "Let the program look whether that is it.")
        self.button.clicked.connect(self._on_check)
        row.addWidget(self.button)
        column.addLayout(row)
        self.verdict = paragraph("Answered before." if done else "", tone="muted")
        column.addWidget(self.verdict)

    def _add_field(self, row: QHBoxLayout, ask: Ask) -> None:
        if ask.choices:
            self.choice = QComboBox()
            self.choice.setAccessibleName(ask.text)
            self.choice.addItems([CHOOSE, *ask.choices])
            self.choice.setMinimumContentsLength(12)
            self.choice.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            row.addWidget(self.choice, 1)
        elif ask.cell or ask.number_wanted:
            self.line = QLineEdit()
            self.line.setAccessibleName(ask.text)
            self.line.returnPressed.connect(self._on_check)
            row.addWidget(self.line, 1)
        else:
            row.addWidget(paragraph("Do it on the desk, then:", tone="muted"), 1)

    def _on_check(self) -> None:
        if self.choice is not None:
            self.answered.emit(f"choice={self.choice.currentIndex()}")
        elif self.line is not None:
            text = self.line.text().strip()
            text = text if self.ask.cell else text.replace(" ", "").replace(",", "")
            self.answered.emit(f"{'cell' if self.ask.cell else 'value'}={text or 'nan'}")
        else:
            self.answered.emit("")

    def show_result(self, text: str, *, right: bool) -> None:
        """Say whether it was right."""
        self.verdict.setText(text)
        style.set_tone(self.verdict, "text" if right else "muted")


class LessonPanel(QFrame):
    """Chooses a lesson and shows one part of it.

    Signals
    -------
    chosen(int), turned(int)
        A lesson by its place; one part on or back.
    begun(), measured()
        The desk shall be set as the part says; what it states shall be computed.
    answered(int, str)
        An answer to the part's question of this place.
    """

    chosen = Signal(int)
    turned = Signal(int)
    begun = Signal()
    measured = Signal()
    answered = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Lessons")
        self.lessons = QComboBox()
        self.lessons.setAccessibleName("Lesson")
        style.set_tip(self.lessons, "Which lesson to read and do.")
        self.lessons.activated.connect(self.chosen)
        self.progress = paragraph("", tone="muted")
        self.back = WordButton("Back", "The part before.")
        self.on = WordButton("On", "The next part.")
        self.back.clicked.connect(lambda: self.turned.emit(-1))
        self.on.clicked.connect(lambda: self.turned.emit(1))
        self.boxes: list[AskBox] = []
        self._body = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.addWidget(section_title("LEARN", "Lessons: read, do, and have it checked."))
        self._column.addWidget(self.lessons)
        self._column.addWidget(self.progress)
        self._column.addWidget(self._body)
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addWidget(self.on)
        self._column.addLayout(row)
        self._column.addStretch(1)

    def show_lessons(self, titles: Sequence[str]) -> None:
        """Offer these lessons."""
        self.lessons.clear()
        self.lessons.addItems(list(titles))

    def show_part(
        self,
        lesson: Lesson,
        index: int,
        known: Mapping[str, Any],
        done: Collection[int],
        about: Mapping[str, str],
    ) -> None:
        """Show a part with what has been measured; `done` are its answered questions."""
        from ganlab_core.lessons import UNKNOWN, filled

        part = lesson.parts[index]
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, STEP, 0, STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(paragraph(part.title, size="large"))
        self._add_buttons(column, lesson, part)
        texts = [filled(text, known) for text in part.paragraphs]
        for text in texts:
            column.addWidget(paragraph(text))
        self.boxes = []
        for place, ask in enumerate(part.asks):
            box = AskBox(ask, place in done, about.get(ask.cell, ""))
            box.answered.connect(lambda text, place=place: self.answered.emit(place, text))
            self.boxes.append(box)
            column.addWidget(box)
        self._add_reasons(column, part)
        self._column.replaceWidget(self._body, body)
        self._body.hide()
        self._body.deleteLater()
        self._body = body
        self._order_tabs()
        self.back.setEnabled(index > 0)
        self.on.setEnabled(index + 1 < len(lesson.parts))
        unmeasured = bool(part.measures) and any(UNKNOWN in text for text in texts)
        self.progress.setText(
            f"Part {index + 1} of {len(lesson.parts)}, {lesson.minutes:g} minutes."
            + " Measure fills in the numbers." * unmeasured
        )

    def _order_tabs(self) -> None:
        """Have the keyboard come by the new part here, where it stands, and not at the window's end."""
        before: QWidget = self.lessons
        for widget in (*self._body.findChildren(QWidget), self.back, self.on):
            here = widget.window() is self.window()  # the list of a choice is a window of its own
            if here and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                QWidget.setTabOrder(before, widget)
                before = widget

    def _add_buttons(self, column: QVBoxLayout, lesson: Lesson, part: Part) -> None:
        row = QHBoxLayout()
        if part.set or part.views or part.points or lesson.model:
            begin = WordButton(
                "Show me", "Set the desk as this part says, and open what it speaks of."
            )
            begin.clicked.connect(self.begun)
            row.addWidget(begin)
        if part.measures:
            measure = WordButton("Measure", "Compute the numbers of this part, here and now.")
            measure.clicked.connect(self.measured)
            row.addWidget(measure)
        column.addLayout(row)

    def _add_reasons(self, column: QVBoxLayout, part: Part) -> None:
        """The formula and the paper, behind a click."""
        reasons = "\n".join(text for text in (part.formula, part.paper) if text)
        if reasons:
            text = paragraph(reasons, tone="muted")
            text.hide()
            why = WordButton("Formula and paper", "Show where this is written.")
            why.clicked.connect(lambda: text.setVisible(text.isHidden()))
            column.addWidget(why)
            column.addWidget(text)


def paragraph(text: str, *, bold: bool = False, size: style.Size = "body", tone: str = "") -> Label:
    """A paragraph."""
    label = Label(text)
    label.setWordWrap(True)
    label.setFont(style.font(size, bold=bold or size != "body"))
    if tone:
        style.set_tone(label, tone)  # type: ignore[arg-type]
    return label
