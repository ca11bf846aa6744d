"""The tree of everything that was on the desk."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ganlab.session import History, Session
from ganlab_core.recipe import Latent, Recipe


def seed(number: int) -> Recipe:
    return Recipe(latent=Latent(number))


def test_going_back_and_on_another_way_keeps_the_first_way() -> None:
    history = History(seed(0))
    history.push(seed(1), "one")
    first = history.now.number
    history.undo()
    history.push(seed(2), "two")
    assert history.count() == 2
    assert history.go_to(first)
    assert history.now.recipe == seed(1)
    history.undo()
    history.redo()
    assert history.now.recipe == seed(1)


def test_redo_goes_the_way_one_came() -> None:
    history = History(seed(0))
    for number in (1, 2):
        history.push(seed(number), str(number))
        history.undo()
    assert history.redo_label == "2"
    history.go_to(history.root.children[0].number)
    history.undo()
    assert history.redo_label == "1"


def test_a_walk_is_one_step_and_what_others_went_on_from_stays() -> None:
    history = History(seed(0))
    history.push(seed(1), "walk")
    for number in range(2, 50):
        history.amend(seed(number))
    assert history.count() == 1
    history.push(seed(50), "psi")
    history.undo()
    history.amend(seed(60))
    assert [step.recipe.latent.seed for step in history.steps()] == [0, 49, 50, 60]
    assert history.now.recipe == seed(60)


def test_the_oldest_steps_are_forgotten_first() -> None:
    history = History(seed(0), limit=4)
    for number in range(1, 10):
        history.push(seed(number), str(number))
    assert [step.recipe.latent.seed for step in history.steps()] == [6, 7, 8, 9]
    assert history.root.recipe == seed(6)


def test_an_old_branch_is_forgotten_before_the_way_back() -> None:
    history = History(seed(0), limit=4)
    history.push(seed(1), "branch")
    history.undo()
    for number in (2, 3, 4):
        history.push(seed(number), str(number))
    assert [step.recipe.latent.seed for step in history.steps()] == [0, 2, 3, 4]


@pytest.mark.usefixtures("qapp")
def test_memory_stays_flat_over_thousands_of_edits() -> None:
    session, source = Session(), random.Random(1)

    def play(edits: int) -> None:
        for _ in range(edits):
            session.edit(seed(source.randrange(2**32)), "seed")
            if source.random() < 0.3:
                session.undo()

    play(2000)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    play(2000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(list(session.history.steps())) <= 1000
    assert grown < 1_500_000  # the steps themselves are exchanged, some 700 bytes each


class Play(RuleBasedStateMachine):
    """Edits, drags, walks, undo, redo and jumps, against a plain dictionary of what must be there."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.told: list[Recipe] = []
        self.session.recipe_changed.connect(self.told.append)
        now = self.session.history.now
        self.expected = {now.number: (now.recipe, "")}

    @rule(number=st.integers(0, 9))
    def edit(self, number: int) -> None:
        before = self.session.recipe
        self.session.edit(seed(number), f"seed {number}")
        if before != seed(number):
            now = self.session.history.now
            self.expected[now.number] = (seed(number), f"seed {number}")

    @rule(numbers=st.lists(st.integers(0, 9), min_size=1, max_size=4))
    def drag(self, numbers: list[int]) -> None:
        self.session.begin_drag()
        before = self.session.history.now
        for number in numbers:
            self.session.edit(seed(number), "drag")
        self.session.end_drag()
        assert self.session.recipe == seed(numbers[-1])
        now = self.session.history.now
        if now is not before:
            self.expected[now.number] = (seed(numbers[-1]), "drag")

    @rule()
    def undo(self) -> None:
        parent = self.session.history.now.parent
        self.session.undo()
        assert parent is None or self.session.recipe == parent.recipe

    @rule()
    def redo(self) -> None:
        towards = self.session.history.now.towards
        self.session.redo()
        assert towards is None or self.session.recipe == towards.recipe

    @rule(data=st.data())
    def branch(self, data: st.DataObject) -> None:
        numbers = [step.number for step in self.session.history.steps()]
        chosen = data.draw(st.sampled_from(numbers))
        self.session.go_to(chosen)
        assert self.session.recipe == self.expected[chosen][0]

    @invariant()
    def recipe_json_and_labels_agree(self) -> None:
        history = self.session.history
        assert self.session.recipe == history.now.recipe
        assert Recipe.from_json(self.session.recipe.to_json()) == history.now.recipe
        assert not self.told or self.told[-1] == self.session.recipe
        assert {s.number: (s.recipe, s.label) for s in history.steps()} == self.expected

    @invariant()
    def it_is_a_tree(self) -> None:
        history = self.session.history
        for step in history.steps():
            assert (step.parent is None) == (step is history.root)
            assert step.parent is None or step in step.parent.children
            assert (step.towards in step.children) if step.children else step.towards is None


TestPlay = pytest.mark.usefixtures("qapp")(Play.TestCase)
TestPlay.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
