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

Doings are what a person does on the desk as a line of words: `psi=0.3 mix@4=7 noise=off` are edits of the
Recipe; `choice=2`, `value=0.5` and `cell=...` are answers that are typed. A cell takes what is left of its
line.

What checks and cells say is a part of Python's expressions over given names, evaluated by us and never run.
There are numbers, texts, names, dots into what was measured, arithmetic, comparisons, `and`, `or`, `not`,
`in` with a list, and calls of functions that were given. Nothing else is read, so no text of a lesson and
none that a person types can do more than compute.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganlab_core.errors import GanlabError, LessonError
from ganlab_core.files import bundled_models_dir, resources_dir
from ganlab_core.recipe import Capabilities, Latent, LayerNoise, Mix, Noise, Recipe, fit

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


@dataclass(frozen=True, slots=True)
class Doing:
    """What was done for an answer.

    Attributes
    ----------
    recipe
        The desk.
    choice
        Which of the choices, from 1; 0 = none.
    value
        The number that was typed.
    cell
        The expression that was written.
    """

    recipe: Recipe
    choice: int = 0
    value: float = float("nan")
    cell: str = ""


Edit = Callable[[Recipe, str, str], Recipe]
"""Recipe, what stands after `@`, what stands after `=` -> the Recipe after."""


def _psi(recipe: Recipe, at: str, value: str) -> Recipe:
    return recipe.with_psi_at(int(at), float(value)) if at else replace(recipe, psi=float(value))


def _noise(recipe: Recipe, at: str, value: str) -> Recipe:
    if at:
        return recipe.with_noise_layer(int(at), LayerNoise(on=value != "off"))
    mode, _, seed = value.partition(":")
    return replace(recipe, noise=Noise(mode, int(seed or 0), 1.0))


def _mix(recipe: Recipe, at: str, value: str) -> Recipe:
    return recipe.with_mix_at(int(at), None if value == "none" else Mix(Latent(int(value))))


def _classes(recipe: Recipe, at: str, value: str) -> Recipe:
    pairs = (item.partition(":") for item in value.split(","))
    mix = tuple((int(index), float(weight or 1.0)) for index, _, weight in pairs)
    return recipe.with_classes_at(int(at), mix) if at else replace(recipe, classes=mix)


def _gain(recipe: Recipe, at: str, value: str) -> Recipe:
    channel, _, factor = value.partition(":")
    return recipe.with_gain(int(at), int(channel), float(factor or 0.0))


EDITS: dict[str, Edit] = {
    "seed": lambda recipe, _at, value: replace(recipe, latent=Latent(int(value))),
    "psi": _psi,
    "noise": _noise,
    "mix": _mix,
    "class": _classes,
    "gain": _gain,
    "growth": lambda r, _at, v: replace(r, growth=None if v == "full" else float(v)),
    "attention": lambda r, _at, v: replace(r, attention=float(v)),
    "threshold": lambda r, _at, v: replace(r, threshold=None if v == "none" else float(v)),
}
"""Word -> what it does to the Recipe."""

ANSWERS = ("choice", "value", "cell")
OPTIONS = ("count", "steps", "images", "seconds", "stage", "side")
"""Words of `:: measure`."""


def parse_doing(text: str) -> tuple[tuple[str, str, str], ...]:
    """(word, place, value) of each item; raises `LessonError`."""
    found: list[tuple[str, str, str]] = []
    rest = text.strip()
    while rest:
        if rest.startswith("cell="):
            return (*found, ("cell", "", rest.removeprefix("cell=").strip()))
        item, _, rest = rest.partition(" ")
        rest = rest.strip()
        word, equals, value = item.partition("=")
        word, _, place = word.partition("@")
        if not equals or word not in (*EDITS, *ANSWERS, *OPTIONS):
            known = ", ".join((*EDITS, *ANSWERS))
            raise LessonError(f"{item!r} is nothing that can be done.", f"There is: {known}.")
        found.append((word, place, value))
    return tuple(found)


def done(text: str, recipe: Recipe) -> Doing:
    """What the words of `text` do from `recipe` on; raises `LessonError`."""
    doing = Doing(recipe)
    for word, place, value in parse_doing(text):
        try:
            if word in EDITS:
                doing = replace(doing, recipe=EDITS[word](doing.recipe, place, value))
            elif word == "cell":
                doing = replace(doing, cell=value)
            else:
                number = int(value) if word == "choice" else float(value)
                doing = replace(doing, **{word: number})  # type: ignore[arg-type]
        except (ValueError, TypeError, GanlabError):
            raise LessonError(f"{word}={value} cannot be done.", "Check the numbers.") from None
    return doing


