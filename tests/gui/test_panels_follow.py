"""Whatever is done to the Recipe, every panel that follows it shows what it says and edits nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.controls.buttons import Segmented, Toggle
from ganlab.controls.seed_box import SeedField
from ganlab.controls.sliders import FillBar, ValueSlider
from ganlab.engine.render_worker import Engine as RenderEngine
from ganlab.engine.torch_engine import TorchEngine
from ganlab.play.play_room import PlayPanels
from ganlab.play.strip import ChannelStrip
from ganlab.recipe_widget import RecipeWidget
from ganlab.settings import Settings
from ganlab.window.main_window import MainWindow
from ganlab_core.device import leave_a_core
from ganlab_core.importers import open_model
from ganlab_core.models import ModelInfo, save_model
from ganlab_core.recipe import (
    Capabilities,
    EditDirection,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
    fit,
)
from ganlab_core.rendering import Frame, Renderer, fit_probes
from tests.every_model import MODELS
from tests.gui.conftest import GatedEngine, capabilities, of_biggan

Edit = Callable[[Recipe], Recipe]
Pixels = NDArray[np.uint8]

SEEDS = st.integers(0, 5)
SIDES = st.sampled_from([4, 8, 16, 32, 64])
LAYERS = st.integers(0, 6)
PSIS = st.sampled_from([-0.5, 0.0, 0.7, 1.0, 3.0])
STRENGTHS = st.sampled_from([0.0, 0.5, 1.0, 4.0])
PLACES = st.builds(Latent, SEEDS, st.just((0.5,) * 16), st.sampled_from("zw"))
BLENDS = SEEDS.map(lambda n: Latent(n, (), "w", ((Latent(n + 1), 0.5), (Latent(n + 2), 0.5))))
LATENTS = SEEDS.map(Latent) | PLACES | BLENDS
MIXES = st.none() | st.builds(Mix, LATENTS, st.sampled_from([0.0, 0.3, 1.0]))
CLASSES = st.dictionaries(st.integers(0, 14), st.sampled_from([0.25, 0.5, 1.0]), max_size=3).map(
    lambda mix: tuple(mix.items())
)
NOISES = st.builds(Noise, st.sampled_from(["stored", "random", "off"]), SEEDS, STRENGTHS)
OWN_NOISES = st.builds(
    LayerNoise, st.booleans(), STRENGTHS, st.sampled_from(["master", "stored", "random"]), SEEDS
)
EDITS: st.SearchStrategy[Edit] = st.one_of(
    LATENTS.map(lambda v: lambda r: replace(r, latent=v)),
    PSIS.map(lambda v: lambda r: replace(r, psi=v)),
    (st.none() | LATENTS).map(lambda v: lambda r: replace(r, centre=v)),
    st.tuples(SIDES, st.none() | PSIS).map(lambda v: lambda r: r.with_psi_at(*v)),
    (st.none() | st.integers(0, 20)).map(lambda v: lambda r: replace(r, cutoff=v)),
    st.tuples(SIDES, MIXES).map(lambda v: lambda r: r.with_mix_at(*v)),
    st.tuples(LAYERS, MIXES).map(lambda v: lambda r: r.with_mix_layer(*v)),
    NOISES.map(lambda v: lambda r: replace(r, noise=v)),
    st.tuples(LAYERS, OWN_NOISES).map(lambda v: lambda r: r.with_noise_layer(*v)),
    (st.none() | st.sampled_from([2.0, 3.4, 5.0])).map(lambda v: lambda r: replace(r, growth=v)),
    (st.none() | st.sampled_from([0.5, 2.0])).map(lambda v: lambda r: replace(r, threshold=v)),
    CLASSES.map(lambda v: lambda r: replace(r, classes=v)),
    st.tuples(SIDES, CLASSES).map(lambda v: lambda r: r.with_classes_at(v[0], v[1] or None)),
    SEEDS.map(
        lambda v: lambda r: replace(r, pushes=(EditDirection((0.5,) * 16, v / 2),) * (v % 3))
    ),
    st.tuples(LAYERS, STRENGTHS).map(lambda v: lambda r: r.with_gain(v[0], 1, v[1])),
    STRENGTHS.map(lambda v: lambda r: replace(r, attention=v)),
    st.just(lambda r: Recipe()),
)


def painted(recipe: Recipe) -> Pixels:
    """Colours that only this Recipe's JSON gives, uint8 (32, 32, 3)."""
    digest = hashlib.sha256(recipe.to_json().encode()).digest()
    return np.resize(np.frombuffer(digest, np.uint8), (32, 32, 3))


