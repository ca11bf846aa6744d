"""Looking inside with the whole program: on an engine that can be held, and on real networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.settings import Settings
from ganlab_core.importers import open_model
from ganlab_core.inspection import (
    Direction,
    DirectionSet,
    FindDirections,
    load_directions,
    save_directions,
)
from ganlab_core.inspection.inspector import attention_map
from ganlab_core.models import DIRECTIONS, save_model, update_provenance
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.hostile import GOLDEN

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine

Open = Callable[..., App]
STYLEGAN = GOLDEN / "stylegan_tf_64" / "network.pkl"
PROGAN = GOLDEN / "progan_tf_32_fused_cond" / "network.pkl"
BIGGAN = GOLDEN / "biggandeep_ajbrock_32" / "G_ema.pth"


@pytest.fixture
def open_app(settings: Settings, qtbot: QtBot) -> Iterator[Open]:
    apps: list[App] = []

    def open_(engine: object, model: Path) -> App:
        app = App(Start(model=str(model)), Settings(settings.folder), engine)  # type: ignore[arg-type]
        apps.append(app)
        app.window.resize(1280, 900)
        app.inside.dock.show()
        with qtbot.waitSignal(app.window.canvas.painted):
            app.show()
        qtbot.waitUntil(lambda: not app.window.canvas.image.isNull(), timeout=20_000)
        return app

    yield open_
    for app in apps:
        app.window.close()
        app.window.deleteLater()


@pytest.fixture
def app(open_app: Open, engine: GatedEngine, tmp_path: Path) -> Iterator[App]:
    yield open_app(engine, tmp_path / "first.safetensors")
    engine.look_gate.set()


def pixels_of(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def directions_in(size: int, kind: str = "pca", fingerprint: str = "ab12") -> DirectionSet:
    return DirectionSet(fingerprint, kind, (Direction("smile", (1.0,) + (0.0,) * (size - 1)),))


# --- the program -------------------------------------------------------------------------------------


def test_the_panel_is_hidden_at_first_and_then_asks_nothing(
    engine: GatedEngine, settings: Settings, qtbot: QtBot, tmp_path: Path
) -> None:
    app = App(Start(model=str(tmp_path / "first.safetensors")), settings, engine)
    with qtbot.waitSignal(app.window.canvas.painted):
        app.show()
    qtbot.waitUntil(lambda: not app.window.canvas.image.isNull())
    app.inside.panel.tabs.setCurrentIndex(4)
    assert not app.inside.dock.isVisible()
    assert engine.looked == []
    app.window.close()
    app.window.deleteLater()


def test_another_model_ends_the_search_of_the_one_before(
    app: App, engine: GatedEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    engine.look_gate.clear()
    engine.look_steps = 3
    app.inside.panel.directions.seek.click()
    qtbot.waitUntil(lambda: engine.looked == [FindDirections("components")])
    second = tmp_path / "second.safetensors"
    second.touch()
    with qtbot.waitSignal(app.worker.loaded):
        app.opener.open(second)
        qtbot.waitUntil(lambda: app.opener._settings.recent[:1] == (second,))
        engine.look_gate.set()
    assert engine.given_up == [FindDirections("components")]
    assert not app.inside.panel.directions.search.isVisible()


def test_a_slider_of_a_direction_is_one_undoable_drag(app: App, qtbot: QtBot, drag) -> None:
    directions = app.inside.panel.directions
    directions.show_set(directions_in(16))
    track = directions.rows[0].slider.track
    middle = track.height() / 2
    way = [(track.width() * share, middle) for share in (0.5, 0.6, 0.7, 0.8)]
    drag(track, way)
    (push,) = app.session.recipe.pushes
    assert push.amount > 1
    app.session.undo()
    assert app.session.recipe.pushes == ()
    assert directions.rows[0].slider.value == 0.0


def test_directions_of_a_model_of_another_size_are_refused_in_a_sentence(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    save_directions(directions_in(7), tmp_path / "other.json")
    app.inside.load(tmp_path / "other.json")
    qtbot.waitUntil(lambda: "7 numbers" in app.window.banner.text)
    assert app.inside.panel.directions.found is None


def test_directions_of_another_model_that_fit_are_used_with_a_word(
    app: App, qtbot: QtBot, tmp_path: Path
) -> None:
    save_directions(directions_in(16), tmp_path / "other.json")
    app.inside.load(tmp_path / "other.json")
    view = app.inside.panel.directions
    qtbot.waitUntil(lambda: view.found is not None)
    assert "another model" in view.status.text()
    app.inside.save(view.found.renamed(0, "grin"), tmp_path / "mine.json")
    qtbot.waitUntil((tmp_path / "mine.json").is_file)
    app.tasks.finish()
    assert load_directions(tmp_path / "mine.json").directions[0].name == "grin"


# --- real networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [STYLEGAN, PROGAN, BIGGAN], ids=["stylegan", "progan", "biggan"])
def test_a_map_ablated_in_the_browser_is_the_renderer_with_that_gain(
    open_app: Open, model: Path, qtbot: QtBot
) -> None:
    app = open_app(TorchEngine("cpu"), model)
    panel = app.inside.panel
    panel.tabs.setCurrentWidget(panel.features)
    features = panel.features
    features.open_stage(1)
    qtbot.waitUntil(lambda: features.maps is not None)
    features.grid.setCurrentIndex(features.grid.maps.index(2))
    features.ablate.click()
    recipe = app.session.fitted
    assert recipe.gains == ((1, ((2, 0.0),)),)
    renderer = Renderer(open_model(model), "cpu")
    expected = renderer.render(recipe).pixels
    assert (expected != renderer.render(replace(recipe, gains=())).pixels).any()
    qtbot.waitUntil(lambda: np.array_equal(pixels_of(app.window.canvas.image), expected))


def test_directions_are_found_kept_and_there_the_next_time(open_app: Open, qtbot: QtBot) -> None:
    app = open_app(TorchEngine("cpu"), STYLEGAN)
    view = app.inside.panel.directions
    view.kind.button("factors").click()
    view.seek.click()
    qtbot.waitUntil(lambda: view.found is not None, timeout=20_000)
    view.rows[0].renamed.emit("age")
    view.rows[0].slider.track.propose(3.0)
    expected = Renderer(open_model(STYLEGAN), "cpu").render(app.session.fitted).pixels
    qtbot.waitUntil(lambda: np.array_equal(pixels_of(app.window.canvas.image), expected))
    app.window.close()
    again = open_app(TorchEngine("cpu"), STYLEGAN)
    second = again.inside.panel.directions
    qtbot.waitUntil(lambda: second.found is not None)
    assert second.rows[0].name.text() == "age"
    assert second.rows[0].slider.value == 3.0  # the desk is as it was left


def test_the_named_directions_of_a_model_are_there_at_once(
    open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    model, path = open_model(STYLEGAN), tmp_path / "named.safetensors"
    save_model(model, path)
    size = model.capabilities.direction_dim
    light = Direction("Light from the right", tuple(float(i == 2) for i in range(size)))
    update_provenance(path, {DIRECTIONS: [light.to_data()]})
    app = open_app(TorchEngine("cpu"), path)
    view = app.inside.panel.directions
    qtbot.waitUntil(lambda: view.found is not None)
    assert [row.name.text() for row in view.rows] == ["Light from the right"]


def test_the_heat_map_is_the_row_of_the_place_pointed_at(open_app: Open, qtbot: QtBot) -> None:
    app = open_app(TorchEngine("cpu"), BIGGAN)
    app.session.edit(Recipe(latent=Latent(3)), "seed")
    panel = app.inside.panel
    panel.tabs.setCurrentWidget(panel.attention)
    picture = panel.attention.picture
    heard: list[object] = []
    app.worker.seen.connect(lambda _topic, answer: heard.append(answer))
    picture._point(0.3, 0.8)
    model = open_model(BIGGAN)
    (layer,) = (layer for layer in model.capabilities.layers if layer.attention)
    table = attention_map(Renderer(model, "cpu"), app.session.fitted, layer.index)
    row = table[int(0.3 * len(table)), int(0.8 * len(table))]

    def shown() -> bool:
        last = heard[-1] if heard else None
        return getattr(getattr(last, "asked", None), "row", None) == 0.3 and (
            last.asked.recipe == app.session.fitted
        )

    qtbot.waitUntil(shown)
    np.testing.assert_allclose(heard[-1].heat / 255 * heard[-1].peak, row, atol=row.max() / 500)
    assert picture.heat.width() == row.shape[1]


@pytest.mark.parametrize("model", [STYLEGAN, PROGAN, BIGGAN], ids=["stylegan", "progan", "biggan"])
def test_every_view_works_with_every_architecture(
    open_app: Open, model: Path, qtbot: QtBot
) -> None:
    app = open_app(TorchEngine("cpu"), model)
    crashes: list[str] = []
    app.messages.crashed.connect(crashes.append)
    panel, can = app.inside.panel, app.session.capabilities
    assert can is not None
    panel.tabs.setCurrentWidget(panel.network)
    qtbot.waitUntil(lambda: panel.map.facts is not None, timeout=10_000)
    panel.tabs.setCurrentWidget(panel.lab)
    if can.has_noise:
        qtbot.waitUntil(lambda: not panel.lab.noise.deviation.image.isNull(), timeout=10_000)
    if can.has_mixing:
        panel.lab.show_experiment("layers")
        qtbot.waitUntil(lambda: panel.lab.layers.found is not None, timeout=10_000)
    if can.has_truncation:
        panel.lab.show_experiment("psi")
        qtbot.waitUntil(lambda: not panel.lab.psi.grid.boxes[-1].image.isNull(), timeout=10_000)
    panel.lab.show_experiment("spectrum")
    qtbot.waitUntil(lambda: panel.lab.spectrum.power is not None, timeout=10_000)
    assert crashes == []
