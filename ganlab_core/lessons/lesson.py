"""Lesson: a Markdown text with directives, read into plain values; faults are sentences with a line number.

# Title                         one
id: z-to-w                      and `questions:`, `minutes:`, `model:` under it
## A part of it                 each with paragraphs, and lines that begin with `::`
:: set psi=1 noise=off          let the desk be so
:: view Inside/Stages/styles    open a panel, a tab of it, and what words choose there
:: point psi                    show where a control is
:: measure mapping count=64     compute something now; its facts stand in later {mapping.kurtosis:.2f}
:: ask 1.5 Which shape ...?     a question; what follows belongs to it
:: choices A | B | C            answered by choosing
:: cell adain                   answered by writing an expression
:: check psi < 0.5              what must hold, over the desk and what was measured
:: right psi=0.3                doings that make it hold (several lines: each of them does), and
:: wrong psi=0.9                doings that do not: tests walk both, a hint for teachers
:: hint, :: formula, :: paper   said behind a click
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ganlab_core.errors import LessonError
from ganlab_core.files import bundled_models_dir, resources_dir
from ganlab_core.lessons.doing import parse_doing
from ganlab_core.lessons.predicate import check_expression, holes

QUESTIONS = (
    "1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "2.3", "2.4", "2.5", "3.1", "3.2", "3.3", "3.4",
    "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "5.1", "5.2", "5.3", "5.4",
)  # fmt: skip
"""The exercises that the lessons answer between them."""

CELL_TEXTS = {
    "adain": (
        "x: the layer's features, one map a channel; scale and bias from the style; eps. "
        "Functions: mean, var, std, sqrt. Wanted: AdaIN(x)."
    ),
    "fading": (
        "old: the picture at half the side; new: the one of the new block; alpha. Function: up. "
        "Wanted: what is shown."
    ),
    "truncation": ("w: a style; mean: the mean of W; psi. Wanted: the truncated style."),
    "rejection": (
        "z: numbers drawn; again: others, drawn within the threshold; threshold. Functions: abs, "
        "where(condition, this, that). Wanted: z with those beyond the threshold drawn again."
    ),
}
"""Cell -> what is given in it and what is wanted."""

LARGEST_LESSON = 200_000
"""Bytes."""


@dataclass(slots=True)
class Ask:
    """A question that is answered by doing.

    Attributes
    ----------
    number
        Of the exercise, as `"2.5"`; empty for a question of the lesson's own.
    text
        The question.
    choices
        To choose among; empty where the desk, a number or a cell answers.
    cell
        Name of the expression to write; empty = none.
    check
        What must hold.
    right, wrong
        Doings that make it hold, and that do not.
    hint
        Said after a wrong try.
    """

    number: str
    text: str
    choices: tuple[str, ...] = ()
    cell: str = ""
    check: str = ""
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    hint: str = ""

    @property
    def number_wanted(self) -> bool:
        """Whether a number is typed."""
        return "value" in self.check


@dataclass(slots=True)
class Part:
    """A part of a lesson.

    Attributes
    ----------
    title, paragraphs
        Its text; braces hold expressions over what was measured.
    set, views, points
        What the desk is to be, what is opened, and what is pointed at.
    measures
        What is computed when asked for, as `"mapping count=64"`.
    asks
        Its questions.
    formula, paper
        Behind a click.
    """

    title: str
    paragraphs: list[str] = field(default_factory=list)
    set: str = ""
    views: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    formula: str = ""
    paper: str = ""


@dataclass(slots=True)
class Lesson:
    """A lesson as its file says it; `parts` is never empty."""

    id: str
    title: str
    questions: tuple[str, ...]
    minutes: float
    model: str
    parts: tuple[Part, ...]


class LessonReader:
    """Reads a lesson line by line, and knows which line it is at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 0
        self.title = ""
        self.heads: dict[str, str] = {}
        self.parts: list[Part] = []
        self.open = False

    def fault(self, what: str, remedy: str = "") -> LessonError:
        """The sentence for a fault at this line."""
        return LessonError(f"{self.name}, line {self.line}: {what}", remedy)

    def read(self, text: str) -> None:
        """Take in the whole text."""
        for self.line, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if line.startswith("# "):
                if self.title:
                    raise self.fault("A lesson has one title.", "Begin its parts with ##.")
                self.title = line[2:].strip()
            elif line.startswith("## "):
                self.parts.append(Part(line[3:].strip()))
                self.open = False
            elif line.startswith("::"):
                self._directive(line[2:].strip())
                self.open = False
            else:
                self._text(line)

    def _text(self, line: str) -> None:
        if not self.parts:
            self._head(line)
        elif not line:
            self.open = False
        elif self.open:
            self.parts[-1].paragraphs[-1] += f" {line}"
        else:
            self.parts[-1].paragraphs.append(line)
            self.open = True
        for hole in holes(line):
            self._checked(hole)

    def _head(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if not line:
            return
        if not colon or name not in HEADS:
            raise self.fault(f"{line[:40]!r} is not known here.", f"There is: {', '.join(HEADS)}.")
        self.heads[name] = value.strip()

    def _directive(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if not self.parts:
            raise self.fault(f":: {name} stands before the first part.", "Begin a part with ##.")
        if name not in DIRECTIVES:
            raise self.fault(
                f"There is no directive {name!r}.", f"There are: {', '.join(DIRECTIVES)}."
            )
        if not rest.strip():
            raise self.fault(f":: {name} says nothing.")
        DIRECTIVES[name](self, rest.strip())

    def _checked(self, expression: str) -> None:
        try:
            check_expression(expression)
        except LessonError as error:
            raise self.fault(error.what, error.remedy) from None

    # --- the directives ----------------------------------------------------------------------------

    def ask(self, rest: str) -> None:
        """A question; its number first where it is one of the exercises."""
        number, _, text = rest.partition(" ")
        if number in QUESTIONS:
            self.parts[-1].asks.append(Ask(number, text.strip()))
        else:
            self.parts[-1].asks.append(Ask("", rest))

    def _asked(self) -> Ask:
        if not self.parts[-1].asks:
            raise self.fault("There is no question that this belongs to.", "Write :: ask before.")
        return self.parts[-1].asks[-1]

    def choices(self, rest: str) -> None:
        """What to choose among."""
        self._asked().choices = tuple(choice.strip() for choice in rest.split("|"))

    def cell(self, rest: str) -> None:
        """Which expression is written."""
        if rest not in CELL_TEXTS:
            raise self.fault(f"There is no cell {rest!r}.", f"There are: {', '.join(CELL_TEXTS)}.")
        self._asked().cell = rest

    def check(self, rest: str) -> None:
        """What must hold."""
        self._checked(rest)
        self._asked().check = rest

    def right(self, rest: str) -> None:
        """A doing that makes it hold."""
        self._doing(rest)
        self._asked().right += (rest,)

    def wrong(self, rest: str) -> None:
        """A doing that does not."""
        self._doing(rest)
        self._asked().wrong += (rest,)

    def hint(self, rest: str) -> None:
        """Said after a wrong try."""
        self._asked().hint = rest

    def set(self, rest: str) -> None:
        """What the desk is to be."""
        self._doing(rest)
        self.parts[-1].set = rest

    def view(self, rest: str) -> None:
        """A panel to open."""
        self.parts[-1].views.append(rest)

    def point(self, rest: str) -> None:
        """A control to point at."""
        self.parts[-1].points.append(rest)

    def measure(self, rest: str) -> None:
        """Something to compute."""
        self._doing(rest.partition(" ")[2])
        self.parts[-1].measures.append(rest)

    def formula(self, rest: str) -> None:
        """The formula."""
        self.parts[-1].formula = rest

    def paper(self, rest: str) -> None:
        """Where it is written."""
        self.parts[-1].paper = rest

    def _doing(self, rest: str) -> None:
        try:
            parse_doing(rest)
        except LessonError as error:
            raise self.fault(error.what, error.remedy) from None


HEADS = ("id", "questions", "minutes", "model")
DIRECTIVES: dict[str, Callable[[LessonReader, str], None]] = {
    name: getattr(LessonReader, name)
    for name in (
        "set", "view", "point", "measure", "ask", "choices", "cell", "check", "right", "wrong",
        "hint", "formula", "paper",
    )
}  # fmt: skip


def parse_lesson(text: str, name: str = "lesson") -> Lesson:
    """The lesson in a text; raises `LessonError` that names `name` and the line."""
    reader = LessonReader(name)
    reader.read(text)
    heads = reader.heads
    if not reader.title or not reader.parts or not heads.get("id"):
        raise reader.fault(
            "A lesson has a title, an id and a part.", "See docs/WRITING_LESSONS.md."
        )
    _check_asks(reader)
    questions = tuple(heads.get("questions", "").replace(",", " ").split())
    unknown = [one for one in questions if one not in QUESTIONS]
    if unknown:
        raise reader.fault(f"There is no question {unknown[0]}.", "They are 1.1 to 5.4.")
    asked = {ask.number for part in reader.parts for ask in part.asks}
    missing = [one for one in questions if one not in asked]
    if missing:
        raise reader.fault(f"Question {missing[0]} is promised and not asked.", "Write :: ask.")
    try:
        minutes = float(heads.get("minutes", "5"))
    except ValueError:
        raise reader.fault("minutes is no number.") from None
    return Lesson(
        heads["id"], reader.title, questions, minutes, heads.get("model", ""), tuple(reader.parts)
    )


def _check_asks(reader: LessonReader) -> None:
    for part in reader.parts:
        for ask in part.asks:
            if not ask.check or not ask.right or not ask.wrong:
                raise reader.fault(
                    f"The question {ask.text[:40]!r} lacks a check, a right or a wrong answer.",
                    "Write :: check, :: right and :: wrong after it.",
                )


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file; raises `LessonError`."""
    try:
        content = path.read_bytes()[: LARGEST_LESSON + 1]
        if len(content) > LARGEST_LESSON:
            raise LessonError(f"{path.name} is too long for a lesson.", "Cut it into several.")
        return parse_lesson(content.decode("utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise LessonError(f"{path.name} cannot be read as text.", "Save it as UTF-8.") from None


def model_path(name: str) -> Path:
    """Where the bundled model of a lesson lies; raises `LessonError` where there is none of that name."""
    path = bundled_models_dir() / f"{name}.safetensors"
    if not path.is_file():
        raise LessonError(f"There is no bundled model {name!r}.", "See ganlab models.")
    return path


@functools.cache
def find_lessons() -> tuple[Lesson, ...]:
    """The lessons that come with the program, in the order of their file names."""
    folder = resources_dir() / "lessons"
    return tuple(read_lesson(path) for path in sorted(folder.glob("*.md")))
