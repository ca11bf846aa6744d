"""Questions about the inside: the canvas comes first, newer ones win, another model ends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganlab.engine.render_worker import Draw, Load, Look, Mailbox, RenderWorker, ThumbnailRequest
from ganlab_core.errors import RenderError
from ganlab_core.inspection import FindDirections, MapNetwork, SeeSpectrum, Spectrum
from ganlab_core.recipe import Latent, Recipe

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine

SLOW = FindDirections("components")
QUICK = SeeSpectrum(Recipe())


@pytest.fixture
def worker(engine: GatedEngine, qtbot: QtBot) -> Iterator[RenderWorker]:
    engine.answers = {
        SeeSpectrum: Spectrum(QUICK, np.ones(3)),
        FindDirections: Spectrum(QUICK, np.zeros(3)),
    }
    worker = RenderWorker(engine, idle_seconds=0.01)
    worker.start()
    with qtbot.waitSignal(worker.loaded):
        worker.open_model("first")
    yield worker
    engine.gate.set()
    engine.look_gate.set()
    worker.stop()


class RunSnapshot:
    """What a worker told, in order."""

    def __init__(self, worker: RenderWorker) -> None:
        self.news: list[tuple[str, object]] = []
        worker.rendered.connect(lambda frame: self.news.append(("frame", frame.recipe.latent.seed)))
        worker.seen.connect(lambda topic, _answer: self.news.append(("seen", topic)))
        worker.looking.connect(lambda topic, part: self.news.append((topic, part)))
        worker.failed.connect(lambda error: self.news.append(("failed", error)))

    def of(self, kind: str) -> list[object]:
        return [news for name, news in self.news if name == kind]


def hold(engine: GatedEngine, worker: RenderWorker, qtbot: QtBot) -> None:
    """Let a slow search begin and keep it there."""
    engine.look_gate.clear()
    engine.look_steps = 4
    worker.look("directions", SLOW)
    qtbot.waitUntil(lambda: engine.looked == [SLOW])


def test_a_question_is_answered(worker: RenderWorker, qtbot: QtBot) -> None:
    with qtbot.waitSignal(worker.seen) as seen:
        worker.look("spectrum", QUICK)
    assert seen.args[0] == "spectrum"
    assert isinstance(seen.args[1], Spectrum)


def test_the_canvas_is_drawn_in_the_middle_of_a_search(
    worker: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    told = RunSnapshot(worker)
    hold(engine, worker, qtbot)
    worker.request(Recipe(latent=Latent(7)))
    worker.look("spectrum", QUICK)
    engine.look_gate.set()
    qtbot.waitUntil(lambda: ("seen", "directions") in told.news)
    order = [news for news in told.news if news[0] in ("frame", "seen")]
    assert order[0] == ("frame", 7)
    assert order.index(("seen", "spectrum")) < order.index(("seen", "directions"))
    assert told.of("directions")[-1] is None
    assert 0.25 in told.of("directions")


def test_a_search_can_be_given_up(worker: RenderWorker, engine: GatedEngine, qtbot: QtBot) -> None:
    told = RunSnapshot(worker)
    hold(engine, worker, qtbot)
    worker.drop_look("directions")
    engine.look_gate.set()
    qtbot.waitUntil(lambda: told.of("directions")[-1:] == [None])
    assert engine.given_up == [SLOW]
    assert told.of("seen") == []
    with qtbot.waitSignal(worker.seen):
        worker.look("directions", SLOW)


def test_another_model_ends_a_search(
    worker: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    told = RunSnapshot(worker)
    hold(engine, worker, qtbot)
    worker.look("map", MapNetwork(Recipe()))
    with qtbot.waitSignal(worker.loaded):
        worker.open_model("second")
        engine.look_gate.set()
    assert engine.given_up == [SLOW]
    assert engine.looked == [SLOW]
    assert told.of("seen") == []


def test_a_newer_question_of_a_topic_ends_the_one_before(
    worker: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    hold(engine, worker, qtbot)
    newer = FindDirections("factors", 1, 2)
    worker.look("directions", newer)
    with qtbot.waitSignal(worker.seen):
        engine.look_gate.set()
    assert engine.given_up == [SLOW]
    assert engine.looked == [SLOW, newer]


def test_a_question_that_fails_ends_and_says_why(
    worker: RenderWorker, engine: GatedEngine, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = RunSnapshot(worker)

    def refuse(*_asked: object) -> None:
        raise RenderError("No such stage.")

    monkeypatch.setattr(engine, "look", refuse)
    with qtbot.waitSignal(worker.failed):
        worker.look("maps", QUICK)
    assert told.of("maps") == [None]


def test_a_drawing_comes_before_a_look_and_a_quick_one_before_a_slow_one() -> None:
    box = Mailbox()
    slow, quick = Look(1, "directions", SLOW), Look(1, "spectrum", QUICK)
    draw = Draw(1, Recipe())
    for job in (slow, quick, draw):
        box.put(job)
    assert [box.take(0) for _ in range(4)] == [draw, quick, slow, None]


def test_nothing_slow_is_begun_in_the_middle_of_something_slow() -> None:
    box = Mailbox()
    box.put(Look(1, "map", MapNetwork(Recipe())))
    assert box.take_between() is None
    assert box.waiting()
    box.put(Load(2, "next"))
    assert box.overtaken(Look(1, "directions", SLOW))


def test_sketches_are_made_in_the_middle_of_something_slow_but_give_way_to_quick_questions() -> (
    None
):
    box = Mailbox(clock=lambda: 100.0)
    thumbnail = ThumbnailRequest(1, "map", Recipe(), 32)
    box.put(thumbnail)
    box.put(Look(1, "map", MapNetwork(Recipe())))
    assert not box.wants_more_than_thumbnails()  # which would hand it back for ever
    assert box.take_between() == thumbnail
    box.put(Look(1, "spectrum", QUICK))
    assert box.wants_more_than_thumbnails()