class Engine(GatedEngine):
    """Opens models of several architectures, told by their name, and paints Recipes as JSON."""

    kinds: dict[str, Capabilities]

    def draft(self, recipe: Recipe, seconds: float) -> None:
        return None  # every frame is quick

    def draw_unless(self, recipe: Recipe, go_on: Callable[[], bool]) -> Frame | None:
        return self.draw(recipe, previews=False) if go_on() else None

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        return replace(super().draw(recipe, previews=previews), pixels=painted(recipe))

    def load(self, name: str, second: str = "") -> tuple[ModelInfo, Capabilities]:
        info, _ = super().load(name)
        can = self.kinds[Path(name).stem]
        return replace(info, architecture=can.architecture, classes=can.classes), can


@dataclass
class Setting:
    """What the program is played with: an engine, models, and their pictures in another way."""

    engine: Callable[[], RenderEngine]
    models: dict[str, Path]
    picture: Callable[[Path, Recipe], Pixels]
    programs: int = 0
    edits: int = 0


@pytest.fixture
def kinds(progan64: Capabilities, stylegan2_64: Capabilities) -> dict[str, Capabilities]:
    """By the names of their files."""
    return {
        "stylegan": capabilities(),
        "biggan": of_biggan(classes=12, threshold=2.0),
        "stylegan2": stylegan2_64,
        "progan": progan64,
    }


@pytest.fixture
def drawn(kinds: dict[str, Capabilities], tmp_path: Path) -> Setting:
    """An engine that is quick, and paints another picture for every Recipe."""

    def make() -> Engine:
        engine = Engine()
        engine.kinds = kinds
        return engine

    models = {name: tmp_path / f"{name}.safetensors" for name in kinds}
    return Setting(make, models, lambda _path, recipe: painted(recipe))


@pytest.fixture
def computed(tmp_path: Path) -> Setting:
    """Real networks of every architecture, and a renderer that remembers nothing to compare with."""
    leave_a_core()  # torch counts for each thread: the window's counts those of its render thread
    models = {}
    for name, make in MODELS.items():
        model = make()
        fit_probes(model, samples=20)
        models[name] = tmp_path / f"{name}.safetensors"
        save_model(model, models[name])
    known = {path: open_model(path) for path in models.values()}

    def picture(path: Path, recipe: Recipe) -> Pixels:
        return Renderer(known[path], "cpu").render(recipe).pixels

    return Setting(lambda: TorchEngine("cpu"), models, picture)


