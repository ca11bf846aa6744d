"""The Session: the one mutable place of the application, with a history of every change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from ganlab_core.errors import GanlabError
from ganlab_core.models import ModelInfo, start_recipe
from ganlab_core.recipe import Capabilities, Recipe, fit

# The history of a Recipe as a tree: going back and on another way keeps the way not taken.

LIMIT = 1000


@dataclass(slots=True, eq=False)
class Step:
    """One state of the desk and how it came about.

    Attributes
    ----------
    number
        Counts the steps of a history; never used twice.
    kept
        The Recipe after this step, or its JSON as long as nobody has looked at a step of another day.
    label
        What was done, in a few words; empty for the beginning.
    parent
        The step before; None for the first one that is remembered.
    drag
        The movement of the hand whose edits this step gathers; 0 = none.
    children, towards
        The steps that went on from here, and the one that redo makes again.
    version
        Counts the Recipes that this step has had.
    """

    number: int
    kept: Recipe | str
    label: str
    parent: Step | None
    drag: int = 0
    children: list[Step] = field(default_factory=list)
    towards: Step | None = None
    version: int = 0

    @property
    def recipe(self) -> Recipe:
        """The Recipe after this step; of one that cannot be read, that of the step before it."""
        step: Step | None = self
        while step is not None:
            if not isinstance(step.kept, str):
                self.kept = step.kept
                return step.kept
            try:
                self.kept = Recipe.from_json(step.kept)
            except GanlabError:
                step = step.parent
            else:
                return self.kept
        self.kept = Recipe()
        return self.kept

    @recipe.setter
    def recipe(self, recipe: Recipe) -> None:
        self.kept = recipe
        self.version += 1


@dataclass(frozen=True, slots=True)
class Row:
    """A step as it is kept from one day to the next; `recipe` is JSON."""

    number: int
    parent: int | None
    label: str
    recipe: str


class History:
    """Every state there was, and which of them is on the desk.

    Undo goes to the parent, redo to the child one came from or made last. An edit after an undo begins a
    branch. Beyond `limit` steps the oldest are forgotten, never the one on the desk or its way back to
    the first that is remembered.

    Parameters
    ----------
    recipe
        The state to begin with.
    limit
        How many steps are remembered, the beginning included; at least 2.
    """

    def __init__(self, recipe: Recipe, limit: int = LIMIT) -> None:
        self._limit = max(2, limit)
        self._numbers = 0
        self.begin(recipe)

    def begin(self, recipe: Recipe) -> None:
        """Forget everything and begin with this Recipe."""
        self._root = self._now = Step(self._numbers, recipe, "", None)
        self._steps = {self._numbers: self._root}
        self._numbers += 1

    @staticmethod
    def rebuilt(rows: Sequence[Row], now: int, towards: Mapping[int, int]) -> History | None:
        """The history that was kept, as far as it hangs together; None when nothing is left of it.

        Of more steps than are remembered the newest stay. A step whose parent is lost goes on from the
        one that was made before it.
        """
        rows = sorted(rows, key=lambda row: row.number)[-LIMIT:]
        if not rows:
            return None
        history = History(Recipe())
        steps: dict[int, Step] = {}
        before: Step | None = None
        for row in rows:
            known = None if row.parent is None else steps.get(row.parent)
            step = Step(row.number, row.recipe, row.label, known or before)
            if step.parent is not None:
                step.parent.children.append(step)
                step.parent.towards = step
            steps[row.number] = before = step
        history._steps, history._numbers = steps, rows[-1].number + 1
        history._root = steps[rows[0].number]
        history._now = steps.get(now, steps[rows[-1].number])
        for number, child in towards.items():
            own, next_ = steps.get(number), steps.get(child)
            if own is not None and next_ is not None and next_.parent is own:
                own.towards = next_
        return history

    # --- what there is ---------------------------------------------------------------------------

    @property
    def newest(self) -> int:
        """The highest number that a step has had."""
        return self._numbers - 1

    @property
    def now(self) -> Step:
        """The step on the desk."""
        return self._now

    @property
    def root(self) -> Step:
        """The oldest step that is remembered."""
        return self._root

    @property
    def undo_label(self) -> str:
        """What undo takes back; empty when there is nothing."""
        return self._now.label if self._now.parent is not None else ""

    @property
    def redo_label(self) -> str:
        """What redo makes again; empty when there is nothing."""
        return "" if self._now.towards is None else self._now.towards.label

    def count(self) -> int:
        """How many steps can be undone or redone, on all branches."""
        return len(self._steps) - 1

    def steps(self) -> Iterator[Step]:
        """All steps in the order in which they were made."""
        return iter(self._steps.values())

    def step(self, number: int) -> Step | None:
        """A step by its number; None when it is forgotten."""
        return self._steps.get(number)

    # --- what can be done ------------------------------------------------------------------------

    def push(self, recipe: Recipe, label: str, drag: int = 0) -> None:
        """Make a step; one of the same drag as the step on the desk melts into it.

        A drag that comes back to where it began leaves no step.
        """
        now = self._now
        if drag and now.drag == drag and not now.children:
            now.recipe = recipe
            if now.parent is not None and now.parent.recipe == recipe:
                self._leave(now)
            return
        step = Step(self._numbers, recipe, label, now, drag)
        self._numbers += 1
        self._steps[step.number] = step
        now.children.append(step)
        now.towards = step
        self._now = step
        if len(self._steps) > self._limit:
            self._forget_one()

    def amend(self, recipe: Recipe) -> None:
        """Let the step on the desk end elsewhere, as while a walk goes on by itself.

        A step from which others went on is left as it is: the walk begins a branch.
        """
        if self._now.children or self._now.parent is None:
            self.push(recipe, self._now.label or "walk")
        else:
            self._now.recipe = recipe

    def replace(self, recipe: Recipe) -> None:
        """Let the step on the desk have been another one all along."""
        self._now.recipe = recipe

    def undo(self) -> bool:
        """Go to the step before; False when there is none."""
        if self._now.parent is None:
            return False
        self._now = self._now.parent
        return True

    def redo(self) -> bool:
        """Go on to the step that was undone or made last; False when there is none."""
        if self._now.towards is None:
            return False
        self._now = self._now.towards
        return True

    def go_to(self, number: int) -> bool:
        """Put any remembered step on the desk; redo will lead back along its branch."""
        step = self._steps.get(number)
        if step is None:
            return False
        self._now = step
        while step.parent is not None:
            step.parent.towards = step
            step = step.parent
        return True

    def shorten(self, count: int) -> None:
        """Forget so many of the oldest steps that can be spared."""
        for _ in range(count):
            self._forget_one()

    # --- forgetting ------------------------------------------------------------------------------

    def _leave(self, step: Step) -> None:
        """Take the step on the desk away, as if it had never been."""
        assert step.parent is not None
        self._now = step.parent
        self._remove(step)

    def _remove(self, leaf: Step) -> None:
        assert leaf.parent is not None
        leaf.parent.children.remove(leaf)
        if leaf.parent.towards is leaf:
            leaf.parent.towards = leaf.parent.children[-1] if leaf.parent.children else None
        del self._steps[leaf.number]

    def _forget_one(self) -> None:
        """Forget the oldest step that can be spared: the root of a bare trunk, or the end of a branch."""
        kept = set(self._way_back())
        leaf = next(
            (s for s in self._steps.values() if not s.children and s.number not in kept), None
        )
        trunk = len(self._root.children) == 1 and self._root is not self._now
        if leaf is not None and not (trunk and self._root.number < leaf.number):
            self._remove(leaf)
        elif trunk:
            del self._steps[self._root.number]
            self._root = self._root.children[0]
            self._root.parent = None

    def _way_back(self) -> Iterator[int]:
        step: Step | None = self._now
        while step is not None:
            yield step.number
            step = step.parent


class Session(QObject):
    """What is on the desk: the current model, the current Recipe, and the way back.

    The Recipe kept here is what the person asked for; `fitted` is what the current model can do of
    it. Switching models never changes what a person asked for, so nothing is lost on the way; only
    where nobody has asked for anything yet does a model begin at its own start.

    Parameters
    ----------
    recipe
        The Recipe to begin with; the plain one when None.
    parent
        The Qt owner.

    Signals
    -------
    recipe_changed(Recipe), model_changed(ModelInfo or None)
    history_changed()
        There are other steps than before, or another one is on the desk.
    """

    recipe_changed = Signal(object)
    history_changed = Signal()
    model_changed = Signal(object)

    def __init__(self, recipe: Recipe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recipe = recipe or Recipe()
        self._info: ModelInfo | None = None
        self._can: Capabilities | None = None
        self._fitted: tuple[Recipe, Capabilities | None, Recipe] = (
            self._recipe,
            None,
            self._recipe,
        )
        self._start: Recipe | None = None if recipe else Recipe()
        self._drag = 0
        self._drags_begun = 0
        self.history = History(self._recipe)

    @property
    def recipe(self) -> Recipe:
        """The Recipe as the person asked for it."""
        return self._recipe

    @property
    def fitted(self) -> Recipe:
        """The nearest Recipe the current model can render."""
        if self._can is None:
            return self._recipe
        asked, can, fitted = self._fitted
        if asked is not self._recipe or can is not self._can:
            fitted = fit(self._recipe, self._can)
            self._fitted = (self._recipe, self._can, fitted)
        return fitted

    @property
    def info(self) -> ModelInfo | None:
        """The model on the desk, None before the first one is loaded."""
        return self._info

    @property
    def capabilities(self) -> Capabilities | None:
        """What the model on the desk can do."""
        return self._can

    @property
    def start(self) -> Recipe:
        """Where the model on the desk begins: its first pick, or the truncation it came with."""
        return self._start or Recipe()

    def edit(self, recipe: Recipe, label: str) -> None:
        """Make `recipe` the current one as an undoable step; an equal Recipe is no step."""
        if recipe != self._recipe:
            self.history.push(recipe, label, self._drag)
            self._put_from_history()

    def drift(self, recipe: Recipe) -> None:
        """Let the step on the desk end at `recipe`; a walk that goes on by itself is one step."""
        if recipe != self._recipe:
            self.history.amend(recipe)
            self._put_from_history()

    def begin_with(self, recipe: Recipe) -> None:
        """Start from a Recipe kept from another day; there is nothing to undo yet."""
        self._start = None if self._info is None else self._start
        self.history.begin(recipe)
        self._put_from_history()

    def restore(self, history: History) -> None:
        """Go on with the history of another day."""
        self._start = None if self._info is None else self._start
        self.history = history
        self._put_from_history()

    def forget_history(self) -> None:
        """Begin a new history with the Recipe on the desk."""
        self.end_drag()
        self.history.begin(self._recipe)
        self._put_from_history()

    @property
    def is_dragged(self) -> bool:
        """Whether edits are gathered into one step at present."""
        return self._drag != 0

    def begin_drag(self) -> None:
        """Gather the edits from here on into one step, until `end_drag`."""
        self._drags_begun += 1
        self._drag = self._drags_begun

    def end_drag(self) -> None:
        """Let the next edit be a step of its own again."""
        self._drag = 0

    def undo(self) -> None:
        """Take the last step back."""
        self.end_drag()
        if self.history.undo():
            self._put_from_history()

    def redo(self) -> None:
        """Take the step forward again that was taken back."""
        self.end_drag()
        if self.history.redo():
            self._put_from_history()

    def go_to(self, number: int) -> None:
        """Put a step of the history on the desk, of whatever branch; a forgotten one is no change."""
        self.end_drag()
        if self.history.go_to(number):
            self._put_from_history()

    def set_model(self, info: ModelInfo, can: Capabilities) -> None:
        """Put a model on the desk; the Recipe and its history stay, unless nothing was asked for yet."""
        untouched = self._recipe == self._start
        self._info = info
        self._can = can
        self._start = start_recipe(info, can)
        if untouched and self._recipe != self._start:
            self.history.replace(self._start)
            self._put_from_history()
        self.model_changed.emit(info)

    def _put_from_history(self) -> None:
        self._recipe = self.history.now.recipe
        self.recipe_changed.emit(self._recipe)
        self.history_changed.emit()
