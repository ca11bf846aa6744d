"""The render thread: latest wins, nothing starves, no picture of another model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ganlab.engine import render_worker as render_loop
from ganlab.engine.render_worker import RenderWorker
from ganlab_core.errors import CheckpointError, RenderError
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import DraftPicture, Frame, GreyError

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine


class Heard:
    """Everything a worker told, in order."""

    def __init__(self, worker: RenderWorker) -> None:
        self.frames: list[Frame] = []
        self.errors: list[Exception] = []
        self.sources: list[Recipe] = []
        worker.rendered.connect(self.frames.append)
        worker.failed.connect(self.errors.append)
        worker.style_thumbnail_rendered.connect(lambda recipe, _pixels: self.sources.append(recipe))

    @property
    def seeds(self) -> list[int]:
        return [frame.recipe.latent.seed for frame in self.frames]


@pytest.fixture
def worker(engine: GatedEngine, qtbot: QtBot) -> Iterator[RenderWorker]:
    worker = RenderWorker(engine, idle_seconds=0.01)
    worker.start()
    yield worker
    engine.gate.set()
    worker.stop()


@pytest.fixture
def heard(worker: RenderWorker) -> Heard:
    return Heard(worker)


@pytest.fixture
def opened(worker: RenderWorker, heard: Heard, qtbot: QtBot) -> RenderWorker:
    with qtbot.waitSignal(worker.loaded):
        worker.open_model("first")
    return worker


def seed(number: int) -> Recipe:
    return Recipe(latent=Latent(number))


def hold(engine: GatedEngine, worker: RenderWorker, recipe: Recipe) -> None:
    """Let the worker begin with a Recipe and keep it there."""
    engine.gate.clear()
    worker.request(recipe)
    assert engine.entered.acquire(timeout=60)


def test_a_busy_worker_skips_to_the_newest_recipe(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    hold(engine, opened, seed(1))
    opened.request(seed(2))
    opened.request(seed(3))
    engine.gate.set()
    qtbot.waitUntil(lambda: heard.seeds[-1:] == [3])
    assert 1 in heard.seeds
    assert 2 not in heard.seeds


def test_before_a_slow_frame_comes_a_draft(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    engine.slow = True
    told: list[str] = []
    opened.drafted.connect(lambda draft: told.append(f"draft {draft.recipe.latent.seed}"))
    opened.rendered.connect(lambda frame: told.append(f"frame {frame.recipe.latent.seed}"))
    opened.request(seed(1))
    qtbot.waitUntil(lambda: len(heard.frames) == 2)  # the second brings the previews
    assert told == ["draft 1", "frame 1", "frame 1"]


def test_a_slow_frame_gives_way_to_a_newer_edit(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    engine.slow = True
    drafts: list[int] = []
    opened.drafted.connect(lambda draft: drafts.append(draft.recipe.latent.seed))
    hold(engine, opened, seed(1))
    opened.request(seed(2))
    engine.gate.set()
    qtbot.waitUntil(lambda: heard.seeds[-1:] == [2])
    assert drafts == [1, 2]
    assert 1 not in heard.seeds


def test_while_the_hand_moves_only_drafts_are_made(
    opened: RenderWorker,
    engine: GatedEngine,
    heard: Heard,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(render_loop, "QUIET", 1.0)
    engine.slow = True
    drafts: list[int] = []

    def move(draft: DraftPicture) -> None:
        drafts.append(draft.recipe.latent.seed)
        if len(drafts) < 5:
            opened.request(seed(len(drafts) + 1))

    opened.drafted.connect(move)
    opened.request(seed(1))
    qtbot.waitUntil(lambda: bool(heard.frames))
    assert drafts == [1, 2, 3, 4, 5]
    assert set(heard.seeds) == {5}


def test_what_is_finished_at_the_end_is_told_to_nobody(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qapp: QApplication
) -> None:
    hold(engine, opened, seed(1))
    engine.gate.set()
    opened.stop()
    qapp.processEvents()
    assert opened.isFinished()
    assert heard.frames == []


def test_previews_wait_while_something_newer_waits(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    hold(engine, opened, seed(1))
    opened.request(seed(2))
    engine.gate.set()
    qtbot.waitUntil(lambda: any(frame.previews for frame in heard.frames))
    assert (seed(1), True) not in engine.drawn
    assert (seed(2), True) in engine.drawn


def test_a_picture_comes_before_its_previews(
    opened: RenderWorker, heard: Heard, qtbot: QtBot
) -> None:
    opened.request(seed(1))
    qtbot.waitUntil(lambda: len(heard.frames) == 2)
    picture, with_previews = heard.frames
    assert not picture.previews
    assert with_previews.previews
    assert with_previews.pixels is picture.pixels
    assert with_previews.stages_run == picture.stages_run


def test_cheap_previews_come_with_the_picture(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(render_loop, "PREVIEWS_SHARE", 1e9)  # whatever a busy machine takes
    opened.request(seed(1))
    qtbot.waitUntil(lambda: len(heard.frames) == 2)
    opened.request(seed(2))
    qtbot.waitUntil(lambda: 2 in heard.seeds)
    assert engine.drawn[-1] == (seed(2), True)


def test_a_frame_of_the_model_before_is_dropped(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    hold(engine, opened, seed(1))
    with qtbot.waitSignal(opened.loaded):
        opened.open_model("second")
        engine.gate.set()
    opened.request(seed(2))
    qtbot.waitUntil(lambda: 2 in heard.seeds)
    assert 1 not in heard.seeds


def test_a_model_that_fails_leaves_the_one_before(
    opened: RenderWorker, heard: Heard, qtbot: QtBot
) -> None:
    opened.request(seed(1))
    with qtbot.waitSignal(opened.failed) as told:
        opened.open_model("broken")
    assert isinstance(told.args[0], CheckpointError)
    heard.frames.clear()
    opened.request(seed(2))
    qtbot.waitUntil(lambda: 2 in heard.seeds)


def test_a_recipe_asked_for_while_a_model_fails_is_rendered_after_all(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    hold(engine, opened, seed(1))
    opened.open_model("broken")
    opened.request(seed(2))
    engine.gate.set()
    qtbot.waitUntil(lambda: 2 in heard.seeds)
    assert len(heard.errors) == 1


def test_of_two_models_the_last_one_stays(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    hold(engine, opened, seed(1))
    opened.open_model("second")
    opened.open_model("third")
    with qtbot.waitSignal(opened.loaded) as told:
        engine.gate.set()
    assert told.args[0].info.name == "third"
    assert engine.loaded == ["first", "third"]


def test_an_expected_failure_is_told_and_the_next_recipe_rendered(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    error = RenderError("The memory is full.")
    engine.fails = error
    with qtbot.waitSignal(opened.failed) as told:
        opened.request(seed(1))
    assert told.args[0] is error
    opened.request(seed(2))
    qtbot.waitUntil(lambda: 2 in heard.seeds)


def test_an_unexpected_failure_does_not_end_the_thread(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    engine.fails = ZeroDivisionError("a slip")
    with qtbot.waitSignal(opened.failed):
        opened.request(seed(1))
    opened.request(seed(2))
    qtbot.waitUntil(lambda: 2 in heard.seeds)


def test_a_source_is_drawn_once_and_then_remembered(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    opened.request_style_thumbnail(Recipe(Latent(9)))
    qtbot.waitUntil(lambda: heard.sources == [Recipe(Latent(9))])
    opened.request_style_thumbnail(Recipe(Latent(9)))
    assert heard.sources == [Recipe(Latent(9)), Recipe(Latent(9))]
    assert engine.sources == [Recipe(Latent(9))]


def test_another_model_forgets_the_sources(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    opened.request_style_thumbnail(Recipe(Latent(9)))
    qtbot.waitUntil(lambda: len(heard.sources) == 1)
    with qtbot.waitSignal(opened.loaded):
        opened.open_model("second")
    opened.request_style_thumbnail(Recipe(Latent(9)))
    qtbot.waitUntil(lambda: len(heard.sources) == 2)
    assert engine.sources == [Recipe(Latent(9)), Recipe(Latent(9))]


def test_readouts_are_fitted_when_nothing_is_asked_for(
    worker: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    engine.unfitted = True
    fractions: list[float | None] = []
    worker.probes_progressed.connect(fractions.append)
    worker.open_model("first")
    qtbot.waitUntil(lambda: fractions[-1:] == [None])
    assert fractions == [0.0, 0.25, 0.5, 0.75, None]
    assert not engine.unfitted


def test_the_new_readouts_are_shown_without_a_new_picture(
    worker: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    engine.unfitted = True
    engine.fit_gate.clear()  # else they may be fitted before the Recipe comes, and shown with it
    with qtbot.waitSignal(worker.loaded):
        worker.open_model("first")
    worker.request(seed(1))
    engine.fit_gate.set()
    qtbot.waitUntil(lambda: not engine.unfitted and len(heard.frames) == 3)
    assert heard.frames[2].pixels is heard.frames[0].pixels
    assert heard.frames[2].previews is not heard.frames[1].previews


def test_a_recipe_stops_the_fitting_which_starts_again_later(
    worker: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    engine.unfitted = True
    engine.fit_steps = 1_000_000_000
    fractions: list[float | None] = []
    worker.probes_progressed.connect(fractions.append)
    with qtbot.waitSignal(worker.loaded):
        worker.open_model("first")
    qtbot.waitUntil(lambda: 0.0 in fractions)
    worker.request(seed(1))
    qtbot.waitUntil(lambda: 1 in heard.seeds)
    assert None in fractions
    engine.fit_steps = 4
    fractions.clear()
    worker.request(seed(2))
    qtbot.waitUntil(lambda: not engine.unfitted)


def test_stopping_while_rendering_ends_the_thread(
    opened: RenderWorker, engine: GatedEngine
) -> None:
    hold(engine, opened, seed(1))
    engine.gate.set()
    opened.stop()
    assert opened.isFinished()


# --- small pictures in the background ----------------------------------------------------------------


def test_small_pictures_come_in_order_while_the_canvas_is_idle(
    opened: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    told: list[tuple[str, int]] = []
    opened.thumbnail_rendered.connect(
        lambda owner, recipe, _: told.append((owner, recipe.latent.seed))
    )
    opened.request_thumbnails("map", [seed(number) for number in range(5)])
    qtbot.waitUntil(lambda: len(told) == 5)
    assert told == [("map", number) for number in range(5)]


def test_the_canvas_interrupts_a_small_picture_and_it_is_made_later(
    opened: RenderWorker, heard: Heard, engine: GatedEngine, qtbot: QtBot
) -> None:
    engine.thumbnail_gate.clear()
    opened.request_thumbnails("map", [seed(1)])
    assert engine.sketch_entered.acquire(timeout=60)
    opened.request(seed(2))
    engine.thumbnail_gate.set()
    with qtbot.waitSignal(opened.thumbnail_rendered):
        qtbot.waitUntil(lambda: heard.seeds[:1] == [2])
        assert engine.thumbnail_rendered == []


def test_asking_anew_takes_the_place_of_what_waited(
    opened: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    engine.thumbnail_gate.clear()
    opened.request_thumbnails("map", [seed(1), seed(2)])
    assert engine.sketch_entered.acquire(timeout=60)
    opened.request_thumbnails("map", [seed(3)])
    told: list[int] = []
    opened.thumbnail_rendered.connect(lambda _owner, recipe, _: told.append(recipe.latent.seed))
    engine.thumbnail_gate.set()
    qtbot.waitUntil(lambda: told == [1, 3])


def test_small_pictures_of_another_model_are_dropped(
    opened: RenderWorker, engine: GatedEngine, qtbot: QtBot
) -> None:
    engine.thumbnail_gate.clear()
    opened.request_thumbnails("map", [seed(1), seed(2)])
    assert engine.sketch_entered.acquire(timeout=60)
    told: list[object] = []
    opened.thumbnail_rendered.connect(lambda *_: told.append(None))
    with qtbot.waitSignal(opened.loaded):
        opened.open_model("second")
        engine.thumbnail_gate.set()
    opened.request_thumbnails("map", [seed(3)])
    qtbot.waitUntil(lambda: engine.thumbnail_rendered == [seed(3)] and len(told) == 1)


def test_vectors_are_told_with_their_question(opened: RenderWorker, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.vectors_found) as told:
        opened.request_vectors("map", [Latent(1), Latent(2)])
    found = told.args[0]
    assert found.asked.latents == (Latent(1), Latent(2))
    assert found.vectors.shape == (2, 16)
    assert found.centre.shape == (16,)


def test_another_precision_tells_its_cost_and_draws_the_picture_again(
    opened: RenderWorker, engine: GatedEngine, heard: Heard, qtbot: QtBot
) -> None:
    opened.request(seed(5))
    qtbot.waitUntil(lambda: heard.seeds[-1:] == [5])
    before = len(engine.drawn)
    with qtbot.waitSignal(opened.counted) as told:
        opened.use_precision("bf16")
    assert told.args == [GreyError(7, 0.25)]
    assert engine.precisions == ["bf16"]
    qtbot.waitUntil(lambda: len(engine.drawn) > before)
    assert engine.drawn[-1][0] == seed(5)