def state_of(
    doing: Doing,
    before: Recipe,
    can: Capabilities | None,
    measured: Mapping[str, Any],
    cell_error: float = float("inf"),
) -> dict[str, Any]:
    """The names that a check may use.

    `psi seed noise noise_off mixed psi_at classes classes_at growth alpha attention threshold muted` of
    the desk as the model can do it, `changed` (names of the Recipe's fields that differ from `before`),
    `choice value cell`, and what was measured.
    """
    recipe = doing.recipe if can is None else fit(doing.recipe, can)
    started = before if can is None else fit(before, can)
    changed = [
        field.name
        for field in dataclasses.fields(Recipe)
        if getattr(recipe, field.name) != getattr(started, field.name)
    ]
    return {
        **FUNCTIONS,
        **measured,
        "psi": recipe.psi,
        "psi_at": [side for side, _ in recipe.psi_at],
        "seed": recipe.latent.seed,
        "noise": recipe.noise.mode,
        "noise_off": [index for index, own in recipe.noise_layers if not own.on],
        "mixed": [side for side, mix in recipe.mix_at if mix.amount > 0],
        "classes": sum(1 for _, weight in recipe.classes if weight),
        "classes_at": [side for side, _ in recipe.classes_at],
        "growth": _growth(recipe, can),
        "alpha": _growth(recipe, can) % 1.0,
        "attention": recipe.attention,
        "threshold": 0.0 if recipe.threshold is None else recipe.threshold,
        "muted": len(recipe.gains),
        "changed": changed,
        "choice": doing.choice,
        "value": doing.value,
        "cell": {"error": cell_error},
    }


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
    "near": lambda a, b, within: abs(a - b) <= within,
}


def _growth(recipe: Recipe, can: Capabilities | None) -> float:
    if recipe.growth is not None:
        return recipe.growth
    return float(can.full_growth) if can is not None else 0.0


LONGEST = 400
"""Letters of an expression."""

Names = Mapping[str, Any]
"""Name -> number, text, array, function, or further names."""

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
MOST_POWER = 8


def evaluate(text: str, names: Names) -> Any:
    """The value of an expression; raises `LessonError` for what is none, or asks for unknown names."""
    try:
        return _value(_parsed(text), names)
    except (ZeroDivisionError, OverflowError, TypeError, ValueError, RuntimeError):
        raise LessonError(f"{text!r} has no value here.", "Check the shapes and numbers.") from None


def check_expression(text: str) -> None:
    """Raise `LessonError` unless the text is an expression of this language, whatever its names."""
    for node in ast.walk(_parsed(text)):
        if not isinstance(node, _KNOWN):
            raise LessonError(f"{text!r} holds something that is not computed here.", _KINDS)


_KINDS = "Use numbers, names, + - * / **, comparisons, and, or, not, in, and the named functions."
_KNOWN = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Attribute,
    ast.Constant, ast.List, ast.Tuple, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
    ast.expr_context,
)  # fmt: skip


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise LessonError("The expression is too long.", f"Write at most {LONGEST} letters.")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise LessonError(f"{text!r} is no expression.", _KINDS) from None


def _value(node: ast.expr, names: Names) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str | bool):
        return node.value
    if isinstance(node, ast.Name):
        return _named(node.id, names)
    if isinstance(node, ast.Attribute):
        return _named(node.attr, _value(node.value, names))
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.BoolOp):
        both = all if isinstance(node.op, ast.And) else any
        return both(bool(_value(part, names)) for part in node.values)
    if isinstance(node, ast.Call):
        return _called(node, names)
    return _computed(node, names)


def _computed(node: ast.expr, names: Names) -> Any:
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, names)
        return not value if isinstance(node.op, ast.Not) else -value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, names), _value(node.right, names)
        if isinstance(node.op, ast.Pow) and isinstance(right, int | float):
            return left ** max(-MOST_POWER, min(MOST_POWER, right))
        if type(node.op) in _BINARY:
            return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Compare):
        left, holds = _value(node.left, names), True
        for sign, right_node in zip(node.ops, node.comparators, strict=True):
            right = _value(right_node, names)
            if type(sign) not in _COMPARE:
                break
            result = _COMPARE[type(sign)](left, right)
            if len(node.ops) == 1:  # of arrays, one for each number
                return result
            holds = holds and bool(result)
            left = right
        else:
            return holds
    raise LessonError("The expression holds something that is not computed here.", _KINDS)


def _called(node: ast.Call, names: Names) -> Any:
    function = _named(node.func.id, names) if isinstance(node.func, ast.Name) else None
    if not callable(function) or node.keywords:
        raise LessonError("Only the named functions can be called.", _KINDS)
    return function(*(_value(argument, names) for argument in node.args))


def _named(name: str, names: Any) -> Any:
    if not isinstance(names, Mapping) or name not in names:
        known = ", ".join(sorted(names)) if isinstance(names, Mapping) else "nothing"
        raise LessonError(f"There is no {name} here.", f"There is: {known}.")
    return names[name]


_HOLE = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
UNKNOWN = "…"
"""Stands where something has not been measured yet."""


def holes(text: str) -> list[str]:
    """The expressions in braces in a text."""
    return [found[1] for found in _HOLE.finditer(text)]


def filled(text: str, names: Names) -> str:
    """A text with what is in braces computed, as `{mapping.kurtosis:.2f}`; what is not known is `…`."""

    def of(found: re.Match[str]) -> str:
        try:
            return format(evaluate(found[1], names), found[2] or "")
        except (LessonError, ValueError, TypeError):
            return UNKNOWN

    return _HOLE.sub(of, text)
