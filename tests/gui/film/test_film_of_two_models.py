"""A film across two models in a real window: there and back, saved, exported, opened again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.library import open_controller
from ganlab.settings import Settings
from ganlab.window import Notice
from ganlab_core.export import FilmJob, FilmPlan, note_of_film
from ganlab_core.files import user_models_dir
from ganlab_core.models import ModelInfo, find_models, load_model, save_model, with_second
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Timeline
from tests.core.rendering.test_second_model import other
from tests.every_model import MODELS
from tests.films import decoded

LONG = 60_000
"""Milliseconds that a busy machine may take to load torch and write a film."""

Open = Callable[..., App]


@pytest.fixture
def files() -> tuple[Path, Path, Path]:
    """Three models of equal shape, in the library."""
    paths = tuple(user_models_dir() / f"{name}.safetensors" for name in "abc")
    third = other("stylegan")
    third.network.module.state_dict()["synthesis.layers.3.conv.weight"].mul_(3.0)
    third.info = replace(third.info, title="Third")
    for path, model in zip(paths, (MODELS["stylegan"](), other("stylegan"), third), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_model(model, path)
    return paths  # type: ignore[return-value]


@pytest.fixture
def told() -> list[Notice]:
    """What the newest window has said."""
    return []


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, told: list[Notice]) -> Iterator[Open]:
    """Opens windows, each with settings of its own: one that never saw the models before."""
    opened: list[App] = []

    def open_one(*paths: Path, model: Path | None = None) -> App:
        folder = tmp_path / f"config{len(opened)}"
        start = Start(model="" if model is None else str(model), paths=paths)
        app = App(start, Settings(folder), TorchEngine("cpu"))
        told.clear()
        app.messages.noticed.connect(told.append)
        with qtbot.waitSignal(app.worker.rendered, timeout=LONG):
            app.show()
        opened.append(app)
        return app

    yield open_one
    for app in opened:
        app.leave()
        app.window.deleteLater()


@pytest.fixture
def made(window: Open, files: tuple[Path, ...], qtbot: QtBot) -> App:
    """A window with a film from A, by half of B at 8 px, to B and another seed; 2 s each."""
    app = window(model=files[0])
    beside(app, files[1], qtbot)
    keys = (
        Recipe(Latent(3)),
        Recipe(Latent(3)).with_second_at(8, 0.5),
        Recipe(Latent(8), second=1.0),
    )
    for recipe in keys:
        app.session.edit(recipe, "recipe")
        app.film.filming.add_keyframe()
    measured(app, qtbot)
    return app


def beside(app: App, second: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(app.worker.loaded, timeout=LONG):
        app.opener.open_second(second)


def measured(app: App, qtbot: QtBot) -> None:
    filming = app.film.filming
    qtbot.waitUntil(
        lambda: not filming.film.empty and not filming.playable.unmeasured, timeout=LONG
    )


def both(app: App) -> tuple[str, str]:
    """The names of the models on the desk; none and none while there is no second one."""
    info = app.session.info
    return ("", "") if info is None or info.second is None else (info.name, info.second.name)


def scrubbed(app: App, moment: float, qtbot: QtBot) -> np.ndarray:
    """The picture of a moment, as the window shows it."""
    app.film.filming.scrub(moment)
    return shown(app, app.film.filming.playable.recipe_at(moment), qtbot)


def shown(app: App, recipe: Recipe, qtbot: QtBot) -> np.ndarray:
    """The picture that the window shows when it has come to a Recipe."""
    fingerprint = app.session.info.fingerprint  # type: ignore[union-attr]
    saver = app.play.saver
    qtbot.waitUntil(
        lambda: (
            saver.frame is not None
            and (saver.frame.recipe, saver.frame.fingerprint) == (recipe, fingerprint)
        ),
        timeout=LONG,
    )
    assert saver.frame is not None
    return saver.frame.pixels


def drawn(files: tuple[Path, ...], recipe: Recipe) -> np.ndarray:
    """What the library draws of a Recipe, in a renderer that has drawn nothing before."""
    pair = with_second(load_model(files[0]), load_model(files[1]))
    return Renderer(pair, "cpu").render(recipe).pixels


def alone(path: Path, recipe: Recipe) -> np.ndarray:
    return Renderer(load_model(path), "cpu").render(recipe).pixels


def test_scrubbing_to_and_fro_shows_a_the_blends_and_b_bit_for_bit(
    made: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    line = made.film.filming.playable
    a, b = alone(files[0], Recipe(Latent(3))), alone(files[1], Recipe(Latent(8)))
    for moment in (4.0, 0.0, 3.1, 1.2, 0.0, 4.0, 0.0):
        np.testing.assert_array_equal(
            scrubbed(made, moment, qtbot), drawn(files, line.recipe_at(moment))
        )
    np.testing.assert_array_equal(scrubbed(made, 4.0, qtbot), b)
    np.testing.assert_array_equal(scrubbed(made, 0.0, qtbot), a)


def test_taken_back_to_before_b_the_film_is_the_firsts_and_returns_with_it(
    made: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    before = made.film.filming.film.timeline
    with qtbot.waitSignal(made.worker.loaded, timeout=LONG):
        made.window.canvas.badges.press("second")
    assert made.film.filming.film.timeline == before
    np.testing.assert_array_equal(scrubbed(made, 4.0, qtbot), alone(files[0], Recipe(Latent(8))))
    beside(made, files[1], qtbot)
    np.testing.assert_array_equal(
        shown(made, Recipe(Latent(8), second=1.0), qtbot), alone(files[1], Recipe(Latent(8)))
    )


def opened_again(app: App, line: Timeline, files: tuple[Path, ...], qtbot: QtBot) -> None:
    """Both are there again, and the film goes as it went."""
    qtbot.waitUntil(lambda: both(app) == ("a", "b"), timeout=LONG)
    qtbot.waitUntil(lambda: app.film.filming.playable == line, timeout=LONG)
    np.testing.assert_array_equal(
        shown(app, line.recipe_at(0.0), qtbot), drawn(files, line.recipe_at(0.0))
    )
    for moment in (4.0, 1.2, 0.0):
        np.testing.assert_array_equal(
            scrubbed(app, moment, qtbot), drawn(files, line.recipe_at(moment))
        )


def saved(app: App, path: Path, qtbot: QtBot) -> Path:
    app.film.files.save(str(path))
    qtbot.waitUntil(path.is_file, timeout=LONG)
    return path


@pytest.mark.parametrize("begins_with", ["c", ""])
def test_a_saved_timeline_brings_both_back_in_a_new_window(
    made: App, window: Open, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path,
    begins_with: str, told: list[Notice],
) -> None:  # fmt: skip
    backwards(made, qtbot)
    line = made.film.filming.playable
    path = saved(made, tmp_path / "walk.json", qtbot)
    app = window(path, model=files[2] if begins_with else None)
    opened_again(app, line, files, qtbot)
    assert not told  # nobody hears that something is missing while it is on its way


def test_a_film_opened_where_a_is_alone_shows_its_beginning_as_soon_as_b_is_there(
    made: App, window: Open, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path,
    told: list[Notice],
) -> None:  # fmt: skip
    backwards(made, qtbot)
    line = made.film.filming.playable
    path = saved(made, tmp_path / "walk.json", qtbot)
    app = window(model=files[0])
    qtbot.waitUntil(lambda: len(app.opener.library) >= 3, timeout=LONG)
    app.opener.open(path)
    opened_again(app, line, files, qtbot)
    assert not told


def test_b_comes_however_late_the_library_is_found(
    made: App, window: Open, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path,
    told: list[Notice], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    line = made.film.filming.playable
    path = saved(made, tmp_path / "walk.json", qtbot)
    found = threading.Event()

    def find_late() -> list[ModelInfo]:
        found.wait(LONG / 1000)
        return find_models()

    monkeypatch.setattr(open_controller, "find_models", find_late)
    app = window(path, model=files[0])
    qtbot.waitUntil(lambda: not app.film.filming.film.empty, timeout=LONG)
    found.set()
    opened_again(app, line, files, qtbot)
    assert not told


def backwards(app: App, qtbot: QtBot) -> None:
    """Let the film begin with a blend of the seed that a new desk shows."""
    filming = app.film.filming
    begin = Recipe().with_second_at(16, 1.0)
    keys = filming.film.timeline.keyframes
    line = replace(filming.film.timeline, keyframes=(replace(keys[0], recipe=begin), *keys[1:]))
    filming.open(line)
    measured(app, qtbot)


def test_an_exported_film_has_the_desks_pixels_and_brings_both_back_in_a_new_window(
    made: App, window: Open, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path
) -> None:
    made.film.panel.settings.length_asked.emit(0.4)
    measured(made, qtbot)
    line = made.film.filming.playable
    job = FilmJob(
        models=(str(files[0]),), second=str(files[1]), out=tmp_path / "film.mkv", timeline=line,
        plan=FilmPlan(fps=Fraction(30)),
    )  # fmt: skip
    made.film.exporter.add(job)
    qtbot.waitUntil(lambda: made.film.exporter.jobs.jobs[0].state == "done", timeout=LONG)
    frames = decoded(job.out, 16, 16)
    for number in (0, 4, 7, 11):
        picture = scrubbed(made, line.frame_time(number), qtbot)
        np.testing.assert_array_equal(frames[number], picture)
    again = window(job.out)
    qtbot.waitUntil(lambda: both(again) == ("a", "b"), timeout=LONG)
    qtbot.waitUntil(lambda: again.film.filming.playable == line, timeout=LONG)
    picture = scrubbed(again, line.frame_time(7), qtbot)
    np.testing.assert_array_equal(frames[7], picture)


def test_a_film_of_a_and_b_takes_c_off_the_desk(
    made: App, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path
) -> None:
    line = made.film.filming.playable
    path = saved(made, tmp_path / "walk.json", qtbot)
    beside(made, files[2], qtbot)
    made.opener.open(path)
    opened_again(made, line, files, qtbot)


def test_where_b_is_missing_that_is_said_and_the_film_stays_whole(
    made: App, window: Open, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path
) -> None:
    line, path = made.film.filming.playable, saved(made, tmp_path / "walk.json", qtbot)
    files[1].unlink()
    app = window(path, model=files[0])
    qtbot.waitUntil(lambda: not app.film.filming.film.empty, timeout=LONG)
    app.film.filming.scrub(4.0)
    np.testing.assert_array_equal(
        shown(app, Recipe(Latent(8)), qtbot), alone(files[0], Recipe(Latent(8)))
    )
    keys = [key.recipe for key in line.keyframes]
    assert [key.recipe for key in app.film.filming.film.timeline.keyframes] == keys
    beside(app, files[2], qtbot)
    app.opener.open(path)
    qtbot.waitUntil(lambda: "Third is blended in for it" in app.window.banner.text, timeout=LONG)
    assert note_of_film(path).timeline == line