class Follow(RuleBasedStateMachine):
    """The whole program, played by its session and by its controls."""

    setting: Setting
    qtbot: QtBot

    @initialize(at=st.integers(0, 100))
    def open_program(self, at: int) -> None:
        paths = list(self.setting.models.values())
        path = paths[at % len(paths)]
        self.setting.programs += 1
        settings = Settings(path.parent / f"config{self.setting.programs}")
        self.app = App(Start(model=str(path)), settings, self.setting.engine())
        self.app.show()
        self.session, self.window = self.app.session, self.app.window
        self.qtbot.waitUntil(lambda: self.session.info is not None)
        self.window.findChild(QDockWidget, "historyDock").show()
        self.told: list[Recipe] = []
        self.window.recipe_edited.connect(lambda recipe, _: self.told.append(recipe))

    @rule(at=st.integers(0, 100))
    def switch_model(self, at: int) -> None:
        paths = list(self.setting.models.values())
        path = paths[at % len(paths)]
        self.app.worker.open_model(str(path))
        self.qtbot.waitUntil(
            lambda: self.session.info is not None and self.session.info.path == path
        )
        self.qtbot.waitUntil(  # the strips of the model before go one by one
            lambda: len(self.window.findChildren(ChannelStrip)) == len(self.app.play.desk.strips)
        )
        assert not self.told

    @rule(edits=st.lists(EDITS, min_size=1, max_size=4))
    def edit(self, edits: list[Edit]) -> None:
        for change in edits:
            recipe = change(self.session.recipe)
            self.setting.edits += recipe != self.session.recipe
            self.session.edit(recipe, "edit")
            self.check()

    @rule(edits=st.lists(EDITS, min_size=1, max_size=3))
    def drag(self, edits: list[Edit]) -> None:
        self.session.begin_drag()
        self.edit(edits)
        self.session.end_drag()

    @rule(share=st.floats(0, 1), at=st.integers(0, 400))
    def by_hand(self, share: float, at: int) -> None:
        """Move one of the sliders that are there; it proposes one Recipe, which is taken."""
        sliders = [
            slider
            for panel in (self.app.play.master, self.app.play.desk)
            for slider in panel.findChildren(ValueSlider)
            if slider.isVisibleTo(panel) and slider.isEnabled()
        ]
        before, slider = self.session.recipe, sliders[at % len(sliders)]
        span = slider.track.span
        slider.track.propose(span.at(share))
        assert len(self.told) == (self.session.recipe != before)
        assert not self.told or self.told == [self.session.recipe]
        self.setting.edits += len(self.told)
        self.told.clear()

    @rule()
    def undo(self) -> None:
        self.window.actions_["undo"].trigger()

    @rule()
    def redo(self) -> None:
        self.window.actions_["redo"].trigger()

    @rule(at=st.integers(0, 1000))
    def branch(self, at: int) -> None:
        steps = list(self.session.history.steps())
        self.session.go_to(steps[at % len(steps)].number)

    def check(self) -> None:
        """All that must hold, also between the steps of one rule."""
        self.every_panel_has_the_recipe()
        self.the_canvas_shows_the_recipe()
        self.the_master_panel_tells_the_truth()
        self.every_strip_tells_the_truth()
        self.the_history_tells_the_truth()

    # --- what must hold ---------------------------------------------------------------------------

    @invariant()
    def every_panel_has_the_recipe(self) -> None:
        if not hasattr(self, "app"):
            return
        recipe = self.session.recipe
        assert not self.told, "showing a Recipe has edited it"
        followers = self.window.findChildren(RecipeWidget)
        assert len(followers) > 10
        assert all(panel.recipe == recipe for panel in followers)
        assert Recipe.from_json(recipe.to_json()) == recipe
        assert Recipe.from_json(recipe.to_json()).to_json() == recipe.to_json()

    @invariant()
    def the_canvas_shows_the_recipe(self) -> None:
        """What is painted is the picture of the Recipe as its JSON tells it, drawn elsewhere."""
        if not hasattr(self, "app"):
            return
        info, can = self.session.info, self.session.capabilities
        assert info is not None
        assert can is not None
        wanted = fit(Recipe.from_json(self.session.recipe.to_json()), can)
        keeper = self.app.play.saver

        def is_shown() -> bool:
            frame = keeper.frame
            return frame is not None and (frame.recipe, frame.fingerprint) == (
                wanted, info.fingerprint,
            )  # fmt: skip

        self.qtbot.waitUntil(is_shown)
        np.testing.assert_array_equal(
            as_pixels(self.window.canvas.image), self.setting.picture(info.path, wanted)
        )

    @invariant()
    def the_master_panel_tells_the_truth(self) -> None:
        if hasattr(self, "app"):
            self.qtbot.waitUntil(self.check_master)  # in a drag a moment later

    def check_master(self) -> None:
        recipe, master = self.session.recipe, self.app.play.master
        section, noise = master.style_section, master.noise_section
        can = self.session.capabilities
        latent = recipe.latent if can is None else fit(recipe, can).latent
        assert section.seed.value == (latent.seed if latent.is_seed else None)
        assert section.psi.value == recipe.psi
        if recipe.cutoff is not None:
            assert section.cutoff.value == recipe.cutoff
        if recipe.growth is not None:
            assert section.growth.value == recipe.growth
        if recipe.threshold is not None:
            assert section.threshold.slider.value == recipe.threshold
        assert (noise.strength.value, noise.mode.value, noise.seed.value) == (
            recipe.noise.strength, recipe.noise.mode, recipe.noise.seed,
        )  # fmt: skip

    @invariant()
    def every_strip_tells_the_truth(self) -> None:
        if hasattr(self, "app"):
            self.qtbot.waitUntil(self.check_strips)

    def check_strips(self) -> None:
        for strip in self.app.play.desk.strips.values():
            check_strip(strip, self.session.recipe)

    @invariant()
    def the_history_tells_the_truth(self) -> None:
        if not hasattr(self, "app"):
            return
        history, actions = self.session.history, self.window.actions_
        assert self.session.recipe == history.now.recipe
        assert actions["undo"].isEnabled() == bool(history.undo_label)
        assert actions["redo"].isEnabled() == bool(history.redo_label)
        self.app.library.history_thumbnails.refresh()
        shots = self.app.library.history_panel.view.shots
        assert [shot.number for shot in shots] == [step.number for step in history.steps()]

    def teardown(self) -> None:
        if not hasattr(self, "app"):
            return
        try:
            self.check_at_the_end()
        finally:
            self.window.close()
            self.app.deleteLater()  # its timers with it
            self.window.deleteLater()

    def check_at_the_end(self) -> None:
        """A window that knew nothing before looks the same."""
        can = self.session.capabilities
        fresh = MainWindow()
        panels = PlayPanels(fresh, fresh)
        fresh.resize(self.window.size())
        fresh.show_model(self.session.info, can)
        fresh.show_recipe(self.session.recipe)
        QApplication.processEvents()  # what a layout has just taken in is shown a moment later
        for ours, theirs in (
            (self.app.play.master, panels.master),
            (self.app.play.desk, panels.desk),
        ):
            here, there = Counter(seen(ours)), Counter(seen(theirs))
            assert here == there, f"{here - there} | {there - here}"
        fresh.deleteLater()


