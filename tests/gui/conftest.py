"""What every test of the window shares: a hidden screen, a home of its own, and a clean end."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import json
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QThread, SignalInstance
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker
from shiboken6 import Shiboken

from ganlab.app import App, Start
from ganlab.engine import Garbage
from ganlab.settings import Settings
from ganlab.style import apply_style
from ganlab_core.errors import CheckpointError
from ganlab_core.inspection import Answer, Question
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Capabilities, Classes, Latent, Layer, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import DraftPicture, FadeParts, Frame, GreyError, Preview
from tests.thread_delays import delay_the_window

RESOLUTIONS = (4, 8, 16, 32)
PATIENCE = 200_000
"""Milliseconds that a busy machine may take for anything; no test measures time by a limit."""

Points = list[tuple[float, float]]
Drag = Callable[..., None]


def capabilities(*, noise: bool = True) -> Capabilities:
    """What a StyleGAN of 32 px can do."""
    layers = tuple(
        Layer(index, f"{resolution}x{resolution}/conv", resolution, noise)
        for index, resolution in enumerate(RESOLUTIONS)
    )
    return Capabilities("stylegan", 32, layers, (), 16, 16, True, noise, True, False)


def model_info(path: Path) -> ModelInfo:
    """The header of a model that lies, or could lie, at `path`."""
    return ModelInfo(
        name=path.stem,
        title=path.stem.capitalize(),
        architecture="stylegan",
        resolution=32,
        classes=(),
        licence="CC0-1.0",
        attribution="random numbers",
        fingerprint=f"fingerprint of {path.stem}",
        config={},
        provenance={"images": 1000},
        growth=5.0,
        path=path,
    )


def write_header(path: Path) -> ModelInfo:
    """Write a model file that has a header and no weights, enough for the library."""
    info = model_info(path)
    header = json.dumps({"__metadata__": {"ganlab": json.dumps(info.to_header())}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return info


@dataclass
class GatedEngine:
    """Stands where torch stands: draws flat colours, and waits at a gate when told to.

    Attributes
    ----------
    gate, thumbnail_gate, fit_gate
        Closed, `draw`, `thumbnail` or each step of `fit_probes` waits before it answers.
    entered, sketch_entered
        Released once for every `draw` and every step of `fit_probes` that began.
    drawn, sources, thumbnail_rendered
        What was asked for, in order: (Recipe, previews), Recipe, Recipe.
    fails
        Raised by the next call that draws.
    looked, given_up
        Questions in order, and those that were stopped.
    answers
        What `look` answers to a kind of question, after `look_steps` steps past `look_gate`.
    """

    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    drawn: list[tuple[Recipe, bool]] = field(default_factory=list)
    sources: list[Recipe] = field(default_factory=list)
    thumbnail_rendered: list[Recipe] = field(default_factory=list)
    thumbnail_gate: threading.Event = field(default_factory=threading.Event)
    sketch_entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    loaded: list[str] = field(default_factory=list)
    precisions: list[str] = field(default_factory=list)
    fails: Exception | None = None
    unfitted: bool = False
    slow: bool = False
    fit_steps: int = 4
    fit_gate: threading.Event = field(default_factory=threading.Event)
    info: ModelInfo | None = None
    looked: list[Question] = field(default_factory=list)
    given_up: list[Question] = field(default_factory=list)
    answers: dict[type, Answer] = field(default_factory=dict)
    look_steps: int = 1
    look_gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.look_gate.set()
        self.fit_gate.set()
        self.thumbnail_gate.set()

    def load(self, name: str, second: str = "") -> tuple[ModelInfo, Capabilities]:
        if "broken" in Path(name).name:
            raise CheckpointError(f"{Path(name).name} is damaged.", "Download it again.")
        self.loaded.append(name)
        self.info = model_info(Path(name))
        return self.info, capabilities()

    def draft(self, recipe: Recipe, seconds: float) -> DraftPicture | None:
        if not self.slow:
            return None
        return DraftPicture(recipe, flat(8, recipe.latent.seed % 256), 8, 1.0, "fp32")

    def use_precision(self, name: str, recipe: Recipe | None) -> GreyError | None:
        self.precisions.append(name)
        return None if recipe is None or name == "fp32" else GreyError(7, 0.25)

    def draw_unless(self, recipe: Recipe, go_on: Callable[[], bool]) -> Frame | None:
        frame = self.draw(recipe, previews=False)
        return frame if go_on() else None

    def draw(self, recipe: Recipe, *, previews: bool) -> Frame:
        assert threading.current_thread() is not threading.main_thread()
        self.drawn.append((recipe, previews))
        self.entered.release()
        self.gate.wait(60)
        if self.fails is not None:
            fails, self.fails = self.fails, None
            raise fails
        assert self.info is not None
        colour = recipe.latent.seed % 256
        small = {r: Preview(flat(r, colour), "fitted") for r in RESOLUTIONS} if previews else {}
        stages = ("16x16/conv", "32x32/conv")
        return Frame(
            recipe, flat(32, colour), small, stages, 4, 2.5, "cpu", "fp32", self.info.fingerprint
        )

    def style_thumbnail(self, recipe: Recipe) -> NDArray[np.uint8]:
        self.sources.append(recipe)
        return flat(64, recipe.latent.seed % 256)

    def fade(self, recipe: Recipe) -> FadeParts | None:
        grey = recipe.latent.seed % 256
        return FadeParts(32, 0.5, flat(32, 0), flat(32, grey), flat(32, grey // 2), flat(32, grey))

    def thumbnail(
        self, recipe: Recipe, side: int, go_on: Callable[[], bool]
    ) -> NDArray[np.uint8] | None:
        self.sketch_entered.release()
        self.thumbnail_gate.wait(60)
        if not go_on():
            return None
        self.thumbnail_rendered.append(recipe)
        return flat(side, recipe.latent.seed % 256)

    def vectors(
        self, latents: Sequence[Latent], classes: Classes, threshold: float | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Numbers that only the seed determines, 16 of them, as `capabilities` says."""
        rows = [
            latent.vector or np.random.default_rng(latent.seed).standard_normal(16)
            for latent in latents
        ]
        return np.array(rows, np.float32), np.full(16, 0.25, np.float32)

    def look(self, question: Question, progress: Callable[[float], bool]) -> Answer | None:
        assert threading.current_thread() is not threading.main_thread()
        self.looked.append(question)
        for step in range(self.look_steps):
            self.look_gate.wait(60)
            if not progress((step + 1) / self.look_steps):
                self.given_up.append(question)
                return None
        return self.answers.get(type(question))

    def wants_probes(self) -> bool:
        return self.unfitted

    def fit_probes(self, progress: Callable[[float], bool]) -> None:
        for step in range(self.fit_steps):
            self.entered.release()
            self.fit_gate.wait(60)
            if not progress(step / self.fit_steps):
                return
        self.unfitted = False


