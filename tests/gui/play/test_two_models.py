"""Two models on one desk, in the window with real networks: choosing, faders, undo, keeping, ending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.settings import Settings
from ganlab_core.files import user_models_dir
from ganlab_core.models import PARENTS, load_model, save_model, with_second
from ganlab_core.recipe import Bend, Extent
from ganlab_core.rendering import Renderer
from tests.core.rendering.test_second_model import other
from tests.every_model import MODELS


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two models of equal shape, and one of another architecture."""
    paths = tuple(tmp_path / f"{name}.safetensors" for name in ("a", "b", "c"))
    models = MODELS["stylegan"](), other("stylegan"), MODELS["progan"]()
    for path, model in zip(paths, models, strict=True):
        save_model(model, path)
    return paths  # type: ignore[return-value]


@pytest.fixture
def app(files: tuple[Path, ...], settings: Settings, qtbot: QtBot) -> Iterator[App]:
    app = App(Start(model=str(files[0])), Settings(settings.folder), TorchEngine("cpu"))
    with qtbot.waitSignal(app.worker.rendered, timeout=20_000):
        app.show()
    yield app
    app.window.close()
    app.window.deleteLater()


def shown(app: App) -> np.ndarray:
    image: QImage = app.window.canvas.image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def with_both(app: App, files: tuple[Path, ...], qtbot: QtBot) -> Renderer:
    """Put B beside A as the list does; the same pair, to compare with."""
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.opener.second_picker.chosen.emit(files[1])
    return Renderer(with_second(load_model(files[0]), load_model(files[1])), "cpu")


def waits_for(app: App, renderer: Renderer, qtbot: QtBot) -> None:
    expected = renderer.render(app.session.fitted).pixels
    qtbot.waitUntil(lambda: np.array_equal(shown(app), expected), timeout=20_000)