def check_strip(strip: ChannelStrip, recipe: Recipe) -> None:
    """What the controls of a strip show is what the Recipe says at its resolution."""
    side, offer = strip.resolution, strip.offer
    mix, psi = dict(recipe.mix_at).get(side), dict(recipe.psi_at).get(side)
    if offer.source:
        source = None if mix is None or not mix.latent.is_seed else mix.latent.seed
        assert strip.mix.value == (0.0 if mix is None else mix.amount)
        assert strip.source.field.value == source
    if offer.psi and psi is not None:
        assert strip.psi.value == psi
    if offer.classes:
        own = dict(recipe.classes_at).get(side)
        assert (strip.classes.button.text() == "as master") == (own is None)
    if offer.attention:
        assert strip.attention.slider.value == recipe.attention
    for layer, cell in zip(offer.cells, strip.cells, strict=True):
        noise = recipe.layer_noise(layer.index)
        assert cell.strength.number == noise.strength
        assert cell.toggle.isChecked() == (noise.on and layer.noise)


def seen(panel: QWidget) -> list[tuple[str, str, str]]:
    """What can be seen of a panel's controls."""
    captions = {strip.caption for strip in panel.findChildren(ChannelStrip)}
    found = []
    for widget in panel.findChildren(QWidget):
        if widget in captions or not widget.isVisibleTo(panel):
            continue
        words = label_of(widget)
        if words:
            found.append((type(widget).__name__, widget.accessibleName(), words))
    return found


def shown(control: ValueSlider | Segmented) -> str:
    """Its value, and for a slider also as it is written beside it."""
    if isinstance(control, Segmented):
        return control.value
    return f"{float(control.value)} {control.field.text()}"


def as_pixels(image: QImage) -> Pixels:
    """A picture as uint8 (H, W, 3)."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def label_of(widget: QWidget) -> str:
    """The state of one control; empty for what is no control."""
    match widget:
        case ValueSlider() | Segmented():
            return f"{shown(widget)} {widget.isEnabled()} {widget.toolTip()}"
        case SeedField():
            return f"{widget.value} {widget.placeholderText()} {widget.isEnabled()}"
        case Toggle() | QAbstractButton():
            return f"{widget.text()} {widget.isChecked()} {widget.isEnabled()} {widget.toolTip()}"
        case FillBar():
            return f"{widget.number}"
        case QLabel():
            return f"{widget.text()} {widget.toolTip()}"
    return ""


def play(setting: Setting, qtbot: QtBot, *, examples: int, steps: int) -> None:
    Follow.setting, Follow.qtbot = setting, qtbot
    run_state_machine_as_test(
        Follow,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],  # shrinking would open the window hundreds of times
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_panel_shows_the_recipe_and_showing_edits_nothing(
    drawn: Setting, qtbot: QtBot
) -> None:
    play(drawn, qtbot, examples=4, steps=15)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("quarter", range(4))
def test_two_thousand_edits_leave_canvas_json_and_every_panel_true(
    quarter: int, computed: Setting, qtbot: QtBot
) -> None:
    while computed.edits < 500:
        play(computed, qtbot, examples=2, steps=100)
