"""The mailbox: the newest of a kind wins."""

from __future__ import annotations

import pytest

from ganlab.engine.render_worker import (
    PATIENCE,
    QUIET,
    STYLES_WAITING,
    Draw,
    FindVectors,
    Load,
    Mailbox,
    StopRequest,
    StyleRequest,
    ThumbnailRequest,
)
from ganlab_core.recipe import Latent, Recipe


def draw(seed: int) -> Draw:
    return Draw(1, Recipe(latent=Latent(seed)))


def test_a_newer_recipe_takes_the_place_of_the_one_that_waits() -> None:
    box = Mailbox()
    box.put(draw(1))
    box.put(draw(2))
    assert box.take(0) == draw(2)
    assert box.take(0) is None


def test_jobs_come_out_by_urgency() -> None:
    box = Mailbox()
    source = StyleRequest(1, Recipe(Latent(5)))
    box.put(source)
    box.put(draw(1))
    assert box.take(0) == draw(1)
    assert box.take(0) == source
    box.put(draw(2))
    box.put(Load(2, "next"))
    box.put(StopRequest())
    assert box.take(0) == StopRequest()


def test_a_latent_waits_only_once() -> None:
    box = Mailbox()
    box.put(StyleRequest(1, Recipe(Latent(5))))
    box.put(StyleRequest(1, Recipe(Latent(6))))
    box.put(StyleRequest(1, Recipe(Latent(5))))
    assert box.take(0) == StyleRequest(1, Recipe(Latent(5)))
    assert box.take(0) == StyleRequest(1, Recipe(Latent(6)))
    assert not box.waiting()


def test_another_model_makes_waiting_sources_pointless() -> None:
    box = Mailbox()
    box.put(StyleRequest(1, Recipe(Latent(5))))
    box.put(Load(2, "next"))
    assert box.take(0) == Load(2, "next")
    assert not box.waiting()


def test_a_source_is_not_pressing() -> None:
    box = Mailbox()
    box.put(StyleRequest(1, Recipe(Latent(5))))
    assert box.waiting()
    assert not box.pressing()
    box.put(draw(1))
    assert box.pressing()


def test_a_stop_stays() -> None:
    box = Mailbox()
    box.put(StopRequest())
    assert box.take(0) == StopRequest()
    assert box.take(0) == StopRequest()


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def thumbnail(seed: int, owner: str = "map") -> ThumbnailRequest:
    return ThumbnailRequest(1, owner, Recipe(latent=Latent(seed)), 64)


def test_sketches_wait_until_the_canvas_is_idle() -> None:
    clock = Clock()
    box = Mailbox(clock)
    box.put(thumbnail(1))
    assert box.take(0) == thumbnail(1)  # it has been idle for ever
    box.put(thumbnail(2))
    box.put(draw(1))
    assert box.take(0) == draw(1)
    clock.now += QUIET + 0.001
    assert box.take(0) == thumbnail(2)


def test_a_canvas_that_never_rests_gets_one_sketch_between_its_frames_now_and_then() -> None:
    clock = Clock()
    box = Mailbox(clock)
    for number in range(1000):
        box.put(thumbnail(number))
    between = []
    for number in range(100):
        box.put(draw(number))
        assert box.take() == draw(number)
        clock.now += QUIET / 4
        between.append(len(taken_now(box)))
        clock.now += QUIET / 4
    assert max(between) == 1
    assert sum(between) == pytest.approx(100 * QUIET / 2 / PATIENCE, abs=2)


def taken_now(box: Mailbox) -> list[ThumbnailRequest]:
    """The thumbnails that may be made at once, at this moment of the clock."""
    found = []
    while isinstance(job := box.poll(), ThumbnailRequest):
        found.append(job)
    return found


def test_owners_of_sketches_take_turns() -> None:
    box = Mailbox(Clock())
    for seed in (1, 2):
        box.put(thumbnail(seed, "map"))
    box.put(thumbnail(3, "gallery"))
    order = [box.take(0) for _ in range(3)]
    assert order == [thumbnail(1), thumbnail(3, "gallery"), thumbnail(2)]


def test_an_owner_can_cancel_what_waits_for_it() -> None:
    box = Mailbox(Clock())
    box.put(thumbnail(1, "map"))
    box.put(thumbnail(2, "gallery"))
    box.cancel_thumbnails("map")
    assert box.take(0) == thumbnail(2, "gallery")
    assert not box.waiting()


def test_another_model_cancels_all_sketches() -> None:
    box = Mailbox(Clock())
    box.put(thumbnail(1))
    box.put(Load(2, "next"))
    box.put_back(thumbnail(0))
    assert box.take(0) == Load(2, "next")
    assert not box.waiting()


def test_an_interrupted_sketch_comes_first_of_its_owners() -> None:
    box = Mailbox(Clock())
    box.put(thumbnail(1))
    box.put(thumbnail(2))
    first = box.take(0)
    assert isinstance(first, ThumbnailRequest)
    box.put_back(first)
    assert box.take(0) == first


def test_only_the_newest_question_of_an_owner_is_answered() -> None:
    box = Mailbox(Clock())
    box.put(FindVectors(1, "map", (Latent(1),)))
    box.put(FindVectors(1, "map", (Latent(2),)))
    assert box.take(0) == FindVectors(1, "map", (Latent(2),))
    assert not box.waiting()


def test_sources_of_a_hand_that_has_moved_on_are_dropped() -> None:
    box = Mailbox(Clock())
    for seed in range(STYLES_WAITING + 3):
        box.put(StyleRequest(1, Recipe(Latent(seed))))
    assert box.take(0) == StyleRequest(1, Recipe(Latent(3)))