def test_strips_and_master_play_both_and_undo_takes_it_back(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    assert not app.play.desk.strips[8].offer.second
    pair = with_both(app, files, qtbot)
    section, strip = app.play.master.second_section, app.play.desk.strips[8]
    assert strip.second._label.text() == "B · master"  # which a narrow window has room for
    assert section.choose.text() == f"B: {pair.model.info.second.title}"  # type: ignore[union-attr]
    before = app.session.recipe
    section.amount.track.propose(0.5)
    waits_for(app, pair, qtbot)
    strip.second.track.propose(1.0)
    section.mapping.track.propose(0.0)
    asked = replace(before, second=0.5, second_at=((8, 1.0),), second_mapping=0.0)
    assert app.session.recipe == asked
    waits_for(app, pair, qtbot)
    strip.head.reset.click()
    assert app.session.recipe.second_at == ()
    for _ in range(4):
        app.session.undo()
    assert app.session.recipe == before
    waits_for(app, pair, qtbot)


def test_keyframes_hold_the_blend_and_the_film_goes_between(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    with_both(app, files, qtbot)
    app.film.filming.add_keyframe()
    app.film.filming.select(-1)
    app.play.master.second_section.amount.track.propose(1.0)
    app.film.filming.add_keyframe()
    line = app.film.filming.film.timeline
    assert [key.recipe.second for key in line.keyframes] == [0.0, 1.0]
    between = line.recipe_at(sum(key.time for key in line.keyframes) / 2)
    assert 0.0 < between.second < 1.0


def test_the_badge_ends_it_and_the_first_is_drawn_alone(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    with_both(app, files, qtbot)
    app.session.edit(replace(app.session.recipe, second=1.0), "second model")
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.window.canvas.badges.press("second")
    assert app.session.info is not None
    assert app.session.info.second is None
    assert not app.session.recipe.asks_for_second
    waits_for(app, Renderer(load_model(files[0]), "cpu"), qtbot)
    app.session.undo()  # the amounts come back, and mean nothing without the second model
    assert app.session.recipe.second == 1.0
    assert "drawn alone" in app.window.banner.text
    waits_for(app, Renderer(load_model(files[0]), "cpu"), qtbot)


def test_a_model_that_does_not_fit_is_told_and_nothing_changes(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(app.worker.failed, timeout=20_000):
        app.opener.open_second(files[2])
    assert "Choose two of one architecture" in app.window.banner.text
    assert app.session.info is not None
    assert app.session.info.path == files[0]


def test_the_blend_is_kept_as_a_model_of_ones_own(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    pair = with_both(app, files, qtbot)
    app.session.edit(replace(app.session.recipe, second=0.5), "second model")
    waits_for(app, pair, qtbot)
    app.play.master.second_section.keep.click()
    dialog = app.window.findChild(QInputDialog)
    assert dialog is not None
    assert dialog.textValue() == "a-b"
    dialog.accept()
    kept = user_models_dir() / "a-b.safetensors"
    qtbot.waitUntil(kept.is_file, timeout=20_000)
    again = Renderer(load_model(kept), "cpu").render(app.session.fitted)
    np.testing.assert_array_equal(again.pixels, shown(app))
    assert [one["name"] for one in load_model(kept).info.provenance[PARENTS]] == ["a", "b"]


def test_a_model_dropped_with_shift_becomes_the_second(
    app: App, files: tuple[Path, ...], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        QGuiApplication, "queryKeyboardModifiers", lambda: Qt.KeyboardModifier.ShiftModifier
    )
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.window.paths_dropped.emit([files[1]])
    assert app.session.info is not None
    assert app.session.info.second is not None
    assert app.session.info.path == files[0]


def test_all_at_once_is_drawn_undone_and_survives_both_files_going(
    app: App, files: tuple[Path, ...], qtbot: QtBot, tmp_path: Path
) -> None:
    pair, before = with_both(app, files, qtbot), app.session.recipe
    section = app.play.master.second_section
    section.amount.track.propose(0.4)
    bends = (Bend(3, "rotate", 30.0), Bend(4, "blur", 1.0))
    for part in ({"bends": bends}, {"extent": Extent(wide=2.0, seamless="both")}, {"growth": 3.5}):
        app.session.edit(replace(app.session.recipe, **part), next(iter(part)))
    waits_for(app, pair, qtbot)
    for path in files[:2]:  # in memory already
        path.unlink()
    section.amount.track.propose(0.9)
    waits_for(app, pair, qtbot)
    for _ in range(5):
        app.session.undo()
    assert app.session.recipe == before
    waits_for(app, pair, qtbot)


def test_another_model_opened_during_a_drag_is_drawn_without_the_second(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    with_both(app, files, qtbot)
    for step in range(1, 20):
        app.play.master.second_section.amount.track.propose(step / 20)
        if step == 10:
            app.opener.open(files[2])
    alone = Renderer(load_model(files[2]), "cpu")
    qtbot.waitUntil(lambda: "progan" in str(app.session.info), timeout=20_000)
    assert app.session.info is not None
    assert app.session.info.second is None
    waits_for(app, alone, qtbot)


def test_a_favourite_brings_both_models_back(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    pair = with_both(app, files, qtbot)
    app.play.master.second_section.amount.track.propose(0.5)
    waits_for(app, pair, qtbot)
    blended = app.session.recipe
    app.library.gallery.keep()
    qtbot.waitUntil(lambda: len(app.library.gallery.known) == 1, timeout=20_000)
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.window.canvas.badges.press("second")
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.library.show_favourite(app.library.gallery.known[0])
    assert app.session.recipe == blended
    waits_for(app, pair, qtbot)


def test_a_preset_holds_the_blend_and_says_when_it_means_nothing(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    pair = with_both(app, files, qtbot)
    app.session.edit(app.session.recipe.with_second_at(8, 1.0), "second model")
    app.library.presets.save("half", ("second",))
    qtbot.waitUntil(lambda: len(app.library.presets.known) == 1, timeout=20_000)
    app.session.undo()
    app.library.presets.apply(app.library.presets.known[0])
    assert app.session.recipe.second_at == ((8, 1.0),)
    waits_for(app, pair, qtbot)
    with qtbot.waitSignal(app.worker.loaded, timeout=20_000):
        app.window.canvas.badges.press("second")
    app.library.presets.apply(app.library.presets.known[0])
    assert "drawn alone" in app.window.banner.text


def test_both_are_there_again_when_the_program_is_opened_again(
    app: App, files: tuple[Path, ...], qtbot: QtBot
) -> None:
    pair = with_both(app, files, qtbot)
    app.play.master.second_section.amount.track.propose(0.5)
    waits_for(app, pair, qtbot)
    app.window.close()
    again = reopened(app, qtbot)
    waits_for(again, pair, qtbot)
    assert "drawn alone" not in again.window.banner.text
    again.window.close()
    files[1].unlink()
    alone = reopened(app, qtbot)
    qtbot.waitUntil(lambda: "drawn alone" in alone.window.banner.text, timeout=20_000)
    waits_for(alone, Renderer(load_model(files[0]), "cpu"), qtbot)
    alone.window.close()


def reopened(app: App, qtbot: QtBot) -> App:
    """The program started once more where the first left its things."""
    again = App(Start(), Settings(app._settings.folder), TorchEngine("cpu"))
    qtbot.addWidget(again.window)
    with qtbot.waitSignal(again.worker.rendered, timeout=20_000):
        again.show()
    return again