class PatientBot(QtBot):
    """Waits for what has to come at least as long as a busy machine may need."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE))

    def waitSignal(
        self,
        signal: SignalInstance,
        *,
        timeout: int = PATIENCE,
        raising: bool | None = None,
        check_params_cb: Callable[..., bool] | None = None,
    ) -> SignalBlocker:
        limit = timeout if raising is False else max(timeout, PATIENCE)
        return super().waitSignal(
            signal, timeout=limit, raising=raising, check_params_cb=check_params_cb
        )

    @staticmethod
    def mouseDClick(widget: QWidget, button: Qt.MouseButton, **where: QPoint) -> None:
        """Press twice and let go, as a hand does; Qt's own double click stays pressed."""
        QtBot.mouseDClick(widget, button, **where)
        QtBot.mouseRelease(widget, button, **where)


def flat(side: int, colour: int) -> NDArray[np.uint8]:
    """A picture of one grey, uint8 (side, side, 3)."""
    return np.full((side, side, 3), colour, np.uint8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Qt's screen without a screen warns of what it cannot do; every other warning fails a test."""
    for item in items:
        lacks = r"does not support (propagateSizeHints|raise|grabbing the keyboard)"
        item.add_marker(pytest.mark.qt_log_ignore(lacks))


@pytest.fixture(scope="session", autouse=True)
def _style(qapp: QApplication) -> None:
    """Test what people see: the program's own look."""
    apply_style(qapp)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the settings and models of whoever runs them."""
    monkeypatch.setenv("GANLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        "ganlab_core.models.library.bundled_models_dir", lambda: tmp_path / "bundled"
    )


@pytest.fixture(autouse=True)
def _thread_delays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delay threads where that was asked for; see `tests.thread_delays`."""
    seed = request.config.getoption("--delay-threads")
    if seed is not None:
        delay_the_window(f"{seed} {request.node.nodeid}", monkeypatch)


@pytest.fixture(autouse=True)
def _nothing_leaks(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a visible window, a running thread or a pressed mouse button behind.

    With a button pressed the next window takes each change of a panel's width for a hand's.
    """
    threads_before = set(threading.enumerate())
    yield
    qapp.sendPostedEvents(None, 0)
    qapp.processEvents()
    windows = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    for widget in windows:
        widget.close()
    running = [
        found
        for found in Shiboken.getAllValidWrappers()
        if isinstance(found, QThread) and found.isRunning() and found is not QThread.currentThread()
    ]
    threads = set(threading.enumerate()) - threads_before
    held = QGuiApplication.mouseButtons()
    for button in held:
        QTest.mouseRelease(QWidget(), button)
    apps = [found for found in Shiboken.getAllValidWrappers() if isinstance(found, App)]
    take_apart(*(app for app in apps if not app._running))
    del apps
    assert not windows, f"windows left open: {windows}"
    assert not running, f"threads left running: {running}"
    assert not any(type(thread) is threading.Thread for thread in threads), threads
    assert held == Qt.MouseButton.NoButton, f"never let go: {held}"


def take_apart(*closed: App) -> None:
    """End what ends with the process where there is one window: programs that were closed.

    What is on its way to them arrives before. One that stayed would keep 10 MB, listen to the
    application, and be in the way of whatever comes next.
    """
    QCoreApplication.sendPostedEvents(None, 0)
    QCoreApplication.processEvents()
    for app in closed:
        if Shiboken.isValid(app.window):
            app.window.deleteLater()
        app.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def _garbage(qapp: QApplication) -> Iterator[None]:
    """Collect garbage on the window's thread alone, as the program does.

    Python's own collector would take a forgotten widget apart on whatever thread makes an object just
    then, while Qt paints on this one: the process ends.
    """
    garbage = Garbage()
    garbage.start()
    yield
    gc.collect()  # before threads of other tests could
    garbage.stop()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The robot of pytest-qt, with patience."""
    return PatientBot(request)


@pytest.fixture
def engine() -> GatedEngine:
    """An engine that can be held."""
    return GatedEngine()


@pytest.fixture
def can() -> Capabilities:
    """What a StyleGAN of 32 px can do."""
    return capabilities()


@pytest.fixture(name="write_header")
def _write_header() -> Callable[[Path], ModelInfo]:
    """Writes a model file that has a header and no weights."""
    return write_header


@pytest.fixture
def info(tmp_path: Path) -> ModelInfo:
    """A model's header."""
    return model_info(tmp_path / "first.safetensors")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a folder of the test's own."""
    return Settings(tmp_path / "config")


@pytest.fixture
def drag() -> Drag:
    """Press at the first point, move through the others, release at the last."""

    def move_through(
        widget: QWidget,
        points: Points,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        kinds = [(QEvent.Type.MouseButtonPress, left, left, points[0])]
        kinds += [(QEvent.Type.MouseMove, none, left, point) for point in points[1:]]
        kinds += [(QEvent.Type.MouseButtonRelease, left, none, points[-1])]
        for kind, button, held, point in kinds:
            at = QPointF(*point)
            event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, held, modifiers)
            QApplication.sendEvent(widget, event)

    return move_through


@pytest.fixture
def can64() -> Capabilities:
    """What a StyleGAN of 64 px can do: ten layers, two at each resolution."""
    layers = []
    for resolution in (4, 8, 16, 32, 64):
        for name in ("const", "conv") if resolution == 4 else ("conv0", "conv1"):
            full = f"{resolution}x{resolution}/{name}"
            layers.append(Layer(len(layers), full, resolution, noise=True))
    return Capabilities("stylegan", 64, tuple(layers), (), 512, 512, True, True, True, False)


def of_biggan(*, classes: int = 1000, threshold: float | None = None) -> Capabilities:
    """What a BigGAN of 64 px can do: a part of z and a class mix per block, attention at 32 px."""
    layers = [Layer(0, "4x4/linear", 4, noise=False)]
    for resolution in (8, 16, 32, 64):
        name = f"{resolution}x{resolution}/block"
        layers.append(Layer(len(layers), name, resolution, noise=False, classes=True))
        if resolution == 32:
            name = f"{resolution}x{resolution}/attention"
            layers.append(
                Layer(
                    len(layers), name, resolution, noise=False, style=False, attention=True,
                    w_plus=0,
                )
            )  # fmt: skip
    named = ("tench, Tinca tinca", "goldfish, Carassius auratus", "great white shark", "crane")
    names = tuple(named[i] if i < len(named) else f"thing {i}" for i in range(classes))
    return Capabilities(
        "biggan", 64, tuple(layers), names, 120, 0, False, False, False, True, threshold=threshold
    )


@pytest.fixture
def progan64() -> Capabilities:
    """What a ProGAN of 64 px can do: be given a z, and grow."""
    layers = [
        Layer(0, "4x4/dense", 4, noise=False),
        *(
            Layer(2 * step + k - 1, f"{2 << step}x{2 << step}/conv{k}", 2 << step, noise=False,
                  style=False)
            for step in range(2, 6)
            for k in (0, 1)
        ),
    ]  # fmt: skip
    return Capabilities(
        "progan", 64, tuple(layers), (), 512, 0, False, False, True, False,
        has_truncation=False, has_mixing=False,
    )  # fmt: skip


@pytest.fixture
def stylegan2_64() -> Capabilities:
    """What a StyleGAN2 of 64 px can do; its toRGB layers share the style of the layer after them."""
    layers = []
    w_plus = 0
    for resolution in (4, 8, 16, 32, 64):
        for name in ("conv",) if resolution == 4 else ("conv0", "conv1"):
            full = f"{resolution}x{resolution}/{name}"
            layers.append(Layer(len(layers), full, resolution, noise=True, w_plus=w_plus))
            w_plus += 1
        full = f"{resolution}x{resolution}/torgb"
        layers.append(Layer(len(layers), full, resolution, noise=False, w_plus=w_plus))
    return Capabilities("stylegan2", 64, tuple(layers), (), 512, 512, True, True, False, False)


@pytest.fixture
def biggan64() -> Capabilities:
    """What a BigGAN of 64 px and a thousand classes can do."""
    return of_biggan()


@pytest.fixture
def some_recipe() -> st.SearchStrategy[Recipe]:
    """Recipes of all kinds, also with values that no slider reaches."""
    seeds = st.integers(0, 2**32 - 1)
    strengths = st.floats(0, 10)
    psis = st.floats(-10, 10)
    latents = st.one_of(
        st.builds(Latent, seed=seeds),
        st.builds(Latent, seed=seeds, vector=st.just((0.5,) * 512), space=st.sampled_from("zw")),
    )
    mixes = st.builds(Mix, latents, st.floats(0, 1))
    places = st.sampled_from([4, 8, 16, 32, 64, 1024])
    layers = st.integers(0, 17)
    own = st.builds(
        LayerNoise, st.booleans(), strengths, st.sampled_from(["master", "stored", "random"]), seeds
    )
    return st.builds(
        Recipe,
        latent=latents,
        psi=psis,
        psi_at=st.dictionaries(places, psis, max_size=3).map(lambda d: tuple(d.items())),
        cutoff=st.none() | st.integers(0, 64),
        mix_at=st.dictionaries(places, mixes, max_size=3).map(lambda d: tuple(d.items())),
        mix_layers=st.dictionaries(layers, mixes, max_size=3).map(lambda d: tuple(d.items())),
        noise=st.builds(Noise, st.sampled_from(["stored", "random", "off"]), seeds, strengths),
        noise_layers=st.dictionaries(layers, own, max_size=3).map(lambda d: tuple(d.items())),
        growth=st.none() | st.floats(2, 10),
    )


@pytest.fixture
def app(engine: GatedEngine, settings: Settings, qtbot: QtBot, tmp_path: Path) -> Iterator[App]:
    """The program with a model of 32 px on the desk and a picture on the canvas."""
    app = App(Start(str(tmp_path / "first.safetensors")), Settings(settings.folder), engine)
    with qtbot.waitSignal(app.worker.rendered):
        app.show()
    yield app
    engine.gate.set()
    engine.thumbnail_gate.set()
    app.window.close()
    app.window.deleteLater()


@pytest.fixture
def show_panel(app: App) -> Callable[[str], None]:
    """Show a panel by its name, as the View menu does."""

    def show(name: str) -> None:
        found = app.window.findChild(QDockWidget, f"{name.lower()}Dock")
        assert found is not None
        found.show()
        found.raise_()

    return show
